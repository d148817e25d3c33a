"""How far a painting is, in percent of the time that it takes."""

from __future__ import annotations

from collections.abc import Mapping

from styler.controls import Controls
from styler.imaging import Header

_DECODING, _PAINTING, _ENLARGING = 6, 1080, 45  # nanoseconds a pixel, by one thread
_ENCODING: Mapping[str, int] = {
    "jpeg": 13,
    "png": 135,
    "webp": 90,
    "avif": 220,
    "tiff": 240,
    "gif": 140,
}


class Progress:
    """Told by the thread that paints, asked by others.

    Attributes:
        step: what is under way: decode, paint, enlarge or encode.
        percent: how much is done, never less than before.
    """

    def __init__(self) -> None:
        self.step, self.percent = "decode", 0
        self._expected: dict[str, float] = {}

    def expect(self, photo: Header, controls: Controls, kind: str) -> None:
        """Weigh the steps of a painting that is written as ``kind``."""
        width, height = controls.fit(photo.width, photo.height)
        across, down = controls.fit_canvas(width, height)
        pixels, canvas = width * height, across * down
        self._expected = {
            "decode": _DECODING * photo.width * photo.height,
            "paint": _PAINTING * canvas,
            "enlarge": _ENLARGING * pixels if pixels != canvas else 0.0,
            "encode": _ENCODING[kind] * pixels,
        }

    def tell(self, step: str, share: float) -> None:
        """So much of a step is done, and all of those before it."""
        if step not in self._expected:
            return
        self.step = step
        steps = [*self._expected]
        done = sum(self._expected[name] for name in steps[: steps.index(step)])
        done += share * self._expected[step]
        self.percent = max(self.percent, int(100 * done / sum(self._expected.values())))
