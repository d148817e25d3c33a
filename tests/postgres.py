"""A PostgreSQL server of one's own, as long as it is wanted."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def program(name: str) -> str | None:
    """The path of one of PostgreSQL's programs; Debian does not have them on its path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next(filter(None, (shutil.which(name, path=str(f)) for f in folders)), None) or (
        shutil.which(name)
    )


def missing() -> str | None:
    """Why there can be none."""
    try:
        import psycopg
        import sqlalchemy
    except ImportError as error:
        return f"{error.name} is not installed"
    assert psycopg and sqlalchemy
    return None if program("initdb") and program("pg_ctl") else "PostgreSQL is not installed"


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The URL of an empty database; it listens on no port."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    assert initdb and pg_ctl
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = {}
    if os.geteuid() == 0:  # which it refuses to be run by
        names = {entry.pw_name for entry in pwd.getpwall()}
        name = "postgres" if "postgres" in names else "nobody"
        shutil.chown(folder, name)
        user = {"user": name, "extra_groups": []}

    def run(*arguments: str) -> None:
        log = folder / "log"
        with log.open("a") as out:
            subprocess.run(
                arguments, check=True, cwd=folder, stdout=out, stderr=out, timeout=120, **user
            )

    options = f"-c listen_addresses='' -k {folder} -c max_connections=40 -c shared_buffers=16MB"
    try:
        run(initdb, "-D", f"{folder}/data", "-U", "styler", "-A", "trust", "-E", "UTF8")
        run(pg_ctl, "-D", f"{folder}/data", "-w", "-o", options, "-l", f"{folder}/server", "start")
        try:
            yield f"postgresql://styler@/postgres?host={folder}"
        finally:
            run(pg_ctl, "-D", f"{folder}/data", "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder)
