"""What a long job says: a bar on a terminal, plain lines in a log, JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from styler.cli.output.progress import bar
from styler.jobs import Estimate, Outcome

if TYPE_CHECKING:
    from rich.progress import Progress


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
        self.warnings: list[str] = []
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
        many = self.total is None or self.total > 1
        begun = kind is None or any(self.counts.values())
        if many and begun and not (self.quiet and not self.failures):
            self._summary()

    def add(self, outcome: Outcome) -> None:
        """Tell one outcome."""
        self.counts[outcome.status] += 1
        if outcome.status == "failed":
            self.failures.append(str(outcome.error))
        self.tell_programs(outcome)
        if outcome.warning:
            self.warn(outcome.warning)
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
            click.echo(json.dumps(outcome.plain()))

    def warn(self, warning: str) -> None:
        """Say it at once, or behind the bar where there is one."""
        if self.quiet:
            return
        if self.progress:
            self.warnings.append(warning)
        else:
            click.echo(f"warning: {warning}", err=True)

    def _summary(self) -> None:
        said = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
        click.echo(said or "nothing to do", err=True)
        for warning in self.warnings:
            click.echo(f"  warning: {warning}", err=True)
        for failure in self.failures:
            click.echo(f"  {failure}", err=True)


def tell_estimates(estimates: Iterable[Estimate], *, json_lines: bool) -> None:
    """Print every estimate as it comes and, for people, their sum."""
    known = []
    for estimate in estimates:
        known.append(estimate)
        click.echo(json.dumps(asdict(estimate)) if json_lines else estimate)
    if json_lines or len(known) < 2:
        return
    planned = [one for one in known if one.status == "planned"]
    seconds = sum(one.seconds or 0 for one in planned)
    memory = max((one.memory or 0 for one in planned), default=0)
    peak = f", at most {memory / 2**20:.0f} MiB" if memory else ""
    others = "".join(
        f"; {count} {words}"
        for status, words in (("skipped", "there already"), ("failed", "would fail"))
        if (count := sum(one.status == status for one in known))
    )
    click.echo(f"{len(planned)} to paint, about {seconds:.0f} s{peak}{others}")
