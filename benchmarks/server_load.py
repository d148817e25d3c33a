"""What a server bears: loads and hostile requests against a process of its own.

    python benchmarks/server_load.py --seconds 600

It starts ``styler serve`` and prints, one after the other: seconds to be ready and to the first
picture; overhead of HTTP at one client and rate of 16 clients, against calls in this process; the
time of a 64x64 request while ten pages are open and after each kind of hostile request; memory and
outcomes under a mixture from 64x64 to 24 megapixels from four times as many clients as there are
places; what SIGTERM under that load does, and a start after SIGKILL under load. ``--only`` some of
these. With ``--json`` the same as one object.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import shlex
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

PRESET = "monet-impression"
SIDES = ((64, 64), (512, 512), (1600, 1200), (3000, 2000), (6000, 4000))
SHARES = (50, 30, 12, 5, 3)  # percent of the mixture
ROUNDS = 5  # of rates here and there, in turn: whatever else the machine does meets both
VISITOR = 5.0  # seconds between two changes that a visitor lets settle


def picture(width: int, height: int, format: str = "JPEG") -> bytes:
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([x * 255 // width, y * 255 // height, (x ^ y) & 255], 2).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, format)
    return out.getvalue()


def flat(width: int, height: int) -> bytes:
    """A PNG of one colour: many pixels in few bytes."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A PNG whose header lies."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b"")


class Server:
    """``styler serve`` as a process, which ``under`` may start in a place of its own."""

    under: tuple[str, ...] = ()

    def __init__(self, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        code = "from styler.cli import main; raise SystemExit(main())"
        arguments = ["serve", "--port", str(self.port), *options]
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*self.under, sys.executable, "-c", code, *arguments], stdout=subprocess.DEVNULL
        )
        self.address = f"http://127.0.0.1:{self.port}"
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.address}/readyz", trust_env=False).status_code == 200:
                    break
            if self.process.poll() is not None:
                raise SystemExit("the server did not start")
            time.sleep(0.02)
        self.ready = time.monotonic() - self.started

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=300, trust_env=False)

    def memory(self) -> float:
        """Megabytes that it has."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * 4096 / 1e6

    def cpu(self) -> float:
        """Seconds of processors that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self) -> float:
        """Megabytes that it had at most."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
        return int(peak) * 1024 / 1e6

    def stop(self) -> tuple[int, float]:
        """Its exit status, and how long it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120), time.monotonic() - began


def paint(client: httpx.Client, photo: bytes, **fields: Any) -> httpx.Response:
    files = {"content": ("a", photo)}
    return client.post("/v1/stylize", files=files, data={"preset": PRESET, **fields})


def timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def speed(server: Server, threads: int, repeats: int) -> dict[str, float]:
    """Overhead at one client in ms, by the clock and of processors, each call beside one here; and
    the rate of 16 clients, also as a share of that of calls here just before."""
    import styler
    from styler import imaging

    photo, stylizer = picture(512, 512, "PNG"), styler.Stylizer(threads=threads)
    style = styler.preset(PRESET)

    def here() -> None:
        painted = stylizer.stylize(imaging.read(photo), style)
        imaging.encode(painted, "png")

    with server.client() as client:
        for call in (here, lambda: paint(client, photo)):
            call()
        own = theirs = 0.0
        pairs = []
        for _ in range(repeats):
            at = time.process_time()
            once = timed(here)
            own += time.process_time() - at
            at = server.cpu()
            pairs.append((once, timed(lambda: paint(client, photo))))
            theirs += server.cpu() - at
    inside = statistics.median(once for once, _ in pairs)
    done = Counter[int]()

    def alone() -> None:
        while time.monotonic() < until:
            here()
            done[200] += 1

    def many() -> None:
        with server.client() as client:
            while time.monotonic() < until:
                answer = paint(client, photo)
                done[answer.status_code] += 1
                if answer.status_code != 200:
                    time.sleep(min(1, float(answer.headers.get("Retry-After", 1))))

    rates = []
    for _ in range(ROUNDS):
        for clients, work in ((1, alone), (16, many)):
            done.clear()
            began = time.monotonic()
            until = began + max(5.0, repeats * inside / ROUNDS)
            together(work, clients)
            rates.append(done[200] / (time.monotonic() - began))
    here_and_there = [*zip(rates[::2], rates[1::2], strict=True)]
    return {
        "in_process_ms": inside * 1000,
        "overhead_ms": statistics.median(over - once for once, over in pairs) * 1000,
        "overhead_cpu_ms": (theirs - own) / repeats * 1000,
        "rate_of_16": statistics.median(there for _, there in here_and_there),
        "rate_share": statistics.median(there / own for own, there in here_and_there),
    }


def pages(server: Server, repeats: int) -> dict[str, float]:
    """Milliseconds of a 64x64 request, alone and while visitors of ten pages move a dial now and
    then, each of which is a preview."""
    small, preview, over = picture(64, 64, "PNG"), picture(576, 384), threading.Event()

    def visitor() -> None:
        with server.client() as client:
            dice = random.Random(threading.get_ident())
            while not over.wait(2 * VISITOR * dice.random()):
                paint(client, preview, format="webp", strength=round(dice.random(), 2))

    def asked(client: httpx.Client) -> list[float]:
        times = []
        for _ in range(repeats):
            times.append(timed(lambda: paint(client, small)))
            time.sleep(0.1)
        return sorted(times)

    with server.client() as client:
        alone = asked(client)
        thread = threading.Thread(target=together, args=(visitor, 10))
        thread.start()
        beside = asked(client)
        over.set()
        thread.join()
    found = {"alone_ms": statistics.median(alone), "beside_ms": statistics.median(beside)}
    found |= {
        "alone_p90_ms": alone[len(alone) * 9 // 10],
        "beside_p90_ms": beside[len(beside) * 9 // 10],
    }
    found = {name: 1000 * value for name, value in found.items()}
    return found | {"ratio": found["beside_ms"] / found["alone_ms"]}


def killed(options: list[str]) -> dict[str, Any]:
    """A server that is killed with pictures inside, and the next one's start and first answer."""
    first, large = Server(*options), form(picture(6000, 4000))
    senders = [
        threading.Thread(target=raw, args=(first, head(len(large)) + large, 1.0)) for _ in range(3)
    ]
    for sender in senders:
        sender.start()
    time.sleep(0.7)
    first.process.kill()
    first.process.wait()
    for sender in senders:
        sender.join()
    second = Server(*options)
    with second.client() as client:
        seconds = timed(lambda: paint(client, picture(64, 64, "PNG")).raise_for_status())
    return {"ready_s": second.ready, "first_picture_s": seconds, "exit": second.stop()[0]}


def together(work: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def raw(server: Server, data: bytes, wait: float = 0.0) -> None:
    """Send some bytes, wait, and hang up."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port)) as one:
        one.sendall(data)
        time.sleep(wait)


def head(length: int) -> bytes:
    return (
        b"POST /v1/stylize HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: %d\r\n\r\n" % length
    )


def form(photo: bytes) -> bytes:
    return (
        b'--x\r\nContent-Disposition: form-data; name="preset"\r\n\r\n%s\r\n'
        b'--x\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'
        % PRESET.encode()
        + photo
        + b"\r\n--x--\r\n"
    )


def hostile(server: Server, kinds: list[str], rounds: int) -> dict[str, dict[str, Any]]:
    """Of each kind: its answer, and the time of a 64x64 request right after, against normal; the
    median of some rounds, for a single request may meet whatever else the machine does."""
    small, large = picture(64, 64, "PNG"), picture(6000, 4000)
    seven, body = flat(7050, 7050), form(large)

    def sent(**parts: Any) -> int:
        with server.client() as client:
            return client.post("/v1/stylize", **parts).status_code

    def trickles() -> str:
        ones = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
        for one in ones:
            one.sendall(head(100_000) + b"-")
        trickling.extend(ones)
        time.sleep(0.5)
        return f"{len(ones)} connections"

    trickling: list[socket.socket] = []
    style = [("style", ("s", seven))] * 7
    attacks: dict[str, Callable[[], Any]] = {
        "slow bodies": trickles,
        "lying length": lambda: raw(server, head(10**12) + b"--x"),
        "10,000 parts": lambda: sent(files=[("content", ("a", b"x"))] * 10_000),
        "bomb": lambda: sent(
            files={"content": ("a", claiming(60_000, 60_000))}, data={"preset": PRESET}
        ),
        "header flood": lambda: raw(server, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100_000),
        "gone mid-upload": lambda: raw(server, head(len(body)) + body[:100_000]),
        "gone mid-paint": lambda: raw(server, head(len(body)) + body, 2.0),
        "seven large styles": lambda: sent(files=[("content", ("a", small)), *style]),
        "one large style": lambda: sent(files=[("content", ("a", small)), style[0]]),
        "large mask": lambda: sent(
            files=[("content", ("a", small)), ("mask", ("m", seven))], data={"preset": PRESET}
        ),
    }
    found: dict[str, dict[str, Any]] = {}
    with server.client() as client:

        def once() -> float:
            return timed(lambda: statuses.update([paint(client, small).status_code]))

        statuses = Counter[int]()
        for kind, attack in attacks.items():
            if kinds and kind not in kinds:
                continue
            statuses.clear()
            seen = []
            for _ in range(rounds):
                normal = statistics.median(once() for _ in range(9))
                began = time.perf_counter()
                told = attack()
                took, after = time.perf_counter() - began, once()
                while client.get("/readyz").json()["requests"]:
                    time.sleep(0.05)
                free = time.perf_counter() - began
                seen.append((took, 1000 * normal, 1000 * after, after / normal, free))
            names = ("seconds", "normal_ms", "after_ms", "ratio", "free_after_s")
            medians = (statistics.median(values) for values in zip(*seen, strict=True))
            found[kind] = {"answer": told, "small": dict(statuses)}
            found[kind] |= dict(zip(names, medians, strict=True))
    for one in trickling:
        one.close()
    return found


class Mixture:
    """Clients that send pictures of all sizes, each as soon as it has its answer."""

    def __init__(self, server: Server, clients: int, seed: int) -> None:
        self.server, self.clients, self.seed = server, clients, seed
        self.photos = [picture(*size) for size in SIDES]
        self.sent, self.outcomes = Counter[str](), Counter[str]()
        self.polls = 0
        self.over, self.going = threading.Event(), threading.Event()
        self.going.set()
        self.lock = threading.Lock()

    def run(self) -> None:
        numbers = iter(range(self.clients))
        together(lambda: self._one(random.Random(self.seed + next(numbers))), self.clients)

    def _one(self, dice: random.Random) -> None:
        with self.server.client() as client:
            while not self.over.is_set():
                self.going.wait()
                (photo,) = dice.choices(self.photos, SHARES)
                with self.lock:
                    self.sent["requests"] += 1
                outcome, pause = "no connection", 0.0
                try:
                    answer = paint(client, photo, format="jpeg")
                    outcome = str(answer.status_code)
                    pause = min(2.0, float(answer.headers.get("Retry-After", 0)))
                except httpx.ConnectError:
                    pause = 0.2
                except httpx.HTTPError as error:
                    outcome = type(error).__name__
                with self.lock:
                    self.outcomes[outcome] += 1
                self.over.wait(pause * dice.random())

    def at_rest(self) -> float:
        """Pause, and the megabytes of the server when nothing is inside any more."""
        self.going.clear()
        with self.server.client() as client:
            inside = 1
            while inside:
                time.sleep(0.2)
                inside = client.get("/readyz").json()["requests"]
                self.polls += 1
        time.sleep(
            4
        )  # longer than a client waits before it asks again, and than it takes to be quiet
        return self.server.memory()


def answered(server: Server) -> float:
    """Requests that its metrics have counted."""
    with server.client() as client:
        lines = client.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("styler_requests_t"))


def mixture(server: Server, seconds: float, clients: int) -> dict[str, Any]:
    """Memory by thirds, under load and at rest after each; outcomes, by the clients and by the
    server; and what SIGTERM does at the end."""
    load, counted = Mixture(server, clients, 0), answered(server)
    thread = threading.Thread(target=load.run)
    thread.start()
    thirds, rest = [], []
    for _ in range(3):
        load.going.set()
        third, until = [], time.monotonic() + seconds / 3
        while time.monotonic() < until:
            third.append(server.memory())
            time.sleep(0.2)
        thirds.append(statistics.median(third))
        rest.append(load.at_rest())
    told = load.sent["requests"], sum(load.outcomes.values())
    counted = answered(server) - counted - 1 - load.polls
    load.going.set()
    time.sleep(5)
    peak, before = server.peak(), dict(load.outcomes)
    threading.Timer(0.5, load.over.set).start()
    status, took = server.stop()
    thread.join()
    last = Counter(load.outcomes)
    last.subtract(before)
    return {
        "outcomes": before,
        "sent_told_counted": (*told, counted),
        "memory_by_third_mb": thirds,
        "memory_at_rest_mb": rest,
        "peak_mb": peak,
        "sigterm": {"exit": status, "seconds": took, "outcomes": dict(+last)},
    }


PARTS = ("speed", "pages", "hostile", "mixture", "killed")


def main() -> None:
    parser = argparse.ArgumentParser(description="What a server bears.")
    parser.add_argument("--seconds", type=float, default=600, help="of the mixture")
    parser.add_argument("--clients", type=int, default=36, help="of it; four times the places")
    parser.add_argument("--threads", type=int, default=1, help="of one painting")
    parser.add_argument("--repeats", type=int, default=30, help="of each timing")
    parser.add_argument("--max-memory", help="as of styler serve")
    parser.add_argument(
        "--under", default="", help="command that the server is started by, as in a control group"
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="these parts alone")
    parser.add_argument("--hostile", action="append", default=[], help="these kinds alone")
    parser.add_argument("--rounds", type=int, default=5, help="of each hostile kind")
    parser.add_argument("--json", action="store_true", help="one object, at the end")
    options = parser.parse_args()
    Server.under = tuple(shlex.split(options.under))
    settings = ["--threads", str(options.threads)]
    settings += ["--max-memory", options.max_memory] if options.max_memory else []
    server = Server(*settings)
    found: dict[str, Any] = {"ready_s": server.ready}
    small = picture(64, 64, "PNG")
    with server.client() as client:
        found["first_picture_s"] = timed(lambda: paint(client, small))
    parts: dict[str, Callable[[], Any]] = {
        "speed": lambda: speed(server, options.threads, options.repeats),
        "pages": lambda: pages(server, options.repeats),
        "hostile": lambda: hostile(server, options.hostile, options.rounds),
        "mixture": lambda: mixture(server, options.seconds, options.clients),
        "killed": lambda: killed(settings),
    }
    for name in options.only or PARTS:
        found[name] = parts[name]()
        if not options.json:
            print(name, json.dumps(found[name], indent=1), flush=True)
    if server.process.poll() is None:  # the mixture has ended it
        server.stop()
    if options.json:
        print(json.dumps(found))
    else:
        print({name: round(value, 2) for name, value in found.items() if name.endswith("_s")})


if __name__ == "__main__":
    main()
