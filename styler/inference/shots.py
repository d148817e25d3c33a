"""Shots: where one ends and the next begins, and the statistics of each as time goes on.

All frames of a shot by the same statistics would be steady, but a pan from a window into a room
would be painted by the mean of both. So a frame takes those around it, by a bell-shaped weight that
is wide enough for none to be seen coming; never those of another shot.
"""

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styler.imaging import Palette, Picture, to_float
from styler.styles import FeatureStats, Style

from .flow import flow, trust
from .steady import Value

__all__ = ["Cuts", "Statistics", "key_of"]

SMALL = 36
"""Short side at which frames are compared, in pixels, about."""

SAME = 0.3
"""Share of a frame that must be found in the one before, or a shot begins."""

SPREAD = 1.0
"""Deviation of the weight in time, in seconds."""

FAINT = 1e-3
"""Weights below this, relative to the largest, do not count."""


class Cuts:
    """Tells frame by frame whether a shot begins with it: told by what is not found before."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None

    def __call__(self, frame: Picture) -> bool:
        factor = max(1, min(frame.width, frame.height) // SMALL)
        small = Image.fromarray(frame.to_bits(8).rgb).reduce(factor)
        now, before = to_float(np.asarray(small))[0], self._before
        self._before = now
        if before is None or before.shape != now.shape:
            return True
        return bool(trust(now, before, flow(now, before)).mean() < SAME)


@dataclass(frozen=True)
class _Told:
    shot: int
    time: float
    value: FeatureStats | Palette


class Statistics:
    """Statistics of some frames of each shot, and what is between them.

    A value is known by a text (:func:`key_of`), a frame by its shot and its time in seconds.
    """

    def __init__(self) -> None:
        self._told: dict[str, list[_Told]] = {}

    def tell(self, key: str, shot: int, time: float, value: FeatureStats | Palette) -> None:
        """Those of a frame."""
        self._told.setdefault(key, []).append(_Told(shot, time, value))

    def at(self, key: str, shot: int, time: float, own: Value) -> Value:
        """Those of a frame's surroundings in time; its ``own`` where nothing is known of them."""
        known = [told for told in self._told.get(key, ()) if told.shot == shot]
        if not known:
            return own
        away = np.array([told.time - time for told in known]) / SPREAD
        weights = np.exp(-(np.square(away) - np.square(away).min()) / 2)
        near = [told.value for told, weight in zip(known, weights, strict=True) if weight > FAINT]
        mean = _mean(near, weights[weights > FAINT].tolist())
        assert isinstance(mean, type(own))
        return mean

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it, to be kept."""
        found: dict[str, NDArray[Any]] = {}
        for key, parts in self._told.items():
            found[f"{key}/where"] = np.array([(told.shot, told.time) for told in parts])
            for field in vars(parts[0].value):
                found[f"{key}/{field}"] = np.array([getattr(told.value, field) for told in parts])
        return found

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "Statistics":
        """What :meth:`arrays` gave."""
        self = cls()
        for key in (name.removesuffix("/where") for name in arrays if name.endswith("/where")):
            for number, (shot, time) in enumerate(arrays[f"{key}/where"].tolist()):
                value: FeatureStats | Palette
                mean = arrays[f"{key}/mean"][number]
                if f"{key}/covariance" in arrays:
                    value = Palette(mean, arrays[f"{key}/covariance"][number])
                else:
                    count = float(arrays[f"{key}/count"][number])
                    value = FeatureStats(count, mean, arrays[f"{key}/variance"][number])
                self.tell(key, int(shot), time, value)
        return self


def key_of(part: Hashable) -> str:
    """A key as text that means the same in another process."""
    if isinstance(part, tuple):
        return "-".join(map(key_of, part))
    if not isinstance(part, Style):
        return str(part)
    content = hashlib.sha256(repr(part.brushwork).encode() + part.palette.mean.tobytes())
    for statistics in part.statistics:
        content.update(statistics.mean.tobytes() + statistics.variance.tobytes())
    return content.hexdigest()[:16]


def _mean(parts: Sequence[FeatureStats | Palette], weights: Sequence[float]) -> Any:
    palettes = [part for part in parts if isinstance(part, Palette)]
    if palettes:
        return Palette.mix(palettes, [weight / sum(weights) for weight in weights])
    return FeatureStats.merged(
        FeatureStats(part.count * weight, part.mean, part.variance)
        for part, weight in zip(parts, weights, strict=True)
        if isinstance(part, FeatureStats)
    )
