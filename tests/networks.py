"""Small random networks and pictures for tests that must not depend on the shipped weights."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from styler import Stylizer
from styler.models import ModelSpec
from styler.network import Network, build
from styler.network.export import _site, export
from styler.network.weights import save_tensors

VGG_WIDTHS = (64, 128, 256, 512)


def random_network(architecture: str = "compact", norm: str = "none", seed: int = 0) -> Network:
    """A network with every tensor random, normalizers included, so that each of them matters."""
    torch.manual_seed(seed)
    network = build(architecture, norm=norm).requires_grad_(False)
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        if "running_var" in name:
            tensor.uniform_(0.5, 2)
        elif "running_mean" in name:
            tensor.normal_(std=0.3)
        elif tensor.dim() == 1 and name.endswith("weight"):
            tensor.uniform_(0.5, 1.5)
        elif tensor.dim() == 1:
            tensor.normal_(std=0.1)
    return network.eval()


def write_weights(network: Network, path: Path, architecture: str, norm: str) -> Path:
    """The file that training would have left."""
    recipe = '{"content": "/somewhere/photos", "steps": 7, "encoder": null}'
    metadata = {"architecture": architecture, "norm": norm, "steps": "7", "recipe": recipe}
    save_tensors(network.state_dict(), path, metadata)
    return path


def write_model(folder: Path, architecture: str = "compact", norm: str = "none") -> Path:
    """A model folder of a random network."""
    folder.mkdir(parents=True, exist_ok=True)
    network = random_network(architecture, norm)
    weights = write_weights(network, folder / "trained.safetensors", architecture, norm)
    return export(weights, folder / "model")


def vary_model(model: Path, folder: Path) -> None:
    """Another model than ``model``, with weights of its own and one preset, ``blobs``."""
    shutil.copytree(model, folder, ignore=shutil.ignore_patterns("styles"))
    spec = ModelSpec.read(model)
    weights = folder / spec.weights
    varied = {name: tensor * 0.98 for name, tensor in load_file(weights).items()}
    save_file(varied, weights)
    sha256 = spec.sha256 | {spec.weights: hashlib.sha256(weights.read_bytes()).hexdigest()}
    replace(spec, name=folder.name, sha256=sha256).write(folder)
    (folder / "styles").mkdir()
    style = Stylizer(folder, threads=1).style(picture(60, 70, seed=9), name="blobs")
    style.save(folder / "styles" / "blobs.style")


def relabel(model: Path, norm: str) -> None:
    """Turn the folder of an ``"instance"`` model into that of another variant made of sites.

    Graphs and tensors of these variants are the same; only what happens at the sites differs.
    """
    spec = ModelSpec.read(model)
    network = build(spec.architecture, norm=norm)
    sites = tuple(_site(site, f"sites.{i}.") for i, site in enumerate(network.sites))
    replace(spec, norm=norm, sites=sites).write(model)


def write_vgg(path: Path, depths: tuple[int, ...] = (1, 1, 1, 1), seed: int = 0) -> Path:
    """A random VGG to relu4_1 as a file, for pictures in 0..255."""
    generator = torch.Generator().manual_seed(seed)
    tensors: dict[str, torch.Tensor] = {}
    channels = 3
    for block, (depth, width) in enumerate(zip(depths, VGG_WIDTHS, strict=True), start=1):
        for layer in range(1, depth + 1):
            weight = torch.randn(width, channels, 3, 3, generator=generator)
            scale = (2 / (channels * 9)) ** 0.5 / (60 if channels == 3 else 1)
            tensors[f"conv{block}_{layer}.weight"] = weight * scale
            tensors[f"conv{block}_{layer}.bias"] = 0.1 * torch.randn(width, generator=generator)
            channels = width
    save_file(tensors, path)
    return path


def picture(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Smooth waves under some noise: neither flat nor white."""
    rng = np.random.default_rng((seed, height, width))
    rows, columns = np.mgrid[:height, :width] / 9.0
    waves: Any = [np.sin(rows * f + columns * g + p) for f, g, p in rng.uniform(-2, 2, (3, 3))]
    noise = rng.normal(0, 0.2, (height, width, 3))
    return np.clip((np.stack(waves, 2) + noise + 1) * 127.5, 0, 255).astype(np.uint8)
