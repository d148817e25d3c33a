"""Find a model folder and its presets, and hand out its files only once their sha256 is right."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from styler.errors import WeightsError
from styler.models.spec import SPEC, ModelSpec

__all__ = ["Model", "find", "models", "shipped"]


def shipped() -> Path:
    """The folder of the models that come with this package."""
    return Path(str(files("styler_weights")))


def models() -> list[str]:
    """Names of the shipped models."""
    return sorted(path.parent.name for path in shipped().glob(f"*/{SPEC}"))


def find(model: str | Path) -> "Model":
    """A model by its name, or by the path of its folder.

    Raises:
        WeightsError: there is no such model, or its ``model.json`` cannot be read.
    """
    folder = Path(model)
    if isinstance(model, str) and model in models():
        folder = shipped() / model
    if not os.path.isfile(folder / SPEC):  # noqa: PTH113 - never raises, whatever the name
        names = ", ".join(models())
        raise WeightsError(
            f"no model {str(model)!r}; use one of {names}, or a folder that `styler export` wrote"
        )
    return Model(folder, ModelSpec.read(folder))


@dataclass(frozen=True)
class Model:
    """A model folder and what its ``model.json`` says."""

    folder: Path
    spec: ModelSpec

    @property
    def styles(self) -> Path:
        """The folder of the model's presets; a model need not have any."""
        return self.folder / "styles"

    def read(self, file: str) -> bytes:
        """The bytes of one of the model's files.

        Raises:
            WeightsError: it is missing, or not what ``model.json`` says.
        """
        path = self.folder / file
        try:
            content = path.read_bytes()
        except OSError as error:
            raise WeightsError(
                f"cannot read {path}: {error.strerror}; install styler, or export the model, again"
            ) from None
        if hashlib.sha256(content).hexdigest() != self.spec.sha256.get(file):
            raise WeightsError(
                f"{path} is damaged: its sha256 is not the one in {SPEC}; "
                "install styler, or export the model, again"
            )
        return content

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """All trained tensors, by their names in torch."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            stored = load(self.read(self.spec.weights))
        except SafetensorError as error:
            raise WeightsError(f"{self.folder / self.spec.weights} is damaged: {error}") from None
        return {name: tensor.astype(np.float32) for name, tensor in stored.items()}

    def graphs(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of each ONNX graph: the style encoder, then the stages in order."""
        for file in (self.spec.encoder, *(stage.file for stage in self.spec.stages)):
            yield file, self.read(file)
