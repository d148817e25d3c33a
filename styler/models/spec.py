"""What the runtime knows of a model, ``model.json``: its sites, its stages, its files."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from styler.errors import WeightsError
from styler.files import write_bytes

__all__ = ["FORMAT", "SPEC", "ModelSpec", "SiteSpec", "StageSpec"]

FORMAT = 2
SPEC = "model.json"


@dataclass(frozen=True)
class SiteSpec:
    """A normalization site between two stages.

    Attributes:
        kind: ``"style"`` takes its target from the style; ``"instance"``, ``"group"`` and
            ``"sample_layer"`` from a weight and a bias among the model's tensors.
        channels: of the map.
        groups: channels are pooled into so many groups; ``channels`` pools none.
        eps: added to variances before their root.
        weight, bias: names of the tensors of a site that has its own target.
    """

    kind: Literal["style", "instance", "group", "sample_layer"]
    channels: int
    groups: int
    eps: float
    weight: str | None = None
    bias: str | None = None


@dataclass(frozen=True)
class StageSpec:
    """A plain piece of the network between two sites.

    Attributes:
        file: its graph.
        takes: so many of the maps that were last put aside enter it.
    """

    file: str
    takes: int


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
        sha256: of every other file, by name.
        provenance: how the weights came about.
        reach: pixels beyond a tile that its own depend on, for the style encoder and for each
            stage; ``None`` where that is not known.
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
    reach: tuple[int, ...] | None = None

    @property
    def fingerprint(self) -> str:
        """What a style's statistics must match: the first 16 digits of the weights' sha256."""
        return self.sha256[self.weights][:16]

    @property
    def style_sites(self) -> tuple[SiteSpec, ...]:
        """The sites whose target is the style's, in order."""
        return tuple(site for site in self.sites if site.kind == "style")

    def write(self, folder: Path) -> None:
        """Write ``model.json``, sealed with its own sha256."""
        plain = asdict(self)
        plain["sha256"][SPEC] = _seal(plain)
        write_bytes((json.dumps(plain, indent=1) + "\n").encode(), folder / SPEC, force=True)

    @classmethod
    def read(cls, folder: Path) -> "ModelSpec":
        """Read ``model.json``.

        Raises:
            WeightsError: it is missing, damaged, or of another format.
        """
        path = folder / SPEC
        try:
            plain = json.loads(path.read_bytes())
            if plain["format"] != FORMAT:
                raise WeightsError(
                    f"{path} has format {plain['format']}, this version reads {FORMAT}; "
                    "export the model anew"
                )
            if plain["sha256"].pop(SPEC, None) != _seal(plain):
                raise ValueError("its sha256 is not the one it states")
            plain["sites"] = tuple(SiteSpec(**site) for site in plain["sites"])
            plain["stages"] = tuple(StageSpec(**stage) for stage in plain["stages"])
            plain["reach"] = tuple(plain.get("reach") or ()) or None
            return cls(**plain)
        except OSError as error:
            raise WeightsError(f"cannot read {path}: {error.strerror}; export it anew") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise WeightsError(
                f"{path} is damaged ({error}); install styler, or export the model, again"
            ) from None


def _seal(plain: dict[str, Any]) -> str:
    """The sha256 of the values, whatever the layout of the file."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
