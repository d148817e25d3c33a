"""Docstrings as the site's reference shows them: an extension of griffe, named in mkdocs.yml.

Griffe reads the source without running it. So it does not know the keywords that
`styler.inference.keywords.takes` gives a method as it is imported; and it takes docstrings for
Markdown, in which their roles and formulas would stand as they are.
"""

import inspect
import re
from typing import Any

from griffe import Extension, Function, Object, Parameter, ParameterKind, dynamic_import

ROLE = re.compile(r":(?:attr|class|data|func|meth|mod):`~?([^`]+)`")
FORMULA = re.compile(r"^\.\. math:: (.+(?:\n +.+)*)", re.MULTILINE)
EXAMPLE = re.compile(r"^(>>> .+(?:\n.+)*)", re.MULTILINE)


def as_markdown(docstring: str) -> str:
    """Roles as code; formulas, and examples outside of their section, as blocks of it."""
    docstring = FORMULA.sub(r"```latex\n\1\n```", ROLE.sub(r"`\1`", docstring))
    return EXAMPLE.sub(r"```pycon\n\1\n```", docstring)


class Docstrings(Extension):
    """See above; griffe calls it for whatever it has read."""

    def on_function(self, *, func: Function, **_: Any) -> None:
        if not any(str(decorator.value).startswith("takes(") for decorator in func.decorators):
            return
        living = dynamic_import(func.path)
        assert func.docstring and living.__doc__
        func.docstring.value = as_markdown(inspect.cleandoc(living.__doc__))
        known = {parameter.name for parameter in func.parameters}
        for name, parameter in inspect.signature(living).parameters.items():
            if name not in known:
                func.parameters.add(
                    Parameter(
                        name,
                        annotation=inspect.formatannotation(parameter.annotation),
                        kind=ParameterKind.keyword_only,
                        default=repr(parameter.default),
                    )
                )
        del func.parameters["keywords"]

    def on_object(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)
