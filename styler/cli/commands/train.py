"""``styler train``: a folder of photos and one of paintings to weights.

The options are the fields of `TrainConfig`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import click

from styler.cli.output.progress import bar
from styler.cli.settings.fields import FieldsCommand, dataclass_options
from styler.errors import train_install

if TYPE_CHECKING:
    from rich.progress import Progress

    from styler.train import TrainConfig

LOGGER = logging.getLogger("styler.train")


def _options() -> list[click.Option]:
    from styler.train import TrainConfig

    return dataclass_options(TrainConfig)


@click.command(cls=FieldsCommand, fields=_options)
@click.option(
    "--check", is_flag=True, help="Count and verify the pictures, estimate time and memory, stop."
)
def train(check: bool, **settings: Any) -> None:
    """Train the network on photos and paintings of your own.

    Prints where the weights are. A run that was stopped goes on when the same command is given
    again. Needs the training install: pip install "styler[train]".

    \b
    styler train --content photos/ --style paintings/ --out runs/first --check
    styler train --content photos/ --style paintings/ --out runs/first
    styler train --content photos/ --style paintings/ --out runs/quick --steps 200 --minutes 5
    styler export runs/first -o models/first
    """
    with train_install("training"):
        from styler.train import TrainConfig
        from styler.train import train as run
    config = TrainConfig(**settings)
    if check:
        _check(config)
        return
    with Told(config.steps, config.log_every) as told:
        weights = run(config, told.step)
    if told.done and told.done < config.steps:
        click.echo(
            f"stopped at step {told.done} of {config.steps}: the same command goes on, and "
            f"`styler export {config.out} -o FOLDER` takes the weights as they are",
            err=True,
        )
    click.echo(weights)


def _check(config: TrainConfig) -> None:
    from styler.train.preflight import preflight

    found = preflight(config)
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo("\n".join(found.lines))


class Told(logging.Handler):
    """The course of training: a bar on a terminal, a line now and then in a log; on stderr.

    Attributes:
        done: steps, as last told.
    """

    def __init__(self, steps: int, every: int) -> None:
        super().__init__(logging.INFO)
        self.steps = steps
        self.every = every
        self.done = 0
        self.progress: Progress | None = bar("steps")

    def __enter__(self) -> Told:
        LOGGER.addHandler(self)
        LOGGER.setLevel(logging.INFO)
        if self.progress:
            self.progress.start()
            self.task = self.progress.add_task("training", total=self.steps, said="")
        return self

    def __exit__(self, *_: object) -> None:
        LOGGER.removeHandler(self)
        LOGGER.setLevel(logging.NOTSET)
        if self.progress:
            self.progress.stop()

    def emit(self, record: logging.LogRecord) -> None:
        """What the run itself says: pictures left out, where it goes on."""
        click.echo(record.getMessage(), err=True)

    def step(self, done: int, losses: dict[str, float]) -> None:
        said = "  ".join(f"{name} {value:.4g}" for name, value in losses.items())
        first, self.done = not self.done, done
        if self.progress and first:  # what was done before took no time now
            self.progress.reset(self.task, completed=done)
        elif self.progress:
            self.progress.update(self.task, completed=done, said=said)
        elif (done - 1) % self.every == 0 or done == self.steps:  # when losses are fetched
            click.echo(f"step {done}/{self.steps}  {said}", err=True)
