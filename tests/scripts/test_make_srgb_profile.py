"""The profile that written pictures carry is the one that the script makes."""

import runpy
from pathlib import Path

from styler.imaging.colour import icc

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_srgb_profile.py"


def test_the_profile_is_what_the_script_makes() -> None:
    assert icc.srgb_profile() == runpy.run_path(str(SCRIPT))["srgb_profile"]()
