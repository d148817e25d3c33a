"""Jobs under workers that are killed: is every painting there once, and is none made twice?

    python benchmarks/job_kills.py
    python benchmarks/job_kills.py --postgres
    python benchmarks/job_kills.py --queue postgresql://user:password@host/database

A thousand jobs of one tiny picture each, painted by the real network. Each of four workers is a
process of its own, `styler jobs run`, that is killed (SIGKILL) twice at a random moment after it
has begun a picture, and started anew; nobody tells the queue of it. `--postgres` starts a server
for the time (needs Debian's package postgresql, and the queue install).
"""

from __future__ import annotations

import argparse
import contextlib
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from styler import Stylizer
from styler.jobs import Job, Recipe, Runner, Task, plan
from styler.jobs.queue import Entry, Queue, contents, held
from tests import postgres

RECIPE = Recipe((("monet-impression", 1.0),))
COMPARED = 20  # paintings that are made once more, undisturbed


def add(queue: Queue, folder: Path, count: int) -> list[str]:
    """So many jobs of a picture each; their ids."""
    ids = []
    for number in range(count):
        photo = folder / "photos" / f"{number:04}.png"
        photo.parent.mkdir(exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (6, 8, 3), np.uint8)
        Image.fromarray(noise).resize((48, 36), Image.Resampling.BICUBIC).save(photo)
        job = held(plan(RECIPE, [str(photo)], str(folder / "painted" / photo.name)))
        ids.append(queue.add(job, contents(job)))
    return ids


class Worker:
    """`styler jobs run` as a process, and the counts of finished jobs at which it is killed."""

    def __init__(self, where: str, lease: float, kills: Sequence[int]) -> None:
        self.kills, self.killed = sorted(kills), 0
        self.command = [
            sys.executable, "-m", "styler.cli", "jobs", "run", "--queue", where,
            "--lease", str(lease), "--threads", "1", "--quiet",
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command)

    def due(self, finished: int, began: set[int]) -> bool:
        ready = self.kills and finished >= self.kills[0] and self.process.pid in began
        return bool(ready) and self.process.poll() is None

    def kill(self) -> None:
        time.sleep(random.uniform(0, 0.3))
        self.process.kill()
        self.process.wait()
        self.killed += 1
        self.kills.pop(0)
        self.start()


def began(queue: Queue) -> set[int]:
    """The process ids of the workers that have leased something."""
    with queue._database.transaction(write=False) as transaction:
        found = transaction.rows("SELECT DISTINCT worker FROM styler_log WHERE event = 'leased'")
    return {int(row["worker"].split("-")[-3]) for row in found}


def disturbed(queue: Queue, where: str, count: int, workers: int, kills: int, lease: float) -> int:
    """Let the workers paint, and kill them; tells how many were killed."""
    crew = [
        Worker(where, lease, [random.randrange(count // 50, count * 9 // 10) for _ in range(kills)])
        for _ in range(workers)
    ]
    while any(worker.process.poll() is None for worker in crew):
        finished = queue.ended(0.0).get("done", 0)
        pids = began(queue)
        for worker in crew:
            if worker.due(finished, pids):
                worker.kill()
        time.sleep(0.1)
    assert not any(worker.process.returncode for worker in crew)
    return sum(worker.killed for worker in crew)


def same(entries: Sequence[Entry], chosen: Sequence[int]) -> int:
    """How many of these paintings are, byte for byte, what an undisturbed runner makes."""
    stylizer = Stylizer(threads=1)
    runner, equal = Runner(lambda: stylizer), 0
    for number in chosen:
        entry = entries[number]
        job = Job(RECIPE, (Task(entry.source),))
        saving = replace(job.saving, format="png")
        painted = runner.paint(replace(job, saving=saving), job.tasks[0])
        equal += painted.data == entry.output.read_bytes()
    return equal


@contextlib.contextmanager
def database(arguments: argparse.Namespace, folder: Path) -> Iterator[str]:
    if arguments.postgres:
        with postgres.server() as url:
            yield url
    else:
        yield arguments.queue or str(folder / "jobs.sqlite")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queue")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=2, help="of each worker")
    parser.add_argument("--lease", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    count = arguments.jobs
    with (
        tempfile.TemporaryDirectory() as name,
        database(arguments, Path(name)) as where,
        contextlib.closing(Queue.open(where)) as queue,
    ):
        ids = add(queue, Path(name), count)
        start = time.monotonic()
        killed = disturbed(queue, where, count, arguments.workers, arguments.kills, arguments.lease)
        seconds = time.monotonic() - start
        entries = [entry for id in ids for entry in queue.entries(id)]
        events = [(id, event) for id in ids for event in queue.log(id)]
        told = Counter(event.event for _, event in events)
        done = Counter(id for id, event in events if event.event == "done")
        found = sum(event.event == "done" and event.detail == "found" for _, event in events)
        files = sorted(p.name for p in (Path(name) / "painted").iterdir() if p.suffix == ".png")
        left = [*(Path(name) / "painted").glob(".*.styler-part")]
        whole = 0
        for entry in entries:
            with Image.open(entry.output) as image:
                image.load()
                whole += image.size == (48, 36)
        chosen = random.sample(range(count), min(COMPARED, count))
        print(f"{where.partition(':')[0] if '://' in where else 'sqlite'}: {count} jobs,",
              f"{arguments.workers} workers, {killed} killed, {seconds:.0f} s")  # fmt: skip
        print(f"states: {dict(Counter(entry.state for entry in entries))}")
        print(f"outputs: {len(files)} files, {whole} whole, {len(left)} unfinished left")
        print(f"log: {dict(told)}; of the done {found} found, put there by a killed worker")
        print(f"jobs done once: {sum(n == 1 for n in done.values())}, more often:",
              sum(n > 1 for n in done.values()))  # fmt: skip
        print(
            f"{same(entries, chosen)} of {len(chosen)} paintings as an undisturbed run makes them"
        )
        assert len(files) == whole == count and set(done.values()) == {1} and len(done) == count


if __name__ == "__main__":
    main()
