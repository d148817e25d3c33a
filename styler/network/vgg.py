"""VGG to relu4_1 (Simonyan & Zisserman 2015): the loss network, and the classic model's encoder."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styler.errors import WeightsError

from .reflect import reflect
from .weights import load_tensors

__all__ = ["Vgg", "load_vgg"]

CAFFE_MEAN = (122.67892, 116.66877, 104.00699)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Vgg(nn.Module):
    """The convolutions of a VGG to relu4_1, with reflect padding.

    Takes ``(N, 3, H, W)`` RGB in [0, 1] and returns the maps relu1_1, relu2_1, relu3_1 and relu4_1,
    at 1, 1/2, 1/4 and 1/8 of the resolution. The colour offset and scale of the training data are
    folded into the first convolution, which reflect padding makes exact.

    Args:
        blocks: convolutions in each block, e.g. ``(2, 2, 3, 1)`` for VGG-16 to relu4_1.
    """

    def __init__(self, blocks: tuple[int, ...] = (2, 2, 3, 1)) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        channels = 3
        for block, depth in enumerate(blocks):
            width = 64 << block
            layers = [nn.Conv2d(channels if i == 0 else width, width, 3) for i in range(depth)]
            self.blocks.append(nn.ModuleList(layers))
            channels = width

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = []
        for index, block in enumerate(self.blocks):
            if index:
                x = F.max_pool2d(x, 2)
            assert isinstance(block, nn.ModuleList)
            for depth, layer in enumerate(block):
                x = F.relu(layer(reflect(x)))
                if depth == 0:
                    maps.append(x)
        return maps

    def convolutions(self) -> list[nn.Conv2d]:
        return [layer for layer in self.modules() if isinstance(layer, nn.Conv2d)]

    @torch.no_grad()
    def normalize(self, pictures: Iterable[Tensor]) -> list[Tensor]:
        """Rescale every filter to a mean activation of 1 over ``pictures``.

        Dividing a filter by its mean activation and multiplying the next layer's input weights by
        it changes nothing else, since ReLU and max pooling commute with positive factors (Gatys et
        al. 2015, https://arxiv.org/abs/1508.06576). Published loss weights mean such a network.
        Filters that fire less than a tenth of their layer's mean end below 1.

        Returns:
            What the filters of each of the four maps were divided by, ``(C,)`` each.
        """
        batches = list(pictures)
        layers = self.convolutions()
        totals: dict[nn.Module, Tensor] = {}

        def record(layer: nn.Module, _: object, output: Tensor) -> None:
            mean = F.relu(output).double().mean((0, 2, 3))
            totals[layer] = totals.get(layer, torch.zeros_like(mean)) + mean

        hooks = [layer.register_forward_hook(record) for layer in layers]
        for batch in batches:
            self(batch)
        for hook in hooks:
            hook.remove()
        scales: dict[nn.Module, Tensor] = {}
        previous: Tensor | None = None
        for layer in layers:
            if previous is not None:
                layer.weight.mul_(previous[None, :, None, None])
            means = (totals[layer] / len(batches)).to(layer.weight.dtype)
            # A filter that hardly ever fires would be blown up into noise: it gets less.
            scale = means.clamp_min(0.1 * float(means.mean()))
            layer.weight.div_(scale[:, None, None, None])
            assert layer.bias is not None
            layer.bias.div_(scale)
            scales[layer] = previous = scale
        return [scales[block[0]] for block in self.blocks]  # type: ignore[index]


def load_vgg(path: Path | None = None, *, depth: int = 16) -> Vgg:
    """A pretrained VGG to relu4_1, frozen.

    Args:
        path: safetensors file with ``convB_I.weight`` and ``.bias`` for RGB x 255 minus Caffe's
            mean; ``None`` asks torchvision for its ImageNet weights, which downloads them once.
        depth: 16 or 19, the torchvision network to ask for.

    Raises:
        WeightsError: the file is missing or holds something else, or there is no download.
    """
    tensors, blocks, offset, factor = _published(depth) if path is None else _read(path)
    network = Vgg(blocks)
    try:
        for layer, (weight, bias) in zip(network.convolutions(), tensors, strict=True):
            layer.load_state_dict({"weight": weight, "bias": bias})
    except RuntimeError:
        raise WeightsError(
            f"{path} is not a VGG: its convolutions have other sizes; give VGG-16 or VGG-19 weights"
        ) from None
    with torch.no_grad():
        first = network.convolutions()[0]
        assert first.bias is not None
        first.weight.mul_(factor[None, :, None, None])
        first.bias.sub_((first.weight * offset[None, :, None, None]).sum((1, 2, 3)))
    return network.requires_grad_(False).eval()


Source = tuple[list[tuple[Tensor, Tensor]], tuple[int, ...], Tensor, Tensor]
"""Weight and bias of each convolution, the depth of each block, and the offset and factor that take
RGB in [0, 1] to what the weights were trained on."""


def _published(depth: int) -> Source:
    from torchvision.models import VGG16_Weights, VGG19_Weights, vgg16, vgg19

    try:
        if depth == 19:
            source, blocks = vgg19(weights=VGG19_Weights.IMAGENET1K_V1), (2, 2, 4, 1)
        else:
            source, blocks = vgg16(weights=VGG16_Weights.IMAGENET1K_V1), (2, 2, 3, 1)
    except OSError as error:
        raise WeightsError(
            f"torchvision's VGG-{depth} cannot be downloaded ({error}); give a file of VGG weights"
        ) from None
    layers = [layer for layer in source.features if isinstance(layer, nn.Conv2d)]
    states = [layer.state_dict() for layer in layers[: sum(blocks)]]
    tensors = [(state["weight"], state["bias"]) for state in states]
    return tensors, blocks, torch.tensor(IMAGENET_MEAN), 1 / torch.tensor(IMAGENET_STD)


def _read(path: Path) -> Source:
    tensors, _ = load_tensors(path)
    present = [re.fullmatch(r"conv([123])_\d\.weight", name) for name in tensors]
    depths = Counter(int(match[1]) for match in present if match)
    blocks = (*(max(depths[block], 1) for block in (1, 2, 3)), 1)
    names = [f"conv{b}_{i}" for b, depth in enumerate(blocks, 1) for i in range(1, depth + 1)]
    try:
        layers = [(tensors[f"{name}.weight"], tensors[f"{name}.bias"]) for name in names]
    except KeyError as error:
        raise WeightsError(
            f"{path} is not a VGG to relu4_1: it has no {error.args[0]}; give safetensors with "
            "conv1_1.weight to conv4_1.weight and their biases"
        ) from None
    return layers, blocks, torch.tensor(CAFFE_MEAN) / 255, torch.full((3,), 255.0)
