"""The command line, one verb per file; :func:`main` is the ``styler`` script."""

import io
import logging
import sys
import warnings

__all__ = ["hush", "main"]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")  # text that the console cannot show
    hush()
    try:
        from styler.cli.app import run

        code = run(arguments)
    except KeyboardInterrupt:  # while modules are imported; click sees all others
        print("styler: interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)


def hush() -> None:
    """Let what libraries say among themselves stay with them: what concerns the user is said in
    lines of our own.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        logging.lastResort = None
