"""Jobs as the command line orders them: its fixtures."""

from tests.cli.conftest import call, own_styles, photo, stylizer, surroundings

__all__ = ["call", "own_styles", "photo", "stylizer", "surroundings"]
