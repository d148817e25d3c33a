"""Query strings: none is taken beside a form, and a mistake is not to be ignored."""

from __future__ import annotations

from fastapi import Request

from styler.errors import one_line

from .middleware.body import is_picture
from .problems import FieldError, Problem


async def no_query(request: Request) -> None:
    """Raise a ``Problem`` where the address has parameters, unless the body is a picture."""
    if request.method == "POST" and is_picture(request):
        return
    remedy = "send it as a field of the form" if request.method == "POST" else "leave it out"
    errors = [
        FieldError(field=one_line(name)[:100], detail=f"no parameter of this address; {remedy}")
        for name in dict.fromkeys(request.query_params.keys())
    ]
    if errors:
        raise Problem.of_fields(errors)
