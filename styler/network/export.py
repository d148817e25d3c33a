"""From trained weights to a model folder: one safetensors file, and ONNX graphs that refer to it.

The graphs hold structure only. Their tensors stay in the safetensors file, under their names in
torch, and enter the runtime as external initializers: weights exist once, and are verified once.
"""

import hashlib
import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save
from torch import Tensor, nn

from styler.errors import WeightsError, train_install
from styler.files import write_bytes
from styler.inference.engine import create
from styler.inference.forward import forward
from styler.inference.reach import reaches
from styler.models import SPEC, Model, ModelSpec, SiteSpec, StageSpec
from styler.network import Network, build
from styler.network.stages import Site, Stage, StyleEncoder
from styler.network.weights import load_network, load_tensors

__all__ = ["export"]

WEIGHTS, ENCODER = "weights.safetensors", "encoder.onnx"
OPSET = 18
"""From 19 on, onnxruntime takes means of maps ten times as slowly, unless their channels are a
multiple of 16."""

DYNAMIC = torch.export.Dim.DYNAMIC
PICTURE = {2: DYNAMIC, 3: DYNAMIC}


def export(weights: Path, out: Path, *, name: str | None = None) -> Path:
    """Write the model folder of trained weights.

    Args:
        weights: what training wrote, ``weights.safetensors``, or that of a model folder, whose
            graphs are then made anew.
        out: the folder to write; files of an earlier export are replaced.
        name: what the model is called; the folder's name by default.

    Returns:
        ``out``, which holds ``model.json``, ``weights.safetensors`` (half precision) and one
        ``.onnx`` graph for each stage and for the style encoder.

    Raises:
        WeightsError: the weights cannot be read or do not say what they belong to.
        MissingDependencyError: the ``onnx`` packages of the ``[train]`` install are missing.
    """
    architecture, norm, provenance = _origin(weights)
    network = build(architecture, norm=norm)
    load_network(network, weights)
    network.eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter.copy_(parameter.half().float())
    out.mkdir(parents=True, exist_ok=True)
    tensors = {key: value.numpy().astype(np.float16) for key, value in network.state_dict().items()}
    write_bytes(save(tensors), out / WEIGHTS, force=True)
    encoder = _graph(network.style_encoder, (torch.rand(1, 3, 64, 80),), (PICTURE,))
    used = {ENCODER: _write_graph(encoder, "style_encoder.", out / ENCODER)}
    stages = []
    for index, (stage, arguments, shapes) in enumerate(_stages(network)):
        file = f"stage{index}.onnx"
        used[file] = _write_graph(_graph(stage, arguments, shapes), f"stages.{index}.", out / file)
        stages.append(StageSpec(file, stage.takes))
    spec = ModelSpec(
        name=name or out.resolve().name,
        architecture=architecture,
        norm=norm,
        margin=network.margin,
        multiple=network.multiple,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        sites=tuple(_site(site, f"sites.{index}.") for index, site in enumerate(network.sites)),
        stages=tuple(stages),
        encoder=ENCODER,
        weights=WEIGHTS,
        tensors=used,
        sha256={
            file: hashlib.sha256((out / file).read_bytes()).hexdigest() for file in (WEIGHTS, *used)
        },
        provenance=provenance,
    )
    reach = reaches(create(Model(out, spec), threads=1), spec)
    replace(spec, reach=reach).write(out)
    return out


def _origin(weights: Path) -> tuple[str, str, dict[str, Any]]:
    """Architecture, norm and provenance of weights: of a training run, or of a model folder."""
    _, metadata = load_tensors(weights)
    if "architecture" in metadata:
        recipe = _portable(json.loads(metadata["recipe"]))
        provenance = {"steps": int(metadata["steps"]), "recipe": recipe}
        return metadata["architecture"], metadata["norm"], provenance
    if not weights.with_name(SPEC).is_file():
        raise WeightsError(
            f"{weights} does not say its architecture; "
            "give the weights.safetensors of a training run"
        )
    spec = ModelSpec.read(weights.parent)
    return spec.architecture, spec.norm, spec.provenance


def _portable(recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe without the folders of the machine it ran on."""
    paths = {"content", "style", "out", "start_from", "loss_network", "teacher"}
    return {
        key: Path(value).name if key in paths and value else value for key, value in recipe.items()
    }


def _site(site: nn.Module, prefix: str) -> SiteSpec:
    assert isinstance(site, Site)
    own = site.kind != "style"
    return SiteSpec(
        site.kind, site.channels, site.groups, site.eps,
        prefix + "weight" if own else None, prefix + "bias" if own else None,
    )  # fmt: skip


def _stages(network: Network) -> list[tuple[Stage, tuple[Any, ...], tuple[Any, ...]]]:
    """Each stage with arguments to trace it by, and which of their sides vary."""
    steps: list[tuple[Stage, tuple[Any, ...], tuple[Any, ...]]] = []

    def run(index: int, x: Tensor, affine: Any, aside: Sequence[Tensor]) -> Sequence[Tensor]:
        stage = network.stages[index]
        assert isinstance(stage, Stage)
        shapes: tuple[Any, ...] = (PICTURE, PICTURE, PICTURE) if affine else (PICTURE,)
        if aside:
            shapes += (tuple(PICTURE for _ in aside),)
        steps.append((stage, (x, *(affine or ()), *aside), shapes))
        maps: Sequence[Tensor] = stage(x, *(affine or (None, None)), *aside)
        return maps

    def whole(_: int, x: Tensor) -> tuple[Tensor, Tensor]:
        # Traced at the map's size, the graph takes one value a channel as well as one a pixel.
        return torch.ones_like(x), torch.zeros_like(x)

    forward(run, network.takes, torch.rand(1, 3, 64, 80), whole)
    return steps


class _Stage(nn.Module):
    """A stage with the arguments a graph has: the first has no scale and shift."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.operations = stage.operations
        self._stage = [stage]

    def forward(
        self, x: Tensor, scale: Tensor, shift: Tensor, *aside: Tensor
    ) -> tuple[Tensor, ...]:
        output: tuple[Tensor, ...] = self._stage[0](x * scale + shift, None, None, *aside)
        return output


class _First(_Stage):
    def forward(self, x: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        output: tuple[Tensor, ...] = self._stage[0](x, None, None)
        return output


def _graph(module: Stage | StyleEncoder, arguments: tuple[Any, ...], shapes: Sequence[Any]) -> Any:
    """Trace a module to an ONNX model with free height and width."""
    with train_install("export"):
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    traced: nn.Module = module
    if isinstance(module, Stage):
        traced = (_Stage(module) if len(arguments) > 1 else _First(module)).eval()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Unoptimized: an optimizer would fold tensors into others, which no file holds.
        program = torch.onnx.export(
            traced,
            arguments,
            dynamo=True,
            dynamic_shapes=tuple(shapes),
            opset_version=OPSET,
            optimize=False,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


def _write_graph(model: Any, prefix: str, path: Path) -> list[str]:
    """Write the graph without its tensors; returns their names in the safetensors file."""
    import onnx

    renamed = {}
    for tensor in model.graph.initializer:
        if tensor.name.startswith("operations."):
            renamed[tensor.name] = prefix + tensor.name
            tensor.name = prefix + tensor.name
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value=WEIGHTS)
    for node in model.graph.node:
        node.input[:] = [renamed.get(key, key) for key in node.input]
        del node.metadata_props[:]
        node.ClearField("doc_string")
    del model.graph.value_info[:]
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output):
        del value.metadata_props[:]
        for dimension in value.type.tensor_type.shape.dim:
            dimension.ClearField("dim_param")
    model.producer_name, model.producer_version = "styler", ""
    write_bytes(model.SerializeToString(deterministic=True), path, force=True)
    return list(renamed.values())
