"""Tensors on disk: safetensors, nothing pickled, with metadata of how they came about."""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from styler.errors import WeightsError
from styler.files import replacing

__all__ = ["load_network", "load_tensors", "save_tensors", "take_over"]


def save_tensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Write safetensors so that, whenever killed, ``path`` is the old file or the whole new one."""
    plain = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }
    with replacing(path) as temporary:
        save_file(plain, temporary, metadata)


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a safetensors file.

    Raises:
        WeightsError: it is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()  # a list: the file itself cannot be iterated
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"cannot read {path}: {reason}; give a safetensors file") from None


def load_network(network: nn.Module, path: Path) -> dict[str, str]:
    """Fill a network with the weights of a file; returns the file's metadata.

    Raises:
        WeightsError: the file cannot be read, or belongs to another architecture.
    """
    tensors, metadata = load_tensors(path)
    try:
        network.load_state_dict(tensors)
    except RuntimeError:
        raise _foreign(path) from None
    return metadata


def take_over(network: nn.Module, path: Path) -> bool:
    """Fill a network with the weights of a file, which may belong to a variant with another norm.

    Variants name their tensors differently, for they are cut into stages at other places, but have
    the same convolutions in the same order. These are taken over then, and norms stay as they are.

    Returns:
        Whether the norms were taken over, too.

    Raises:
        WeightsError: the file cannot be read, or belongs to another architecture.
    """
    tensors, _ = load_tensors(path)
    own = network.state_dict()
    shapes, own_shapes = ({n: t.shape for n, t in state.items()} for state in (tensors, own))
    if shapes == own_shapes:
        network.load_state_dict(tensors)
        return True
    theirs, ours = _convolutions(tensors), _convolutions(own)
    if [shapes[name] for name in theirs] != [own_shapes[name] for name in ours]:
        raise _foreign(path)
    network.load_state_dict(own | dict(zip(ours, (tensors[name] for name in theirs), strict=True)))
    return False


def _convolutions(tensors: dict[str, Tensor]) -> list[str]:
    """Names of the weights and biases of convolutions, in the order of the layers."""
    kernels = (name for name, tensor in tensors.items() if tensor.dim() == 4)
    layers = [name.removesuffix(".weight") for name in kernels if name.endswith(".weight")]
    layers.sort(key=lambda layer: [part.zfill(9) for part in layer.split(".")])
    names = (f"{layer}.{part}" for layer in layers for part in ("weight", "bias"))
    return [name for name in names if name in tensors]


def _foreign(path: Path) -> WeightsError:
    return WeightsError(f"{path} holds weights of another architecture than the one asked for")
