"""Options that were given and change nothing: a mistake is refused, all else said in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from styler.controls import CONTROLS, Control, Controls

if TYPE_CHECKING:
    from styler.jobs import Saving
    from styler.jobs.recipe import Source


def typed(name: str) -> bool:
    """Whether an option stands on the command line: defaults from elsewhere may well be idle."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def check(control: Control) -> None:
    """Refuse a control without the one that it needs: what is painted is not what is meant."""
    if control.needs and typed(control.name):
        needed = CONTROLS[control.needs]
        value = "|".join(needed.choices) or needed.metavar
        raise click.UsageError(
            f"{flag(control.name)} has no effect without {flag(needed.name)} {value}."
        )


def tell(styles: Sequence[tuple[Source, float]], controls: Controls, *, quiet: bool) -> None:
    """Warn of what does nothing with these styles and these other controls."""
    if not quiet:
        warn(_of_controls(styles, controls))


def tell_saving(saving: Saving, outputs: Iterable[Path | None], *, quiet: bool) -> None:
    """Warn of what none of the outputs can show."""
    known = saving.formats(outputs)
    if not known or quiet:
        return
    names = " or ".join(sorted(format.name for format in known))
    if typed("quality") and not any(format.lossy for format in known):
        warn([f"--quality has no effect on {names}; jpeg, webp and avif have one"])
    if typed("exif") and saving.exif and not any(format.metadata for format in known):
        warn([f"--exif has no effect on {names}, which holds none"])


def warn(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"warning: {line}", err=True)


def _of_controls(styles: Sequence[tuple[Source, float]], controls: Controls) -> Iterator[str]:
    if len(styles) == 1 and styles[0][1] not in (0, 1):
        yield "the weight of a single style has no effect; --strength says how much of it"
    looks = [flag(name) for name, known in CONTROLS.items() if known.looks and typed(name)]
    others = [option for option in looks if option != "--strength"]
    if controls.strength == 0 and others:
        verb = "has" if len(others) == 1 else "have"
        yield f"{' and '.join(others)} {verb} no effect at --strength 0, which is the photo itself"
        return
    if controls.brushwork == 0:
        for name in ("stroke_size", "boldness"):
            if typed(name):
                yield f"{flag(name)} has no effect at --brushwork 0"
    if typed("style_size") and not any(_is_painting(style) for style, _ in styles):
        yield "--style-size has no effect on saved styles; give a painting's picture"


def _is_painting(style: Source) -> bool:
    return isinstance(style, bytes) or (not style.endswith(".style") and Path(style).is_file())
