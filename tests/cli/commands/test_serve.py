"""What ``styler serve`` refuses before it listens."""

from __future__ import annotations

import tempfile

import pytest
from click.testing import CliRunner

from styler.cli.commands.serve import serve
from styler.errors import StorageError


def test_without_a_folder_for_temporary_files_it_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(StorageError, match="set TMPDIR"):
        CliRunner().invoke(serve, ["--port", "0"], catch_exceptions=False)
