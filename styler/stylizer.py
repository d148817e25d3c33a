"""Set a style once, stylize many: the network behind one object."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, overload

import numpy as np
from numpy.typing import NDArray

from styler import imaging
from styler.engine import EngineName, create
from styler.errors import ParameterError, StyleError
from styler.imaging import Picture
from styler.stats import FeatureStats
from styler.style import SUFFIX, Style, mix, preset
from styler.walk import style_statistics, walk
from styler.weights import find

__all__ = [
    "MAX_STRENGTH",
    "ModelInfo",
    "Source",
    "StyleLike",
    "StyleSource",
    "Stylizer",
    "stylize",
]

MAX_STRENGTH = 1.5

Pixels = NDArray[np.uint8]
Raw = str | os.PathLike[str] | bytes | BinaryIO | Pixels
Source = Raw | Picture
"""A picture: path, encoded bytes, binary file, ``(H, W, 3)`` uint8 sRGB array, or decoded one."""

StyleSource = Style | Source
"""A style, the name of a preset, the path of a ``.style`` file, or a painting.

A string is the path of a ``.style`` file if it ends so, of a painting if there is such a file, and
otherwise the name of a preset.
"""

StyleLike = StyleSource | Sequence[tuple[StyleSource, float]]
"""A style, or several with weights."""


@dataclass(frozen=True)
class ModelInfo:
    """What is loaded.

    Attributes:
        name, architecture, norm: of the model.
        parameters: number of trained values.
        sha256: of the weights.
        engine: what runs it.
        threads: CPU threads it uses.
        path: the model's folder.
    """

    name: str
    architecture: str
    norm: str
    parameters: int
    sha256: str
    engine: str
    threads: int
    path: str


class Stylizer:
    """A loaded network. Safe to use from several threads; the same input gives the same bytes.

    Args:
        model: name of a shipped model, or a folder that ``styler export`` wrote.
        engine: ``"onnxruntime"``, ``"torch"``, or ``"auto"``, which is onnxruntime.
        threads: CPU threads; by default as many as this process may use.

    Raises:
        WeightsError: the model is missing or damaged.
        MissingDependencyError: the engine is not installed.

    Examples:
        >>> import numpy as np
        >>> from styler import Stylizer
        >>> stylizer = Stylizer()
        >>> photo = np.zeros((48, 64, 3), np.uint8)
        >>> painting = np.full((32, 32, 3), 200, np.uint8)
        >>> stylizer.stylize(photo, stylizer.style(painting)).shape
        (48, 64, 3)
    """

    def __init__(
        self,
        model: str | Path = "default",
        *,
        engine: EngineName = "auto",
        threads: int | None = None,
    ) -> None:
        loaded = find(model)
        self.spec = loaded.spec
        self._engine = create(loaded, engine, threads)
        names = {name for site in self.spec.sites for name in (site.weight, site.bias) if name}
        self._learned = (
            {name: t for name, t in loaded.tensors().items() if name in names} if names else {}
        )
        self.info = ModelInfo(
            name=self.spec.name,
            architecture=self.spec.architecture,
            norm=self.spec.norm,
            parameters=self.spec.parameters,
            sha256=self.spec.sha256[self.spec.weights],
            engine=self._engine.name,
            threads=self._engine.threads,
            path=str(loaded.folder),
        )

    def __repr__(self) -> str:
        name, engine, threads = self.info.name, self.info.engine, self.info.threads
        return f"Stylizer({name!r}, engine={engine!r}, threads={threads})"

    def style(
        self, source: Source | Style, *, size: int | None = 512, name: str | None = None
    ) -> Style:
        """The style of a picture.

        Args:
            source: the painting. Transparent pixels do not count.
            size: its short side is reduced to this many pixels first; smaller gives broader
                strokes. ``None`` takes the picture as it is.
            name: what the style is called; the file's name by default.

        Raises:
            ImageError: it is no picture.
            StyleError: it is a style of another model.
            ParameterError: ``size`` is less than 16.
        """
        if isinstance(source, Style):
            return self._checked(source)
        if size is not None and size < 16:
            raise ParameterError(f"the style's size must be at least 16 pixels, not {size}")
        pixels, mask = _visible(_picture(source))
        if size is not None and min(pixels.shape[:2]) > size:
            pixels = imaging.resize(pixels, short_side=size)
            if mask is not None:
                mask = imaging.resize_mask(mask, (pixels.shape[1], pixels.shape[0]))
        # Rounded to what a file keeps, so that a saved style paints as the style in memory does.
        statistics = tuple(
            FeatureStats(part.count, _single(part.mean), _single(part.variance))
            for part in style_statistics(self._engine, self.spec, imaging.to_float(pixels), mask)
        )
        given = Path(source).stem if isinstance(source, str | os.PathLike) else "style"
        return Style(name or given, self.spec.fingerprint, statistics)

    @overload
    def stylize(self, content: Picture, style: StyleLike, *, strength: float = 1.0) -> Picture: ...
    @overload
    def stylize(self, content: Raw, style: StyleLike, *, strength: float = 1.0) -> Pixels: ...
    def stylize(
        self, content: Source, style: StyleLike, *, strength: float = 1.0
    ) -> Pixels | Picture:
        """Paint a photo.

        Args:
            content: the photo.
            style: a :class:`Style`, a preset's name, the path of a ``.style`` file, a painting, or
                a sequence of ``(style, weight)``. A painting is looked at anew at every call; for
                several photos take its :meth:`style` once.
            strength: 0 returns the photo as it is, 1 is the full style; up to 1.5 exaggerates.

        Returns:
            The painting at the photo's size: an ``(H, W, 3)`` uint8 array, or a
            :class:`~styler.imaging.Picture` with the photo's transparency and bits if the photo
            came as one. Fully transparent pixels stay as they are.

        Raises:
            ImageError: the photo, or the painting, is none.
            StyleError: unknown preset, or a style of another model.
            ParameterError: ``strength`` is not in [0, 1.5], or bad weights.
        """
        if not (math.isfinite(strength) and 0 <= strength <= MAX_STRENGTH):
            raise ParameterError(f"strength must be from 0 to {MAX_STRENGTH}, not {strength}")
        target = self._resolve(style)
        picture = _picture(content)
        painted = self._paint(picture, target, strength)
        return picture.with_rgb(painted) if isinstance(content, Picture) else painted

    __call__ = stylize

    def _paint(self, picture: Picture, style: Style, strength: float) -> NDArray[Any]:
        if strength == 0:
            return picture.rgb.copy()
        pixels, mask = _visible(picture)
        x = imaging.to_float(pixels)
        targets = style.statistics
        if strength != 1:
            # Towards the photo's own style, as the style encoder sees it: that the decoder knows.
            own = style_statistics(self._engine, self.spec, x, mask)
            pairs = zip(own, targets, strict=True)
            targets = tuple(FeatureStats.mix(pair, (1 - strength, strength)) for pair in pairs)
        quantize = imaging.to_uint8 if picture.bits == 8 else imaging.to_uint16
        painted: NDArray[Any] = quantize(
            walk(self._engine, self.spec, self._learned, x, targets, mask)
        )
        if picture.alpha is not None:
            hidden = picture.alpha == 0
            painted[hidden] = picture.rgb[hidden]
        return painted

    def _resolve(self, style: StyleLike) -> Style:
        if isinstance(style, Sequence) and not isinstance(style, str | bytes):
            return mix([(self._one(part), weight) for part, weight in style])
        return self._one(style)

    def _one(self, style: StyleSource) -> Style:
        if isinstance(style, str | os.PathLike) and Path(style).suffix == SUFFIX:
            style = Style.load(style)
        elif isinstance(style, str) and not os.path.isfile(style):  # noqa: PTH113 - never raises
            style = preset(style)
        return self.style(style)

    def _checked(self, style: Style) -> Style:
        channels = [site.channels for site in self.spec.style_sites]
        if (
            style.model != self.spec.fingerprint
            or [len(s.mean) for s in style.statistics] != channels
        ):
            raise StyleError(
                f"the style {style.name!r} was made with other weights than {self.spec.name!r}; "
                "give the painting itself, or save the style anew"
            )
        return style


def stylize(content: Source, style: StyleLike, *, strength: float = 1.0) -> Any:
    """Paint one photo in the style of one picture: the one-liner.

    It loads the network at every call; for several photos keep a :class:`Stylizer`.

    Args, returns and raises as :meth:`Stylizer.stylize`.

    Examples:
        >>> import numpy as np, styler
        >>> photo = np.zeros((48, 64, 3), np.uint8)
        >>> styler.stylize(photo, photo, strength=0).tolist() == photo.tolist()
        True
    """
    return Stylizer().stylize(content, style, strength=strength)


def _picture(source: Any) -> Picture:
    if isinstance(source, Picture):
        return source
    if isinstance(source, np.ndarray):
        if (
            source.ndim != 3
            or source.shape[2] != 3
            or source.dtype != np.uint8
            or 0 in source.shape
        ):
            raise ParameterError(
                f"pixels are {source.dtype} {source.shape}; give uint8 (height, width, 3)"
            )
        return Picture(source)
    return imaging.read(source)


def _visible(picture: Picture) -> tuple[NDArray[Any], NDArray[np.float32] | None]:
    """What the network may see of a picture, and how much each pixel counts, if not all alike."""
    mask = imaging.coverage(picture)
    if mask is None or mask.min() == 1 or not mask.any():
        return picture.rgb, None
    return picture.filled(), mask


def _single(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.astype(np.float32).astype(np.float64)
