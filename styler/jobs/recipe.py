"""How to paint, as a value: what the painted pixels depend on besides the photo."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from styler.controls import Controls, check_masks

__all__ = ["Recipe"]

Source = str | bytes
"""A name or a path, or an encoded picture."""


@dataclass(frozen=True)
class Recipe:
    """Model, styles, controls and masks. Equal recipes paint the same photo alike.

    Attributes:
        styles: presets, style files or paintings, each with its weight.
        controls: how to paint.
        masks: one for each style in their order, or none at all.
        only: a mask of where to paint at all.
        model: name of a shipped model, or a folder that ``styler export`` wrote.

    Raises:
        ParameterError: there are masks, but not one for each style.
    """

    styles: tuple[tuple[Source, float], ...]
    controls: Controls = field(default_factory=Controls)
    masks: tuple[Source, ...] = ()
    only: Source | None = None
    model: str = "default"

    def __post_init__(self) -> None:
        if self.masks:
            check_masks(len(self.masks), len(self.styles))

    @property
    def tag(self) -> str:
        """A short name of its styles, as it appears in file names."""
        return "+".join(
            Path(style).stem if isinstance(style, str) else "style" for style, _ in self.styles
        )

    def to_json(self) -> str:
        """The recipe as text, encoded pictures in base 64."""
        return json.dumps({**vars(self), "controls": self.controls.plain()}, default=_wrapped)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """What :meth:`to_json` wrote."""
        plain = json.loads(text, object_hook=_unwrapped)
        plain["styles"] = tuple((style, weight) for style, weight in plain["styles"])
        plain["masks"] = tuple(plain["masks"])
        return cls(**plain | {"controls": Controls(**plain["controls"])})


def _wrapped(data: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode("ascii")}


def _unwrapped(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["base64"]) if "base64" in value else value
