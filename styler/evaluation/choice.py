"""Which pairs of photo and painting to look at, where all are too many."""

from collections.abc import Sequence

__all__ = ["diagonals"]


def diagonals(photos: Sequence[str], paintings: Sequence[str]) -> list[tuple[str, str]]:
    """Every pair, in an order of which the first few hold as many different names as can be."""
    return [
        (photo, paintings[(row + step) % len(paintings)])
        for step in range(len(paintings))
        for row, photo in enumerate(photos)
    ]
