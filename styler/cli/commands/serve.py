"""``styler serve``: the same painting over HTTP.

The options below the first four are the fields of the server's settings.
"""

from __future__ import annotations

import os
import re
import socket
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from styler.cli import hush
from styler.cli.settings import idle
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
@click.option("--print-config", is_flag=True, help="Say what is set, and leave.")
def serve(
    host: str, port: int, workers: int, log_level: str, print_config: bool, **settings: Any
) -> None:
    """Serve painting over HTTP; the API is described at /docs.

    \b
    styler serve
    styler serve --host 0.0.0.0 --port 8080 --queue 16
    curl -F content=@photo.jpg -F preset=NAME http://127.0.0.1:8000/v1/stylize -o painted.png
    """
    from styler.models import find

    configured = _configured(settings)
    if print_config:
        listed = {"host": host, "port": port, **configured.model_dump()}
        if configured.keys:
            listed["api_keys"] = f"({len(configured.keys)} hashes)"
        if configured.job_queue:
            listed["job_queue"] = re.sub("://[^@/]*@", "://(user)@", configured.job_queue)
        for name, value in listed.items():
            click.echo(f"{PREFIX}{name.upper()}={'' if value is None else value}")
        return
    find(configured.model)
    _check_temporary()
    _check_address(host, port)
    _check_jobs(configured.jobs, configured.job_folder)
    run = import_module("styler_server.serving").serve
    run(
        host=host,
        port=port,
        workers=workers,
        log_level=log_level,
        settings=configured,
        prepare=hush,
    )


def _configured(settings: dict[str, Any]) -> Any:
    """The server's settings: options, then the environment, then defaults."""
    from pydantic import ValidationError

    root = click.get_current_context().find_root()
    names = root.command.list_commands(root) if isinstance(root.command, click.Group) else ()
    check = import_module("styler_server.settings").check_environment
    services = ("service", "port")  # what Kubernetes sets for a service of this name
    check(("host", "port", "config", "styles"), (*names, *services))
    for name, value in settings.items():
        if value is not None:  # workers are processes of their own: the environment reaches them
            os.environ[PREFIX + name.upper()] = str(value)
    try:
        configured = _settings()()
    except ValidationError as error:
        first = error.errors()[0]
        told = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:
            raise InputError(told) from None
        flag = "--" + "-".join(str(part) for part in first["loc"]).replace("_", "-")
        given = "" if first["loc"] == ("api_keys",) else f", not {first['input']!r}"
        raise InputError(f"{flag}: {told}{given}") from None
    # In the environment it may be there for `styler jobs`, beside a server that takes no jobs.
    if idle.typed("job_queue") and configured.job_folder is None:
        raise InputError("--job-queue needs --job-folder, for the pictures of its jobs")
    return configured


def _check_temporary() -> None:
    """Refuse to start where no upload above a megabyte and no large photo could be kept."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        raise StorageError(
            "no folder for temporary files can be written; mount one at /tmp, or set TMPDIR"
        ) from None


def _check_jobs(queue: str | None, folder: str | None) -> None:
    """Refuse a queue that cannot be opened, or a folder that no job's pictures can be put into."""
    if queue is not None:
        from styler.files import check_folder
        from styler.jobs.queue import Queue

        Queue.open(queue).close()
        place = Path(str(folder))
        place.mkdir(parents=True, exist_ok=True)
        check_folder(place)


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
