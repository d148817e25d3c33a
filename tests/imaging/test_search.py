"""Which files of a folder are pictures."""

from pathlib import Path

import pytest

from styler.imaging import find_pictures


@pytest.mark.parametrize(
    "aside",
    ["@eaDir/a.jpg", ".@__thumb", ".thumbnails", "#recycle", "@Recycle", "#snapshot", "__MACOSX",
     "$RECYCLE.BIN", "System Volume Information", "lost+found"],
)  # fmt: skip
def test_what_a_storage_box_keeps_for_itself_is_left_out(tmp_path: Path, aside: str) -> None:
    for place in (tmp_path / "photos", tmp_path / "photos" / "deep" / aside):
        place.mkdir(parents=True)
        (place / "a.jpg").touch()
    assert find_pictures(tmp_path) == [tmp_path / "photos" / "a.jpg"]
    inside = tmp_path / "photos" / "deep" / aside
    assert find_pictures(inside) == [inside / "a.jpg"], "asked for by name"
