"""The command line, one verb per file; :func:`main` is the ``styler`` script."""

from styler.cli.app import main

__all__ = ["main"]
