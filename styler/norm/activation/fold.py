"""Fold a trained batch norm into the linear or convolutional layer before it: free at inference.

The batch norm makes a bias before it redundant in training (its mean takes it off again); folding
gives that layer a bias in its place.
"""

from collections import Counter
from copy import deepcopy
from itertools import pairwise

import torch
from torch import fx, nn
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
    """A copy of the model, every batch norm right after a layer folded into it.

    What comes after what is known where :mod:`torch.fx` can trace the model, or else the parts of
    it that it can (``Sequential`` always). A layer whose output goes elsewhere too, or which is
    used twice, stays as it is. The folded norm leaves an ``Identity`` behind, so that names stay.
    """
    model = deepcopy(model)
    for layer_name, norm_name in sorted(_pairs(model)):
        layer, norm = model.get_submodule(layer_name), model.get_submodule(norm_name)
        model.set_submodule(layer_name, fold_batch_norm(layer, norm))
        model.set_submodule(norm_name, nn.Identity())
    return model


class _Tracer(fx.Tracer):
    """Looks into everything but the layers and norms that are to be found."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        ends = isinstance(m, (*_LAYERS, *_NORMS))
        return ends or super().is_leaf_module(m, module_qualified_name)


def _pairs(model: nn.Module, prefix: str = "") -> set[tuple[str, str]]:
    """Names of the layers, and of the norms that alone use what these give."""
    if isinstance(model, (*_LAYERS, *_NORMS)) or not any(True for _ in model.children()):
        return set()
    try:
        nodes = list(_Tracer().trace(model).nodes)
    except Exception:  # whatever a forward does with a stand-in for its input
        return _pairs_of_parts(model, prefix)
    modules = dict(model.named_modules())
    calls = Counter(node.target for node in nodes if node.op == "call_module")
    found = set()
    for node in nodes:
        before = node.args[0] if node.args else None
        if node.op != "call_module" or not isinstance(before, fx.Node):
            continue
        if before.op != "call_module" or len(before.users) > 1 or len(node.args) > 1:
            continue
        layer, norm = modules[str(before.target)], modules[str(node.target)]
        once = calls[before.target] == calls[node.target] == 1
        if once and isinstance(layer, _LAYERS) and _evaluation_stats(norm) is not None:
            found.add((f"{prefix}{before.target}", f"{prefix}{node.target}"))
    return found


def _pairs_of_parts(model: nn.Module, prefix: str) -> set[tuple[str, str]]:
    found = set()
    children = list(model.named_children())
    if isinstance(model, nn.Sequential):
        for (first, layer), (second, norm) in pairwise(children):
            if isinstance(layer, _LAYERS) and _evaluation_stats(norm) is not None:
                found.add((prefix + first, prefix + second))
    for name, child in children:
        found |= _pairs(child, f"{prefix}{name}.")
    return found


def _evaluation_stats(norm: nn.Module) -> Stats | None:
    if isinstance(norm, BatchNorm):
        return norm.evaluation_stats()
    if not isinstance(norm, TORCH_NORMS) or norm.running_mean is None:
        return None
    assert norm.running_var is not None
    return norm.running_mean, norm.running_var
