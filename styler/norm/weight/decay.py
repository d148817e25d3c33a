"""Which parameters weight decay is for: not the gains and biases of norms, nor any vector.

Summers & Dinneen 2020, "Four Things Everyone Should Know to Improve Batch Normalization",
arXiv:1906.03548, section 3.3, on what decay of gains does; leaving them out is common practice.
"""

from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn

from styler.norm.base import FeatureNorm

__all__ = ["decay_groups"]

NORMS: tuple[type[nn.Module], ...] = (
    FeatureNorm,
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.LayerNorm,
    nn.RMSNorm,
)


def decay_groups(
    model: nn.Module, weight_decay: float, *, skip: Iterable[nn.Module | Tensor] = ()
) -> list[dict[str, Any]]:
    """Two parameter groups for an optimizer: weights that decay, and gains and biases that do not.

    ``AdamW(decay_groups(model, 0.05), lr=1e-3)``

    Args:
        model: whose parameters that need a gradient are sorted; shared ones count once.
        weight_decay: of the first group; the second has 0.
        skip: modules and tensors that do not decay either, such as embeddings.

    Returns:
        Two dictionaries of ``params`` and ``weight_decay``. In the second: all parameters of norms
        (of this library and of torch), all of less than two axes, the lengths of weight
        normalization, and what is skipped.
    """
    spared: set[int] = set()
    for part in skip:
        spared |= {id(p) for p in (part.parameters() if isinstance(part, nn.Module) else [part])}
    for module in model.modules():
        if isinstance(module, NORMS):
            spared |= {id(p) for p in module.parameters()}
    decays: list[Tensor] = []
    stays: list[Tensor] = []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        length = name.endswith(("original0", "weight_g"))
        spare = length or parameter.dim() < 2 or id(parameter) in spared
        (stays if spare else decays).append(parameter)
    return [
        {"params": decays, "weight_decay": weight_decay},
        {"params": stays, "weight_decay": 0.0},
    ]
