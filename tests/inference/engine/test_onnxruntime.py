"""The engine of the base install keeps to itself."""

import os
import subprocess
import sys
from pathlib import Path

import styler

ROOT = Path(styler.__file__).parent.parent
SILENT_ANYWAY = ("CI", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")


def test_leaves_no_trace_in_the_users_home(tmp_path: Path) -> None:
    """Telemetry would keep an identifier of the machine there, and what it has yet to send."""
    environment = {k: v for k, v in os.environ.items() if k not in SILENT_ANYWAY}
    environment["HOME"] = str(tmp_path)
    command = [sys.executable, "-c", "import styler; styler.Stylizer()"]
    subprocess.run(command, env=environment, cwd=ROOT, timeout=60, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
