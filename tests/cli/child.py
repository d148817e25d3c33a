"""The command line in a process of its own, to be interrupted."""

import subprocess
import sys

# A process started in the background of a script inherits an ignored Ctrl-C, and so would a child.
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from styler.cli import main
main()
"""


def start(*arguments: str) -> subprocess.Popen[str]:
    """``styler`` with these arguments, its stderr readable as text."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
