"""Pictures painted on a Ray cluster: what is lost is painted elsewhere, and put once."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from styler import Stylizer
from styler.errors import InputError, MissingDependencyError
from styler.halt import AbandonedError
from styler.jobs import Job, Task, cluster
from styler.jobs.queue import Queue, contents
from styler.jobs.workers import Crew
from tests.cli.pictures import as_bytes, save
from tests.jobs.queue.conftest import added, ordered
from tests.jobs.test_painter import RECIPE, paint
from tests.jobs.test_workers import check, running, until

__all__ = ["added", "ordered"]

ROOT = Path(__file__).parents[2]

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")


@pytest.fixture
def where(tmp_path: Path) -> str:
    return str(tmp_path / "jobs.sqlite")


@pytest.fixture
def queue(where: str) -> Iterator[Queue]:
    with contextlib.closing(Queue.open(where)) as queue:
        yield queue


def actors(pid: int) -> list[int]:
    """The actors among a process and those that it has started."""
    try:
        name = Path(f"/proc/{pid}/cmdline").read_bytes()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has ended
        return []
    below = [found for child in children for found in actors(int(child))]
    return below + ([pid] if name.startswith(b"ray::Actor") else [])


@needs_ray
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are not told")
def test_a_killed_actor_is_replaced(
    where: str, queue: Queue, added: Callable[..., str], ordered: Callable[..., Job], tmp_path: Path
) -> None:
    """The lease is an hour: it is Ray that knows. What is no picture is told by its name."""
    broken = Task(tmp_path / "broken.png", tmp_path / "never.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    other = replace(ordered(), tasks=(broken,))
    ids = added(12), queue.add(other, contents(other))
    with running(where, "--on", "ray", "--workers", "2", "--lease", "3600") as process:
        until(lambda: queue.status(ids[0]).counts["done"], 300)  # Ray starts a dozen processes
        os.kill(actors(process.pid)[0], signal.SIGKILL)
        assert process.wait(300) == 1
    check(queue, ids[0], 12)
    (failed,) = queue.entries(ids[1])
    assert failed.state == "failed"
    assert (failed.error or "").startswith(f"{broken.source}: ")


@needs_ray
@pytest.mark.slow
def test_a_killed_node(tmp_path: Path) -> None:
    """As docs/scale.md has it of two thousand; the script itself checks what came of it."""
    command = [sys.executable, "benchmarks/ray_nodes.py", "--photos", "60", "--slots", "2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=500)


def test_an_actor_paints_as_any_worker(stylizer: Stylizer, tmp_path: Path) -> None:
    """Its photo may be a file of another machine."""

    class Open(Crew):
        def open(self, model: str) -> Stylizer:
            return stylizer

    actor, photo = cluster.Actor(Open("", max_memory=2e9)), tmp_path / "photo.png"
    job, output = Job(RECIPE, ()), tmp_path / "out.png"
    painted = actor.paint(1, job, photo, output, as_bytes())
    expected = paint(cluster.Painter(lambda model: stylizer), save(photo), job, str(output))
    assert painted.data == expected.data
    assert (painted.source, painted.output) == (str(photo), str(output))
    actor.give_up(2)
    with pytest.raises(AbandonedError):
        actor.paint(2, job, photo, output, as_bytes())
    assert actor.paint(3, job, photo, output, as_bytes()).data == painted.data


def test_no_cluster_at_the_address(where: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with pytest.raises(InputError, match=f"127.0.0.1:{port}: no cluster .*`ray start --head`"):
            cluster.run(Crew(where), f"127.0.0.1:{port}")


def test_without_ray(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "styler\[ray\]"'):
        cluster.run(replace(Crew(where), workers=2))
