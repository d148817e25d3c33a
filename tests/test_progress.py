"""Work that tells how far it is."""

from __future__ import annotations

from styler.progress import advance, telling


def test_who_listens_is_told_and_nobody_else() -> None:
    told: list[tuple[str, float]] = []
    advance("paint", 0.1)
    with telling(lambda step, share: told.append((step, share))):
        advance("paint", 0.5)
        with telling(lambda step, share: None):
            advance("paint", 0.6)
        advance("encode", 0.0)
    advance("encode", 1.0)
    assert told == [("paint", 0.5), ("encode", 0.0)]
