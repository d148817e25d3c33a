"""The keywords of :meth:`Stylizer.stylize`: the controls, and where to paint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, ParamSpec, Protocol, TypeVar, overload

from PIL import Image

from styler.controls import Controls, described
from styler.imaging import Picture
from styler.styles import Style

from .inputs import Grey, Pixels, Raw, Source

__all__ = ["TILE", "Keywords", "StyleLike", "StyleSource", "takes"]

P = ParamSpec("P")
Kept = TypeVar("Kept", Picture, Image.Image, bytes)

TILE = 512
"""Side of the tiles that a canvas larger than two of them is painted by."""

StyleSource = Style | Source
"""A style, the name of a preset of the model, the path of a ``.style`` file, or a painting.

A string is the path of a ``.style`` file if it ends so, of a painting if there is such a file, and
otherwise the name of a preset.
"""

StyleLike = StyleSource | Sequence[StyleSource | tuple[StyleSource, float]]
"""A style, or several, each alone or with a weight; alone it weighs 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Keywords(Controls):
    """What :meth:`Stylizer.stylize` takes beside photo and style."""

    masks: Sequence[Grey] | None = None
    only: Grey | None = None
    tile: int = TILE


class Stylize(Protocol[P]):
    """:meth:`Stylizer.stylize` as a type checker sees it: a painting comes as the photo came."""

    @overload
    def __call__(
        self, content: Kept, style: StyleLike, *args: P.args, **keywords: P.kwargs
    ) -> Kept: ...
    @overload
    def __call__(
        self, content: Raw, style: StyleLike, *args: P.args, **keywords: P.kwargs
    ) -> Pixels: ...
    def __call__(self, content: Any, style: Any, *args: P.args, **keywords: P.kwargs) -> Any: ...


def takes(keywords: Callable[P, Controls]) -> Callable[[Callable[..., Any]], Stylize[P]]:
    """Make the fields of a class the keywords of a method: for callers, readers and checkers."""

    def decorate(method: Any) -> Stylize[P]:
        written = signature(method)
        own = [p for p in written.parameters.values() if p.kind is not p.VAR_KEYWORD]
        more = list(signature(keywords).parameters.values())
        method.__signature__ = written.replace(parameters=[*own, *more])
        method.__kwdefaults__ = {parameter.name: parameter.default for parameter in more}
        if method.__doc__:  # gone where Python runs without docstrings
            method.__doc__ = method.__doc__.replace("            (controls)", described())
        decorated: Stylize[P] = method
        return decorated

    return decorate
