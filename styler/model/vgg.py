"""VGG (Simonyan & Zisserman 2015) up to relu4_1: the loss network, and the encoder of the classic model."""

import re
from collections.abc import Iterable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styler.errors import WeightsError

__all__ = ["Vgg", "load_vgg"]

CAFFE_MEAN = (122.67892, 116.66877, 104.00699)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Vgg(nn.Module):
    """The convolutions of a VGG to relu4_1, with reflect padding.

    Takes ``(N, 3, H, W)`` RGB in [0, 1] and returns the maps relu1_1, relu2_1, relu3_1 and relu4_1, at
    1, 1/2, 1/4 and 1/8 of the resolution. The colour offset and scale of the training data are folded
    into the first convolution, which reflect padding makes exact.

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
            for depth, layer in enumerate(block):  # type: ignore[arg-type]
                x = F.relu(layer(F.pad(x, (1, 1, 1, 1), mode="reflect")))
                if depth == 0:
                    maps.append(x)
        return maps

    def convolutions(self) -> list[nn.Conv2d]:
        return [layer for layer in self.modules() if isinstance(layer, nn.Conv2d)]

    @torch.no_grad()
    def normalize(self, pictures: Iterable[Tensor]) -> None:
        """Rescale every filter to a mean activation of 1 over ``pictures``, keeping the function otherwise.

        Filters that fire less than a tenth of their layer's mean end below 1.

        Dividing a filter by its mean activation and multiplying the next layer's input weights by it
        changes nothing else, since ReLU and max pooling commute with positive factors (Gatys et al.
        2015). Published loss weights mean such a network; see https://arxiv.org/abs/1508.06576.
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
        previous: Tensor | None = None
        for layer in layers:
            if previous is not None:
                layer.weight.mul_(previous[None, :, None, None])
            means = (totals[layer] / len(batches)).to(layer.weight.dtype)
            # A filter that hardly ever fires would be blown up into noise: it gets less than its share.
            scale = means.clamp_min(0.1 * float(means.mean()))
            layer.weight.div_(scale[:, None, None, None])
            assert layer.bias is not None
            layer.bias.div_(scale)
            previous = scale


def load_vgg(path: Path | None = None, *, depth: int = 16) -> Vgg:
    """A pretrained VGG to relu4_1, frozen.

    Args:
        path: safetensors file with ``convB_I.weight`` and ``.bias`` for RGB x 255 minus Caffe's mean;
            ``None`` asks torchvision for its ImageNet weights, which downloads them once.
        depth: 16 or 19, the torchvision network to ask for.

    Raises:
        WeightsError: the file is missing or holds something else.
    """
    if path is None:
        from torchvision.models import VGG16_Weights, VGG19_Weights, vgg16, vgg19

        source = (
            vgg19(weights=VGG19_Weights.IMAGENET1K_V1)
            if depth == 19
            else vgg16(weights=VGG16_Weights.IMAGENET1K_V1)
        )
        tensors = [
            (layer.weight.detach(), layer.bias.detach())
            for layer in source.features
            if isinstance(layer, nn.Conv2d) and layer.bias is not None
        ]
        blocks = (2, 2, 4, 1) if depth == 19 else (2, 2, 3, 1)
        offset, factor = torch.tensor(IMAGENET_MEAN), 1 / torch.tensor(IMAGENET_STD)
    else:
        tensors, blocks = _read(path)
        offset, factor = torch.tensor(CAFFE_MEAN) / 255, torch.full((3,), 255.0)
    network = Vgg(blocks)
    with torch.no_grad():
        for layer, (weight, bias) in zip(network.convolutions(), tensors, strict=False):
            layer.weight.copy_(weight)
            assert layer.bias is not None
            layer.bias.copy_(bias)
        first = network.convolutions()[0]
        assert first.bias is not None
        first.weight.mul_(factor[None, :, None, None])
        first.bias.sub_((first.weight * offset[None, :, None, None]).sum((1, 2, 3)))
    return network.requires_grad_(False).eval()


def _read(path: Path) -> tuple[list[tuple[Tensor, Tensor]], tuple[int, ...]]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"cannot read the loss network {path}: {error}") from None
    names = sorted(
        (int(m[1]), int(m[2]))
        for key in tensors
        if (m := re.fullmatch(r"conv([1-4])_(\d)\.weight", key))
    )
    blocks = tuple(sum(1 for block, _ in names if block == b) for b in (1, 2, 3))
    if min(blocks, default=0) < 2 or (4, 1) not in names:
        raise WeightsError(
            f"{path} is not a VGG loss network: it needs conv1_1.weight to conv4_1.weight and their biases"
        )
    used = [name for name in names if name[0] < 4 or name == (4, 1)]
    return [
        (tensors[f"conv{b}_{i}.weight"].float(), tensors[f"conv{b}_{i}.bias"].float())
        for b, i in used
    ], (*blocks, 1)
