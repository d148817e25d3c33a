"""The parts of a painted clip, each written whole as it is done: a killed run goes on behind them.

They lie in a folder beside the output, whose name tells all that their pixels depend on. Beside the
last part is what its last frame leaves for the next, bit for bit; so what goes on is what would
have been.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from styler import files
from styler.imaging import Picture

from .clip import Facts, Timed
from .coding import Coding
from .library import libav

__all__ = ["Parts"]

SUFFIX = ".styler-parts"

Arrays = Mapping[str, Any]


class Parts:
    """The folder of an output's parts.

    Args:
        output: the file that they become.
        key: of all that they depend on.
    """

    def __init__(self, output: Path, key: str) -> None:
        self.output = output
        self.folder = output.parent / f".{output.name}.{key}{SUFFIX}"

    def open(self) -> None:
        """Make the folder, and tidy up what a kill left in it."""
        with files.storing(self.folder):
            self.folder.mkdir(exist_ok=True)
        files.sweep(self.folder)

    def known(self) -> dict[str, Any] | None:
        """What :meth:`keep` was given."""
        return _loaded(self.folder / "look.npz")

    def keep(self, known: Arrays) -> None:
        """Keep what is known of all frames."""
        _saved(self.folder / "look.npz", known)

    def done(self) -> list[Path]:
        """The parts that are written, from the first one on."""
        found: list[Path] = []
        while (path := self._part(len(found))).exists():
            found.append(path)
        return found

    def left(self) -> dict[str, Any]:
        """What the last part leaves for the next."""
        return _loaded(self._part(len(self.done()) - 1).with_suffix(".npz")) or {}

    def write(
        self,
        frames: Iterable[Timed],
        coding: Coding,
        facts: Facts,
        size: tuple[int, int],
        state: Any,
    ) -> None:
        """Write the next part.

        Args:
            frames: painted.
            coding, facts: of the output, and of the clip.
            size: (width, height) of the frames.
            state: asked at the end for what the next part needs.
        """
        number = len(self.done())
        path = self._part(number)
        with files.storing(path), files.replacing(path) as temporary:
            with libav().open(str(temporary), "w", format="nut") as container:
                stream = coding.stream(container, facts, *size)
                for frame in frames:
                    for packet in stream.encode(coding.frame(frame, facts)):
                        container.mux(packet)
                for packet in stream.encode(None):
                    container.mux(packet)
            _saved(path.with_suffix(".npz"), state())
        if number:
            with contextlib.suppress(FileNotFoundError):
                self._part(number - 1).with_suffix(".npz").unlink()

    def packets(self) -> Iterator[Any]:
        """What is encoded in all parts, one after the other."""
        for path in self.done():
            with libav().open(str(path), "r", format="nut") as container:
                for packet in container.demux(container.streams.video[0]):
                    if packet.pts is not None:
                        yield packet

    def pictures(self) -> Iterator[Picture]:
        """What is encoded in all parts, decoded: of a coding without loss."""
        for path in self.done():
            with libav().open(str(path), "r", format="nut") as container:
                for frame in container.decode(video=0):
                    rgba = frame.to_ndarray(format="rgba")
                    alpha = rgba[..., 3]
                    rgb = np.ascontiguousarray(rgba[..., :3])
                    yield Picture(rgb, None if alpha.min() == 255 else alpha.copy())

    def remove(self) -> None:
        """Remove them, and those of other settings for the same output."""
        for folder in self.output.parent.glob(f".{_literal(self.output.name)}.*{SUFFIX}"):
            shutil.rmtree(folder, ignore_errors=True)

    def _part(self, number: int) -> Path:
        return self.folder / f"{number:06}.nut"


def _saved(path: Path, arrays: Arrays) -> None:
    with files.storing(path), files.replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def _loaded(path: Path) -> dict[str, Any] | None:
    try:
        with np.load(path, allow_pickle=False) as found:
            return dict(found)
    except FileNotFoundError:
        return None


def _literal(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
