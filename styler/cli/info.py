"""``styler info``: versions, engine, threads, weights, and where things are."""

from __future__ import annotations

import json
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from styler.cli import config, options
from styler.cli.paint import Network

PACKAGES = ("numpy", "pillow", "onnxruntime", "fastapi", "uvicorn", "torch", "pillow-heif")


@click.command()
@options.network
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(network: Network, as_json: bool) -> None:
    """Show what is installed, what would paint, and where things are.

    Loads and verifies the weights, so that it also tells whether they are sound.

    \b
    styler info
    styler info --json | python -m json.tool
    styler info --model models/first --engine torch
    """
    facts = gather(network)
    if as_json:
        click.echo(json.dumps(facts))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        click.echo(f"{name:<{width}}  {_text(value)}")


def gather(network: Network) -> dict[str, Any]:
    """Everything `styler info` tells, as plain values."""
    import dataclasses

    import styler

    return {
        "styler": metadata.version("styler"),
        "python": f"{platform.python_version()} on {platform.platform()}",
        "packages": {name: version(name) for name in PACKAGES},
        "model": dataclasses.asdict(network.open().info),
        "presets": len(styler.presets()),
        "configuration": _place(config.default_path()),
        "program": str(Path(sys.argv[0]).resolve()),
        "library": str(Path(styler.__file__).parent),
    }


def version(name: str) -> str | None:
    """The version of an installed package; ``None`` where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _place(path: Path) -> str:
    return str(path) if path.exists() else f"{path} (not there)"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {'not installed' if v is None else v}" for k, v in value.items())
    return str(value)
