"""The controls as fields of a form: ranges, defaults and descriptions are those of the library."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import File, Form, UploadFile
from pydantic import AfterValidator, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from styler import controls
from styler.controls import Number, Size
from styler.errors import ParameterError

Absent = SkipJsonSchema[None]  # a form has no null to send


def _number(control: Number) -> Any:
    return Form(ge=control.low, le=control.high, allow_inf_nan=False, description=control.help)


def _size(text: str) -> str:
    try:
        Size.of(text)
    except ParameterError as error:
        raise PydanticCustomError("size", "{reason}", {"reason": str(error)}) from None
    return text


Strength = Annotated[float, _number(controls.STRENGTH)]
StyleSize = Annotated[
    Annotated[int, Field(ge=controls.STYLE_SIZE.low, le=controls.STYLE_SIZE.high)] | Absent,
    Form(description=f"{controls.STYLE_SIZE.help} Without it the server decides."),
]
KeepAmount = Annotated[float, _number(controls.KEEP_AMOUNT)]
KeepColours = Annotated[controls.KeepColours | Absent, Form(description=controls.KEEP_COLOURS)]
ContentSize = Annotated[
    str | Absent,
    Form(description=controls.SIZE, examples=["1600", "2MP"]),
    AfterValidator(lambda text: text if text is None else _size(text)),
]
Masks = Annotated[list[UploadFile] | Absent, File(description=controls.MASK)]
Only = Annotated[UploadFile | Absent, File(description=controls.ONLY)]
Styles = Annotated[
    list[UploadFile] | Absent,
    File(description="Any picture to take the style of; several are mixed."),
]
Presets = Annotated[
    list[Annotated[str, Field(max_length=100)]] | Absent,
    Form(description="Or the name of a preset, or several.", examples=[["monet-impression"]]),
]
Weights = Annotated[
    list[Annotated[float, Field(ge=0, allow_inf_nan=False)]] | Absent,
    Form(description="How much of each style, in their order: first `style`, then `preset`."),
]
