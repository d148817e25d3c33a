"""What a run leaves to read: a line of JSON now and then, and TensorBoard's curves if asked."""

import json
from pathlib import Path
from typing import Any, Self

from styler.errors import MissingDependencyError
from styler.files import write_bytes

__all__ = ["TrainingLog"]


class TrainingLog:
    """The log of a run, cut to the step it goes on from.

    Args:
        folder: is made, and gets ``log.jsonl`` and, if asked, ``tensorboard/``.
        step: lines of this step and later ones are dropped, and any that a kill cut short.
        tensorboard: write its event files, too.

    Raises:
        MissingDependencyError: TensorBoard is asked for and not installed.
    """

    def __init__(self, folder: Path, step: int, *, tensorboard: bool = False) -> None:
        self.path = folder / "log.jsonl"
        writer = _summary_writer() if tensorboard else None
        folder.mkdir(parents=True, exist_ok=True)
        self._writer: Any = writer and writer(str(folder / "tensorboard"), purge_step=step)
        self._truncate(step)

    def __enter__(self) -> Self:
        self._file = self.path.open("a")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._writer is not None:
            self._writer.close()

    def add(self, step: int, losses: dict[str, float]) -> None:
        """One line, on disk when this returns."""
        self._file.write(json.dumps({"step": step, **losses}) + "\n")
        self._file.flush()
        if self._writer is not None:
            for name, value in losses.items():
                self._writer.add_scalar(f"loss/{name}", value, step)

    def _truncate(self, step: int) -> None:
        if not self.path.exists():
            return
        kept = []
        for line in self.path.read_text("utf-8").splitlines():
            try:
                if json.loads(line)["step"] >= step:
                    break
            except (ValueError, KeyError, TypeError):
                break
            kept.append(line + "\n")
        write_bytes("".join(kept).encode(), self.path, force=True)


def _summary_writer() -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise MissingDependencyError(
            '--tensorboard needs tensorboard; pip install "styler[tensorboard]"'
        ) from None
    return SummaryWriter
