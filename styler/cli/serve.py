"""``styler serve``: the same painting over HTTP."""

from pathlib import Path

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port; 0 picks one.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes; each holds its own copy of the network.",
)
@click.option(
    "--settings",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of NAME=value lines with the server's settings.",
)
@click.option(
    "--log-level",
    type=click.Choice(["critical", "error", "warning", "info", "debug"]),
    default="info",
    show_default=True,
    help="How much the server says.",
)
def serve(host: str, port: int, workers: int, settings: Path | None, log_level: str) -> None:
    """Serve painting over HTTP; the API is described at /docs.

    \b
    styler serve
    styler serve --host 0.0.0.0 --port 8080 --workers 2
    curl -F content=@photo.jpg -F preset=NAME http://127.0.0.1:8000/v1/stylize -o painted.jpg
    """
    import uvicorn

    uvicorn.run(
        "styler_server.app:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        env_file=settings,
        log_level=log_level,
    )
