"""The form of a painting: its own fields, and a field for every control of the library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Annotated, Any, Literal, get_type_hints

from fastapi import File, Form, UploadFile
from pydantic import AfterValidator, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError
from starlette.datastructures import FormData

from styler.controls import CONTROLS, MASK, ONLY, Control, Controls
from styler.errors import ParameterError, did_you_mean, one_line

from .problems import FieldError, Problem
from .settings import Settings

Absent = SkipJsonSchema[None]  # a form has no null to send

Masks = Annotated[list[UploadFile] | Absent, File(description=MASK)]
Only = Annotated[UploadFile | Absent, File(description=ONLY)]
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
Quality = Annotated[
    Annotated[int, Field(ge=1, le=100)] | Absent,
    Form(description="Of JPEG, WebP and AVIF: 92, AVIF 80."),
]
Lossless = Annotated[bool, Form(description="WebP without loss.")]
Bits = Annotated[
    Annotated[int, Field(ge=8, le=16, multiple_of=8)] | Absent,
    Form(description="A sample, of PNG and TIFF: as the photo's."),
]
Exif = Annotated[bool, Form(description="Pass on the photo's place, camera and time.")]

A_STYLE = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {"anyOf": [{"required": ["style"]}, {"required": ["preset"]}]}
            }
        }
    }
}
"""Joins the schema of a form with styles, which cannot say this by itself."""

SEVERAL = frozenset(("style", "preset", "weight", "mask"))
"""Fields that may be sent more than once."""

SPELLINGS = {control.also: name for name, control in CONTROLS.items() if control.also}


def checked(
    form: FormData, known: Mapping[str, bool], several: frozenset[str] = SEVERAL
) -> FormData:
    """The form without empty fields, by the names of ``known``, which says whether one is required.

    Raises a ``Problem`` for a field that is none of them, or is sent again but for ``several``.
    """
    sent = [(SPELLINGS.get(name, name), value) for name, value in form.multi_items()]
    errors = []
    for name, times in Counter(name for name, _ in sent).items():
        if name not in known:
            fields = f"the fields are {', '.join(known)}"
            hint = did_you_mean(name, known, fields)
            errors.append(FieldError(field=one_line(name)[:100], detail=f"no such field; {hint}"))
        elif times > 1 and name not in several:
            errors.append(FieldError(field=name, detail=f"sent {times} times; send it once"))
    if errors:
        missing = [name for name, required in known.items() if required and name not in form]
        errors += [FieldError(field=name, detail="Field required") for name in missing]
        raise Problem.of_fields(errors)
    return FormData([(name, value) for name, value in sent if value != ""])


def with_controls(route: Callable[..., Any]) -> Callable[..., Any]:
    """Let FastAPI see a field for every control where the route has ``**controls``."""
    hints = get_type_hints(Controls)
    seen: list[Parameter] = []
    for parameter in signature(route, eval_str=True).parameters.values():
        if parameter.kind is not Parameter.VAR_KEYWORD:
            seen.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))
    before = [parameter.name for parameter in seen].index("mask")
    seen[before:before] = [_field(control, hints[name]) for name, control in CONTROLS.items()]
    route.__signature__ = signature(route).replace(parameters=seen)  # type: ignore[attr-defined]
    return route


def controls(given: dict[str, Any], settings: Settings) -> Controls:
    """The controls of a request; what is absent is the server's, or else the library's default."""
    own = {name: getattr(settings, name) for name in CONTROLS if name in Settings.model_fields}
    return Controls(**own | {name: value for name, value in given.items() if value is not None})


def _field(control: Control, hint: Any) -> Parameter:
    kind: Any = str if control.of else hint
    description, default = control.help, control.default
    if default is None and control.choices:
        kind = Literal[control.choices]
    if control.name in Settings.model_fields:
        description, default = f"{description} Without it the server decides.", None
    limits: dict[str, Any] = {"ge": control.low, "le": control.high} if control.high else {}
    if kind is float:
        limits["allow_inf_nan"] = False
    checks = [AfterValidator(_checked(control))] if control.of else []
    if default is None:  # the limits are those of the value, not of its absence
        kind, limits = (Annotated[kind, Field(**limits)] if limits else kind) | Absent, {}
    form = Form(description=description, examples=list(control.examples) or None, **limits)
    annotation = Annotated[(kind, form, *checks)]
    return Parameter(control.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _checked(control: Control) -> Callable[[str | None], str | None]:
    def check(text: str | None) -> str | None:
        try:
            control.taken(text)
        except ParameterError as error:
            problem = {"reason": str(error)}
            raise PydanticCustomError(control.name, "{reason}", problem) from None
        return text

    return check
