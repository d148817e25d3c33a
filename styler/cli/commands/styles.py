"""``styler styles``: what there is to paint with."""

from __future__ import annotations

from dataclasses import asdict
from json import dumps

import click

from styler.cli.settings import options
from styler.errors import StylerError, one_line


def tell(error: StylerError) -> None:
    """Say on stderr what is wrong with one style of many."""
    click.echo(f"styler: {one_line(str(error))}", err=True)


@click.command()
@options.model
@click.option("--json", is_flag=True, help="One JSON line per style.")
def styles(model: str, json: bool) -> None:
    """List the styles that --style knows by name: those of a model, and your own.

    \b
    styler styles
    styler styles --model default
    styler styles --json | head -n 1
    """
    import styler

    found = styler.presets(model, damaged=tell)
    if json:
        for info in found:
            click.echo(dumps(asdict(info), default=str))
        return
    width = max((len(info.name) for info in found), default=0)
    for info in found:
        about = ", ".join(part for part in (info.artist, info.title, info.year) if part)
        click.echo(f"{info.name:<{width}}  {about}".rstrip())
