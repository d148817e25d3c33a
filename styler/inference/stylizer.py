"""Set a style once, stylize many: the network behind one object."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styler import imaging
from styler.controls import STYLE_SIZE, check_masks
from styler.errors import ParameterError, StyleError, TooLargeError
from styler.imaging import Animation, Palette, Picture
from styler.models import find
from styler.styles import Brushwork, FeatureStats, Style, resolve

from .divide import divide
from .encode import style_statistics
from .engine import Engine, EngineName, create
from .inputs import Grey, Pixels, Source, as_mask, as_picture, pixels_and_alpha
from .keywords import TILE, Keywords, StyleLike, StyleSource, takes
from .moving import Moving
from .outputs import as_given, finish
from .padding import padded
from .paint import paint
from .reach import reaches
from .steady import Steady
from .tiled import Tiled

__all__ = ["ModelInfo", "StyleLike", "StyleSource", "Stylizer", "stylize"]

LEAST_TILE = 64
"""Less would be little beside what each tile needs around it."""


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

    A copy, or one that comes out of a pickle, is opened with the same arguments.

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
        self._arguments = {"model": model, "engine": engine, "threads": threads}
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

    def __getstate__(self) -> dict[str, Any]:
        return self._arguments  # a loaded network does not travel: it is opened anew

    def __setstate__(self, arguments: dict[str, Any]) -> None:
        self.__init__(**arguments)  # type: ignore[misc]

    def style(
        self, source: Source | Style, *, size: int | None = 512, name: str | None = None
    ) -> Style:
        """The style of a picture.

        Args:
            source: the painting. Transparent pixels do not count.
            size: its short side is reduced to this many pixels first; smaller shows less
                of its texture. ``None`` takes the picture as it is.
            name: what the style is called; the file's name by default.

        Raises:
            ImageError: it is no picture.
            StyleError: it is a style of another model.
            ParameterError: ``size`` is not from 16 to 4096.
        """
        if isinstance(source, Style):
            return self._checked(source)
        if size is not None:
            STYLE_SIZE.taken(size)
        pixels, alpha = pixels_and_alpha(as_picture(source, enough=size))
        if size is not None and min(pixels.shape[:2]) > size:
            pixels = imaging.resize(pixels, short_side=size)
            if alpha is not None:
                alpha = imaging.resize_mask(alpha, (pixels.shape[1], pixels.shape[0]))
        picture = imaging.to_float(pixels)
        engine = self._engine_for(*picture.shape[2:])
        # Rounded to what a file keeps, so that a saved style paints as the style in memory does.
        statistics = tuple(
            FeatureStats(part.count, _single(part.mean), _single(part.variance))
            for part in style_statistics(engine, self.spec, picture, alpha)
        )
        palette = Palette.of(picture, alpha)
        given = Path(source).stem if isinstance(source, str | os.PathLike) else "style"
        return Style(
            name or given,
            self.spec.fingerprint,
            statistics,
            Palette(_single(palette.mean), _single(palette.covariance)),
            Brushwork.of(picture, alpha),
        )

    @takes(Keywords)
    def stylize(
        self, content: Source, style: StyleLike, **keywords: Any
    ) -> Pixels | Picture | Image.Image | bytes:
        """Paint a photo.

        Args:
            content: the photo.
            style: a :class:`Style`, a preset's name, the path of a ``.style`` file, a painting, or
                a sequence of them, each alone or as ``(style, weight)``. A painting is looked at
                anew at every call; for several photos take its :meth:`style` once.
            (controls)
            masks: one for each style, soft and of any size: white where it goes. A pixel shows its
                styles in the ratio of weight times mask, and the photo where no mask covers it.
                Each style's region is normalized by its own statistics; masks of the same style
                make one region.
            only: a mask of where to paint at all; the rest of the photo stays as it is and does not
                enter the statistics of what is painted.
            tile: a canvas larger than two squares of this side is painted by such tiles, in less
                memory the smaller they are; the painting is the same but for rounding. From 64 up,
                by default 512.

        Returns:
            The painting at the photo's size, or at that which ``size`` leaves of it, as the photo
            came: a :class:`~styler.imaging.Picture` or a Pillow image (of 8 bits), encoded bytes in
            the photo's own format (PNG where that is not written), or an array of the photo's
            dtype; for a path or a file an array of uint8, or of uint16 where it has 16 bits. Arrays
            are ``(H, W, 3)``, and ``(H, W, 4)`` where the photo has alpha. Transparency is kept,
            and fully transparent pixels stay as they are.

        Raises:
            ImageError: the photo, a painting or a mask is none.
            StyleError: unknown preset, or a style of another model.
            ParameterError: a value is out of its range, bad weights, or not one mask for each
                style.
            TooLargeError: there is not enough memory to paint it.

        Examples:
            >>> from pathlib import Path
            >>> from styler import Stylizer
            >>> stylizer = Stylizer()
            >>> painted = stylizer.stylize(Path("photo.jpg").read_bytes(), "turner-temeraire")
            >>> Path("painted.jpg").write_bytes(painted) > 0
            True
            >>> styles = [("turner-temeraire", 0.7), ("painting.jpg", 0.3)]
            >>> stylizer.stylize("photo.jpg", styles, strength=0.8, size=24).shape
            (16, 24, 3)
        """
        given = Keywords(**keywords)
        styles = self._resolve(style, given.style_size)
        finished = self._painted(as_picture(content), styles, given)
        kept: Pixels | Picture | Image.Image | bytes = as_given(finished, content)
        return kept

    def animate(self, animation: Animation, style: StyleLike, **keywords: Any) -> Animation:
        """Paint a moving picture so that it does not flicker, as :meth:`moving` does.

        Args:
            animation: what :func:`styler.imaging.read_animation` reads.
            style: as in :meth:`stylize`.
            keywords: as in :meth:`stylize`.

        Returns:
            The painted frames with their times.

        It raises what :meth:`stylize` does.
        """
        moving = self.moving(style, **keywords)
        for _ in moving.look(zip(animation.times, animation.frames, strict=True)):
            pass
        painted = (moving.paint(number, one) for number, one in enumerate(animation.frames))
        return replace(animation, frames=tuple(painted))

    def moving(
        self,
        style: StyleLike,
        *,
        turn: Callable[[Callable[[], Picture]], Picture] = lambda paint: paint(),
        **keywords: Any,
    ) -> Moving:
        """What paints frames one after the other, each with what those around it tell.

        Args:
            style: as in :meth:`stylize`.
            turn: runs what paints a frame, such as when its turn has come; by default at once.
            keywords: as in :meth:`stylize`.

        Raises:
            What :meth:`stylize` does of styles and keywords.
        """
        given = Keywords(**keywords)
        styles = self._resolve(style, given.style_size)
        return Moving(
            lambda frame, steady: turn(lambda: self._painted(frame, styles, given, steady))
        )

    def _painted(
        self,
        photo: Picture,
        styles: list[tuple[Style, float]],
        given: Keywords,
        steady: Steady | None = None,
    ) -> Picture:
        width, height = given.fit(photo.width, photo.height)
        try:
            photo = photo.resized((width, height))
            canvas = photo.resized(given.fit_canvas(width, height))
            pixels, alpha = pixels_and_alpha(canvas)
            regions = divide(
                styles,
                masks=_masks(given.masks, len(styles), canvas),
                only=None if given.only is None else as_mask(given.only, "only", canvas),
                alpha=alpha,
            )
            x = imaging.to_float(pixels)
            engine = self._engine_for(canvas.height, canvas.width, given.tile)
            painted = paint(engine, self.spec, self._learned, x, regions, given, steady)
            if painted is None:
                return photo.with_rgb(imaging.copied(photo.rgb))
            return finish(painted, x, photo, regions.only)
        except MemoryError:
            raise TooLargeError(
                f"not enough memory to paint {width}x{height} pixels; "
                "paint the photo smaller with size (--size on the command line)"
            ) from None

    __call__ = stylize

    def _engine_for(self, height: int, width: int, tile: int = TILE) -> Engine:
        """What runs the stages for a picture of that size."""
        if tile < LEAST_TILE:
            raise ParameterError(f"tile must be at least {LEAST_TILE}, not {tile}")
        rows, columns = padded(height, width, self.spec.margin, self.spec.multiple)
        if rows * columns <= 2 * tile**2:
            tile = max(rows, columns)
            if self.spec.reach is None or tile <= self._engine.tile:
                return self._engine
        return Tiled(self._engine, self.spec, self._reach, rows, columns, tile)

    @cached_property
    def _reach(self) -> tuple[int, ...]:
        return self.spec.reach or reaches(self._engine, self.spec)

    def _resolve(self, style: StyleLike, size: int) -> list[tuple[Style, float]]:
        if not isinstance(style, Sequence) or isinstance(style, str | bytes):
            return [(self._one(style, size), 1.0)]
        pairs = [part if isinstance(part, tuple) else (part, 1.0) for part in style]
        return [(self._one(part, size), weight) for part, weight in pairs]

    def _one(self, style: StyleSource, size: int) -> Style:
        return resolve(style, Path(self.info.path), partial(self.style, size=size))

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


def stylize(content: Source, style: StyleLike, **controls: Any) -> Any:
    """Paint one photo in the style of one picture: the one-liner.

    It loads the network at every call; for several photos keep a :class:`Stylizer`.

    Args, returns and raises as :meth:`Stylizer.stylize`.

    Examples:
        >>> import numpy as np, styler
        >>> photo = np.zeros((48, 64, 3), np.uint8)
        >>> styler.stylize(photo, photo, strength=0, size=32).shape
        (24, 32, 3)
    """
    return Stylizer().stylize(content, style, **controls)


def _masks(
    masks: Sequence[Grey] | None, styles: int, picture: Picture
) -> list[NDArray[np.float32]] | None:
    if masks is None:
        return None
    if isinstance(masks, str | bytes) or not isinstance(masks, Sequence):
        raise ParameterError("masks must be a list with one picture for each style")
    check_masks(len(masks), styles)
    return [as_mask(mask, f"mask {n}", picture) for n, mask in enumerate(masks, start=1)]


def _single(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.astype(np.float32).astype(np.float64)
