"""The command line, one verb per file; :func:`main` is the ``styler`` script."""

import sys

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    try:
        from styler.cli.app import run

        code = run(arguments)
    except KeyboardInterrupt:  # while modules are imported; click sees all others
        print("styler: interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)
