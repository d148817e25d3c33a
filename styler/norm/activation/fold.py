"""Fold a trained batch norm into the linear or convolutional layer before it: free at inference.

The batch norm makes a bias before it redundant in training (its mean takes it off again); folding
gives that layer a bias in its place.
"""

from copy import deepcopy

import torch
from torch import nn
from torch.nn.utils import parametrize

from styler.errors import ParameterError
from styler.norm.activation.batch import TORCH_NORMS, BatchNorm
from styler.norm.statistics import Stats

__all__ = ["fold_batch_norm", "fold_batch_norms"]

_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, *_TRANSPOSED)
_NORMS = (BatchNorm, *TORCH_NORMS)


@torch.no_grad()
def fold_batch_norm(layer: nn.Module, norm: nn.Module) -> nn.Module:
    r"""A copy of the layer that does what layer and batch norm do in evaluation.

    .. math:: W' = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} W, \qquad
              b' = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} (b - \mu) + \beta

    Args:
        layer: linear, convolution or transposed convolution (groups allowed), with or without bias.
            A parametrized weight (weight norm, standardization, ...) is folded as it is used.
        norm: batch norm of this library or of torch with running statistics, on its output.

    Raises:
        ParameterError: other kinds of layers, or statistics that depend on the input.
    """
    if not isinstance(layer, _LAYERS):
        raise ParameterError(f"cannot fold a batch norm into {type(layer).__name__}")
    stats = _evaluation_stats(norm)
    if stats is None:
        raise ParameterError(f"{norm} depends on its input in evaluation: it cannot be folded")
    assert isinstance(norm, _NORMS)
    mean, variance = stats
    outputs = layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels
    if outputs != norm.num_features:
        raise ParameterError(f"{outputs} outputs do not fit a norm of {norm.num_features} features")
    scale = torch.rsqrt(variance + norm.eps)
    scale = scale if norm.weight is None else scale * norm.weight
    shift = -mean * scale if norm.bias is None else norm.bias - mean * scale
    folded = deepcopy(layer)
    if parametrize.is_parametrized(folded):  # not removed: that would change the original's class
        folded.__class__ = parametrize.type_before_parametrizations(folded)
        del folded.parametrizations
    weight, learns = layer.weight, any(p.requires_grad for p in layer.parameters())
    if isinstance(layer, _TRANSPOSED):  # (in, out / groups, *kernel), the inputs by groups
        grouped = weight.reshape(layer.groups, -1, *weight.shape[1:])
        rates = scale.reshape(layer.groups, 1, -1, *[1] * (weight.dim() - 2))
        new = (grouped * rates).flatten(0, 1)
    else:
        new = weight * scale.reshape(-1, *[1] * (weight.dim() - 1))
    bias = shift if layer.bias is None else shift + layer.bias * scale
    folded.weight = nn.Parameter(new.to(weight.dtype), learns)
    folded.bias = nn.Parameter(bias.to(weight.dtype), learns)
    return folded


def fold_batch_norms(model: nn.Module) -> nn.Module:
    """A copy of the model, every batch norm right after a layer of a ``Sequential`` folded into it.

    The folded norm leaves an ``Identity`` behind, so that indices stay. Norms outside of
    ``Sequential`` stay as they are: their order of execution is not known.
    """
    model = deepcopy(model)
    for module in model.modules():
        if not isinstance(module, nn.Sequential):
            continue
        for i in range(len(module) - 1):
            layer, norm = module[i], module[i + 1]
            if isinstance(layer, _LAYERS) and _evaluation_stats(norm) is not None:
                module[i], module[i + 1] = fold_batch_norm(layer, norm), nn.Identity()
    return model


def _evaluation_stats(norm: nn.Module) -> Stats | None:
    if isinstance(norm, BatchNorm):
        return norm.evaluation_stats()
    if not isinstance(norm, TORCH_NORMS) or norm.running_mean is None:
        return None
    assert norm.running_var is not None
    return norm.running_mean, norm.running_var
