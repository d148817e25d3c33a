"""A Ray cluster of two nodes, one of which is killed: is every painting there once, and how fast?

    python benchmarks/ray_nodes.py
    python benchmarks/ray_nodes.py --seconds 0.5 --slots 4

Nodes are processes of this machine (`ray.cluster_utils.Cluster`), with so many slots each. A part
of the photos is painted by one node and as many by two, which tells their rates; then all by two
nodes, one of which is killed (SIGKILL) when a third of them is done. With `--seconds` a picture
takes no work but sleeps so long: a machine that has fewer processors than slots shows so what the
queue, the cluster and the files do with twice the nodes. Needs the ray install.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
# The nodes listen at 127.0.0.1 alone, and tell nobody of it.
os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}

from styler import Picture, Stylizer
from styler.jobs import Outcome, Recipe, cluster, plan
from styler.jobs.benchmark import drawn
from styler.jobs.queue import Event, Queue, contents, held
from styler.jobs.workers import Crew

RECIPE = Recipe((("monet-impression", 1.0),))


@dataclass(frozen=True)
class Sleepers(Crew):
    """Workers that take their time, and paint nothing."""

    sleep: float = 0.0

    def open(self, model: str) -> Stylizer:
        opened = super().open(model)
        if self.sleep:
            opened.stylize = partial(slept, self.sleep)  # type: ignore[method-assign, assignment]
        return opened


def slept(seconds: float, photo: Picture, *_: Any, **__: Any) -> Picture:
    time.sleep(seconds)
    return photo


class Teller:
    """Is told what comes of each picture; notes how much this process has worked by then."""

    def __init__(self) -> None:
        self.worked = list[float]()

    def __call__(self, outcome: Outcome) -> None:
        self.worked.append(time.process_time())
        if outcome.error:
            print(outcome.error, file=sys.stderr)


def add(queue: Queue, folder: Path, count: int, width: int) -> str:
    """A job of so many photos; its id."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    for number in range(count):
        photo = drawn(width, width * 2 // 3, seed=number)
        (photos / f"{number:05}.jpg").write_bytes(photo)
    job = held(plan(RECIPE, [str(photos)], str(folder / "painted")))
    return queue.add(job, contents(job))


def paint(
    folder: Path, count: int, nodes: int, arguments: argparse.Namespace, *, kill: bool = False
) -> list[Event]:
    """Paint so many photos on so many nodes; what happened to them."""
    from ray.cluster_utils import Cluster

    where = str(folder / "jobs.sqlite")
    queue = Queue.open(where)
    id = add(queue, folder, count, arguments.width)
    machines = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    running = [machines.add_node(num_cpus=arguments.slots) for _ in range(nodes)]

    def end_one() -> None:
        while queue.ended(0.0).get("done", 0) < count / 3:
            time.sleep(0.05)
        machines.remove_node(running[0], allow_graceful=False)

    killer = threading.Thread(target=end_one, daemon=True)
    if kill:
        killer.start()
    told = Teller()
    crew = Sleepers(where, 0, threads=1, sleep=arguments.seconds, tell=told)
    assert cluster.run(crew, machines.address) is None
    worked = (told.worked[-1] - told.worked[0]) / (count - 1)
    print(f"  {1000 * worked:.0f} ms of this process's processor time a picture")
    machines.shutdown()
    events = queue.log(id)
    queue.close()
    check(folder, events, count)
    return events


def check(folder: Path, events: list[Event], count: int) -> None:
    """Every painting is there, whole, and done once."""
    done = Counter(event.number for event in events if event.event == "done")
    files = [*(folder / "painted").glob("*.jpg")]
    for path in files:
        with Image.open(path) as image:
            image.load()
    left = [*(folder / "painted").glob(".*.styler-part")]
    told = Counter(event.event for event in events)
    print(f"  {len(files)} outputs, all whole, {len(left)} unfinished left; log: {dict(told)}")
    print(f"  done once: {sum(n == 1 for n in done.values())}, more often:",
          sum(n > 1 for n in done.values()))  # fmt: skip
    assert len(files) == len(done) == count
    assert set(done.values()) == {1}


def rate(events: list[Event]) -> float:
    """Pictures a second, from the first that was done to the last."""
    at = [event.at for event in events if event.event == "done"]
    return (len(at) - 1) / (max(at) - min(at))


@contextlib.contextmanager
def fresh() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--width", type=int, default=48, help="of a photo, in pixels")
    parser.add_argument("--slots", type=int, default=1, help="processors of each node, as it says")
    parser.add_argument("--seconds", type=float, default=0.0, help="simulated work of a picture")
    arguments = parser.parse_args()
    rates = []
    for nodes in (1, 2):
        print(f"{nodes} nodes of {arguments.slots}, {arguments.photos // 5} photos")
        with fresh() as folder:
            rates.append(rate(paint(folder, arguments.photos // 5, nodes, arguments)))
        print(f"  {rates[-1]:.2f} pictures a second")
    print(f"two nodes: {rates[1] / rates[0]:.2f} times one node's rate")
    print(f"2 nodes of {arguments.slots}, {arguments.photos} photos, one node killed")
    with fresh() as folder:
        start = time.monotonic()
        paint(folder, arguments.photos, 2, arguments, kill=True)
        print(f"  {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
