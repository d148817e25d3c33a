"""What a long job says: a bar on a terminal, plain lines in a log, JSON lines for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import click

from styler.cli.output.progress import bar
from styler.errors import one_line

if TYPE_CHECKING:
    from rich.progress import Progress


@dataclass(frozen=True)
class Outcome:
    """What became of one picture."""

    source: str
    output: str
    status: Literal["painted", "skipped", "failed"]
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    error: str | None = None

    def __str__(self) -> str:
        if self.status == "failed":
            return f"failed: {self.error}"
        if self.status == "skipped":
            return one_line(f"{self.source}: {self.output} is there already")
        what = one_line(f"{self.source} -> {self.output}")
        return f"{what}  {self.width}x{self.height}  {self.seconds:.2f} s"


class Report:
    """Tells outcomes as they come and keeps those the summary needs.

    Lines for people go to stderr; JSON lines, when asked for, to stdout. `total` is ``None``
    where the end is not known (watching a folder).
    """

    def __init__(self, total: int | None, *, json_lines: bool = False, quiet: bool = False) -> None:
        self.total = total
        self.json_lines = json_lines
        self.quiet = quiet
        self.counts = {"painted": 0, "skipped": 0, "failed": 0}
        self.failures: list[str] = []
        many = (total or 0) > 1
        self.progress: Progress | None = bar("pictures") if many and not quiet else None

    def __enter__(self) -> Self:
        if self.progress:
            self.progress.start()
            self.task = self.progress.add_task("painting", total=self.total, said="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if self.progress:
            self.progress.stop()
        if (self.total is None or self.total > 1) and not (self.quiet and not self.failures):
            self._summary()

    def add(self, outcome: Outcome) -> None:
        """Tell one outcome."""
        self.counts[outcome.status] += 1
        if outcome.status == "failed":
            self.failures.append(str(outcome.error))
        self.tell_programs(outcome)
        if self.progress:
            done = sum(self.counts.values())
            if outcome.status == "skipped":  # took no time: neither rate nor time left count it
                self.progress.reset(self.task, completed=done)
            else:
                self.progress.update(self.task, completed=done)
        elif not self.quiet and not (self.json_lines and outcome.status != "failed"):
            done = sum(self.counts.values())
            counter = f"[{done}/{self.total}] " if self.total and self.total > 1 else ""
            click.echo(f"{counter}{outcome}", err=True)

    def tell_programs(self, outcome: Outcome) -> None:
        """The JSON line of one outcome, where they are asked for."""
        if self.json_lines:
            click.echo(json.dumps(asdict(outcome)))

    def _summary(self) -> None:
        said = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
        click.echo(said or "nothing to do", err=True)
        for failure in self.failures:
            click.echo(f"  {failure}", err=True)
