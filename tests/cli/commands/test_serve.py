"""What ``styler serve`` refuses before it listens."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from styler.cli.commands.serve import serve
from styler.errors import InputError, StorageError


def test_without_a_folder_for_temporary_files_it_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(StorageError, match="set TMPDIR"):
        CliRunner().invoke(serve, ["--port", "0"], catch_exceptions=False)


def started(*arguments: str) -> None:
    """As the command line would begin: what is refused is raised."""
    CliRunner().invoke(serve, ["--port", "0", *arguments], catch_exceptions=False)


def test_a_queue_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8 no database" * 100)
    with pytest.raises(InputError, match="is no queue"):
        started("--job-folder", str(tmp_path), "--job-queue", str(tmp_path / "photo.jpg"))


def test_a_queue_without_a_folder() -> None:
    with pytest.raises(InputError, match="--job-queue needs --job-folder"):
        started("--job-queue", "jobs.sqlite")


def test_the_queue_of_the_command_line_is_none_of_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STYLER_JOB_QUEUE", "mine.sqlite")
    told = CliRunner().invoke(serve, ["--print-config"])
    assert told.exit_code == 0
    assert "STYLER_JOB_FOLDER=\n" in told.output


def test_passwords_are_not_told() -> None:
    url = "postgresql://me:secret@host/jobs"
    told = CliRunner().invoke(serve, ["--job-folder", "jobs", "--job-queue", url, "--print-config"])
    assert told.exit_code == 0
    assert "STYLER_JOB_QUEUE=postgresql://(user)@host/jobs\n" in told.output
