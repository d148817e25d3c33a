"""What the runtime knows of a model: its sites, its stages, its files. Written by export, read from JSON."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from styler.errors import WeightsError
from styler.stats import FeatureStats

__all__ = ["FORMAT", "Affine", "ModelSpec", "SiteSpec", "StageSpec"]

FORMAT = 1

Affine = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Scale and shift of each channel, ``(1, C, 1, 1)`` each."""


@dataclass(frozen=True)
class SiteSpec:
    """A normalization site between two stages.

    Attributes:
        kind: ``"style"`` takes its target from the style; ``"instance"``, ``"group"`` and ``"layer"``
            from a weight and a bias among the model's tensors.
        channels: of the map.
        groups: channels are pooled into so many groups; ``channels`` pools none.
        eps: added to variances before their root.
        weight, bias: names of the tensors of a site that has its own target.
    """

    kind: Literal["style", "instance", "group", "layer"]
    channels: int
    groups: int
    eps: float
    weight: str | None = None
    bias: str | None = None

    def affine(self, own: FeatureStats, mean: NDArray[Any], std: NDArray[Any]) -> Affine:
        """The scale and shift that take a map from its own statistics to a mean and a deviation.

        AdaIN, Huang & Belongie 2017, eq. 8: ``std * (x - own mean) / own std + mean``.

        Args:
            own: the map's statistics; pooled over the site's groups first.
            mean, std: ``(C,)``, of the style or learned.
        """
        own = own.pooled(self.groups)
        scale = std / np.sqrt(own.variance + self.eps)
        shift = mean - scale * own.mean
        return scale.astype(np.float32).reshape(1, -1, 1, 1), shift.astype(np.float32).reshape(
            1, -1, 1, 1
        )


@dataclass(frozen=True)
class StageSpec:
    """A plain piece of the network between two sites: its graph, and what it takes from and leaves on the stack."""

    file: str
    takes: int
    gives: int


@dataclass(frozen=True)
class ModelSpec:
    """A model folder.

    Attributes:
        name: what the model is called.
        architecture, norm: what it was built from.
        margin: pixels reflected around a picture before the first stage.
        multiple: sides entering the first stage are multiples of this.
        parameters: number of trained values.
        sites: one fewer than stages.
        stages: the content path.
        encoder: file of the graph from a picture to one map for each style site.
        weights: file of the tensors that all graphs share.
        tensors: names of the tensors that each graph takes from it, by the graph's file.
        sha256: of every file, by name.
        provenance: how the weights came about.
    """

    name: str
    architecture: str
    norm: str
    margin: int
    multiple: int
    parameters: int
    sites: tuple[SiteSpec, ...]
    stages: tuple[StageSpec, ...]
    encoder: str
    weights: str
    tensors: dict[str, list[str]] = field(repr=False)
    sha256: dict[str, str] = field(repr=False)
    provenance: dict[str, Any] = field(repr=False)
    format: int = FORMAT

    @property
    def fingerprint(self) -> str:
        """What a style's statistics must match: the first 16 digits of the weights' sha256."""
        return self.sha256[self.weights][:16]

    @property
    def style_sites(self) -> tuple[SiteSpec, ...]:
        return tuple(site for site in self.sites if site.kind == "style")

    def dumps(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def read(cls, path: Path) -> "ModelSpec":
        """Read a ``model.json``.

        Raises:
            WeightsError: it is missing, damaged, or of another format.
        """
        try:
            plain = json.loads(path.read_text("utf-8"))
            if plain["format"] != FORMAT:
                raise WeightsError(
                    f"{path} has format {plain['format']}, this version reads {FORMAT}; export it anew"
                )
            plain["sites"] = tuple(SiteSpec(**site) for site in plain["sites"])
            plain["stages"] = tuple(StageSpec(**stage) for stage in plain["stages"])
            return cls(**plain)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WeightsError(f"cannot read the model {path}: {error}") from None
