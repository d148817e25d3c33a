"""``styler export``: trained weights to a folder that stylizes without torch."""

from __future__ import annotations

from pathlib import Path

import click

from styler.errors import InputError, OutputError, train_install


@click.command()
@click.argument("weights", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the model: model.json, weights.safetensors and the ONNX graphs.",
)
@click.option("--name", help="Name of the model.  [default: that of the folder]")
@click.option("--force", "-f", is_flag=True, help="Write into a folder that is not empty.")
def export(weights: Path, output: Path, name: str | None, force: bool) -> None:
    """Turn trained weights into a model for `styler stylize --model FOLDER`.

    WEIGHTS is the file that `styler train` printed, or the folder of its run; of a model's folder
    the graphs are made anew. Needs the training install: pip install "styler[train]".

    \b
    styler export runs/first -o models/first
    styler stylize photo.jpg --style painting.jpg --model models/first
    """
    file = weights / "weights.safetensors" if weights.is_dir() else weights
    if not file.is_file():
        raise InputError(_missing(file))
    if output.is_dir() and any(output.iterdir()) and not force:
        raise OutputError(f"{output}: is not empty; choose another -o, or --force")
    with train_install("exporting"):
        from styler.network.export import export as write
    click.echo(write(file, output, name=name))


def _missing(file: Path) -> str:
    """Why there are no weights, and what writes them."""
    run, checkpoint = file.parent, file.with_name("checkpoint.safetensors")
    again = f"`styler --config {run / 'config.toml'} train"
    if not (run / "config.toml").is_file():
        return f"{file}: no such file; `styler train` writes it"
    if not checkpoint.is_file():
        return f"{run}: stopped before its first checkpoint; {again}` starts it anew"
    with train_install("exporting"):
        from styler.train.checkpoint import progress
    done, steps = progress(checkpoint)
    return (
        f"{run}: stopped at step {done} of {steps}, and has no weights yet; {again}` goes on, "
        f"and with --minutes 0 it only writes those it has"
    )
