"""What a form asks for as a recipe: the same for a picture that is waited for and for a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import UploadFile

from styler.jobs import Recipe

from .form import controls
from .problems import FieldError, Problem
from .state import State
from .uploads import taken

__all__ = ["files", "invalid", "named", "recipe_of"]


async def recipe_of(
    state: State,
    style: Sequence[UploadFile] | None,
    preset: Sequence[str] | None,
    weight: Sequence[float] | None,
    mask: Sequence[UploadFile] | None,
    only: UploadFile | None,
    given: dict[str, Any],
) -> Recipe:
    """The recipe of a form's fields; ``given`` are its controls.

    Raises a ``Problem`` where there is no style, or not one weight or mask for each, and a
    ``StyleError`` for a preset that is not known.
    """
    paintings, presets = files(style), named(preset)
    count = len(paintings) + len(presets)
    if not count:
        raise invalid("style", "send at least one style (a picture) or preset (a name)")
    masks = files(mask)
    for field, sent in (("weight", len(weight or ())), ("mask", len(masks))):
        if sent not in (0, count):
            raise invalid(field, f"{field}: {sent} for {count} styles; send one for each, or none")
    for name in presets:
        state.pipeline.check_preset(name)
    region = files([only] if only else None)
    styles: list[str | bytes] = [await taken(upload) for upload in paintings]
    styles += presets
    return Recipe(
        styles=tuple(zip(styles, weight or [1.0] * count, strict=True)),
        controls=controls(given, state.settings),
        masks=tuple([await taken(upload) for upload in masks]),
        only=await taken(region[0]) if region else None,
        model=state.settings.model,
    )


def files(uploads: Sequence[UploadFile] | None) -> list[UploadFile]:
    """A form with no file chosen sends a file without name or bytes: that is no file."""
    return [upload for upload in uploads or () if upload.filename or upload.size]


def named(presets: Sequence[str] | None) -> list[str]:
    """Without the empty names that a form with nothing chosen sends."""
    return [name for name in presets or () if name]


def invalid(field: str, detail: str) -> Problem:
    """The problem with one field."""
    return Problem("invalid-input", detail, errors=[FieldError(field=field, detail=detail)])
