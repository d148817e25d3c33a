"""``styler serve``: the same painting over HTTP.

The options below the first four are the fields of the server's settings.
"""

from __future__ import annotations

import os
import socket
import tempfile
from importlib import import_module
from typing import Any

import click

from styler.cli import hush
from styler.cli.settings.fields import FieldsCommand, option
from styler.errors import InputError, StorageError

PREFIX = "STYLER_"


def _settings() -> Any:
    return import_module("styler_server.settings").Settings


def setting_options() -> list[click.Option]:
    """An option per field of the server's settings; unset ones leave the environment's value."""
    made = []
    for name, field in _settings().model_fields.items():
        text = field.description
        if field.default is not None:
            default = "on" if field.default is True else field.default
            text += f"  [default: {default}]"
        made.append(option(name, field.annotation, text, envvar=PREFIX + name.upper()))
    return made


@click.command(cls=FieldsCommand, fields=setting_options)
@click.option(
    "--host",
    default="127.0.0.1",
    envvar="STYLER_HOST",
    show_default=True,
    help="Address to listen on; 0.0.0.0 is every one.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    envvar="STYLER_PORT",
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes; each holds its own copy of the network.",
)
@click.option(
    "--log-level",
    type=click.Choice(["critical", "error", "warning", "info", "debug"]),
    default="info",
    show_default=True,
    help="How much the server says.",
)
def serve(host: str, port: int, workers: int, log_level: str, **settings: Any) -> None:
    """Serve painting over HTTP; the API is described at /docs.

    \b
    styler serve
    styler serve --host 0.0.0.0 --port 8080 --queue 16
    curl -F content=@photo.jpg -F preset=NAME http://127.0.0.1:8000/v1/stylize -o painted.png
    """
    import uvicorn
    from pydantic import ValidationError

    from styler.models import find

    for name, value in settings.items():
        if value is not None:  # workers are processes of their own: the environment reaches them
            os.environ[PREFIX + name.upper()] = str(value)
    try:
        configured = _settings()()
    except ValidationError as error:
        first = error.errors()[0]
        flag = "--" + "-".join(str(part) for part in first["loc"]).replace("_", "-")
        raise InputError(f"{flag}: {first['msg']}, not {first['input']!r}") from None
    find(configured.model)
    _check_temporary()
    _check_address(host, port)
    uvicorn.run(
        f"{__name__}:served",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level=log_level,
        server_header=False,
        timeout_graceful_shutdown=20,
    )


def served() -> Any:
    """The app, in each process of its own."""
    hush()
    return import_module("styler_server.app").create_app()


def _check_temporary() -> None:
    """Refuse to start where no upload above a megabyte and no large photo could be kept."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        raise StorageError(
            "no folder for temporary files can be written; mount one at /tmp, or set TMPDIR"
        ) from None


def _check_address(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, in one line."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        reason, _, _ = str(error.strerror).partition(" (")
        raise InputError(
            f"cannot listen on {host}, port {port}: {reason}; give another --host or --port"
        ) from None
