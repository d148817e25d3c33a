"""``styler info``: versions, engine, threads, weights, where things are, and whether they work."""

from __future__ import annotations

import platform
import sys
from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Any

import click

from styler.cli.output import checks
from styler.cli.settings import config, options
from styler.cli.settings.network import Network

PACKAGES = (
    "numpy",
    "pillow",
    "onnxruntime",
    "fastapi",
    "uvicorn",
    "torch",
    "torchvision",
    "pillow-heif",
)


@click.command()
@options.network
@click.option("--json", is_flag=True, help="Print JSON.")
def info(network: Network, json: bool) -> int:
    """Show versions, weights and places, and check that painting works.

    A check that fails says what to do, and makes the exit code 1.

    \b
    styler info
    styler info --json
    styler info --engine onnxruntime --threads 1
    """
    facts = gather(network)
    results = checks.run(network)
    if json:
        click.echo(dumps(facts | {"checks": [asdict(check) for check in results]}, indent=2))
    else:
        for title, values in facts.items():
            _table(title, values)
        _table("checks", {c.name: c.found if c.ok else f"FAILED: {c.found}" for c in results})
    return 0 if all(check.ok for check in results) else 1


def gather(network: Network) -> dict[str, dict[str, Any]]:
    """What there is, as plain values in groups."""
    import styler
    from styler.inference.engine.threads import available_threads
    from styler.models import find, models, shipped
    from styler.styles import user_folder

    model = find(network.model)
    return {
        "versions": {
            "styler": version("styler"),
            "python": platform.python_version(),
            "system": platform.platform(),
            **{name: version(name) for name in PACKAGES},
        },
        "machine": {"threads": available_threads()},
        "model": {
            "name": model.spec.name,
            "architecture": model.spec.architecture,
            "norm": model.spec.norm,
            "parameters": model.spec.parameters,
            "folder": str(model.folder),
            **model.spec.sha256,
        },
        "places": {
            "configuration": _place(config.default_path()),
            "own styles": _place(user_folder()),
            "shipped": f"{shipped()} ({', '.join(models())})",
            "library": str(Path(styler.__file__).parent),
            "program": str(Path(sys.argv[0]).resolve()),
        },
    }


def version(name: str) -> str | None:
    """The version of an installed package; ``None`` where it is not installed."""
    from importlib import metadata  # a fifth of the time that --help takes

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _place(path: Path) -> str:
    return str(path) if path.exists() else f"{path} (not there)"


def _table(title: str, values: dict[str, Any]) -> None:
    click.echo(title)
    width = max(map(len, values))
    for name, value in values.items():
        click.echo(f"  {name:<{width}}  {'not installed' if value is None else value}")
