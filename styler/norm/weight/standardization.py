"""Weight standardization, and the scaled form that keeps the variance of what passes through.

Qiao, Wang, Liu, Shen & Yuille 2019, "Micro-Batch Training with Batch-Channel Normalization and
Weight Standardization", arXiv:1903.10520; Brock, De & Smith 2021, "Characterizing signal
propagation to close the performance gap in unnormalized ResNets", arXiv:2101.08692.
"""

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from styler.errors import ParameterError
from styler.norm.base import check_eps
from styler.norm.registry import register
from styler.norm.statistics import standardize_channels
from styler.norm.weight.target import check_weight

__all__ = [
    "ScaledWeightStandardization",
    "WeightStandardization",
    "scaled_standardize_weight",
    "scaled_weight_standardization",
    "standardize_weight",
    "weight_standardization",
]

Module = TypeVar("Module", bound=nn.Module)


def standardize_weight(weight: Tensor, eps: float = 1e-6) -> Tensor:
    r"""Give every output's weights mean 0 and variance 1.

    .. math:: \hat w_o = \frac{w_o - \mu_o}{\sqrt{\sigma^2_o + \epsilon}}

    Args:
        weight: ``(out, in, *kernel)``.
        eps: added to the (biased) variance; default 1e-6.

    Returns:
        Shape and dtype of ``weight``.

    Raises:
        ParameterError: a fan-in of one.

    Source: Qiao et al. 2019, eq. 5 to 7. Not in torch, whose batch norm kernel does the work.
    """
    return standardize_channels(_rows(weight), None, None, eps).view(weight.shape)


def scaled_standardize_weight(
    weight: Tensor, gain: Tensor | None = None, gamma: float = 1.0, eps: float = 1e-6
) -> Tensor:
    r"""Standardized weights whose outputs have the variance of the inputs.

    .. math:: \hat w_o = \gamma \, g_o \frac{w_o - \mu_o}{\sqrt{\mathrm{fan\_in}}
              \sqrt{\sigma^2_o + \epsilon}}

    Args:
        weight: ``(out, in, *kernel)``.
        gain: ``g``, ``(out,)``, learned; ``None`` is 1.
        gamma: gain that makes up for the activation before the layer; 1.7139 for ReLU.
        eps: added to the (biased) variance; default 1e-6.

    Returns:
        Shape and dtype of ``weight``.

    Raises:
        ParameterError: a fan-in of one.

    Source: Brock et al. 2021, section 4. Published code bounds ``fan_in * variance`` from below
    instead of adding ``eps``. Not in torch.
    """
    rows = _rows(weight)
    rate = rows.new_full(rows.shape[1:2], gamma * rows.shape[2] ** -0.5)
    rate = rate if gain is None else rate * gain.to(rate.dtype)
    return standardize_channels(rows, rate, None, eps).view(weight.shape)


def _rows(weight: Tensor) -> Tensor:
    """The weight with its outputs as channels of one sample, ``(1, out, fan_in)``."""
    rows = weight.reshape(1, weight.shape[0], -1)
    if rows.shape[2] == 1:
        raise ParameterError(
            f"a weight of shape {tuple(weight.shape)} has one number for each output: "
            "standardized it would be zero"
        )
    return rows


class WeightStandardization(nn.Module):
    """Parametrization: :func:`standardize_weight`."""

    def __init__(self, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = check_eps(eps)

    def forward(self, weight: Tensor) -> Tensor:
        return standardize_weight(weight, self.eps)

    def extra_repr(self) -> str:
        return f"eps={self.eps:g}"


class ScaledWeightStandardization(nn.Module):
    """Parametrization: :func:`scaled_standardize_weight` with a learned gain per output."""

    def __init__(self, weight: Tensor, gamma: float = 1.0, eps: float = 1e-6) -> None:
        super().__init__()
        self.gamma, self.eps = gamma, check_eps(eps)
        self.gain = nn.Parameter(torch.ones_like(weight.detach().flatten(1)[:, 0]))

    def forward(self, weight: Tensor) -> Tensor:
        return scaled_standardize_weight(weight, self.gain, self.gamma, self.eps)

    def extra_repr(self) -> str:
        return f"gamma={self.gamma:.5g}, eps={self.eps:g}"


@register(
    "weight_standardization",
    "weight",
    functional=standardize_weight,
    axes="fan-in of each output of a weight",
    formula="w_o = (v_o - mean_o) / sqrt(var_o + eps)",
    shines="with group norm, at batches of one or two",
    source="Qiao et al. 2019, arXiv:1903.10520",
    aliases=("ws",),
)
def weight_standardization(module: Module, name: str = "weight", *, eps: float = 1e-6) -> Module:
    """Standardize a weight of ``module`` wherever it is used.

    Args:
        module: has a parameter ``name`` ``(out, in, *kernel)``; it is changed in place and
            returned.
        name: which parameter.
        eps: added to the variance; default 1e-6.

    Raises:
        ParameterError: there is no such parameter, or it has one axis or a fan-in of one.
    """
    _rows(check_weight(module, name))
    parametrize.register_parametrization(module, name, WeightStandardization(eps), unsafe=True)
    return module


@register(
    "scaled_weight_standardization",
    "weight",
    functional=scaled_standardize_weight,
    axes="fan-in of each output of a weight",
    formula="w_o = gamma g_o (v_o - mean_o) / (sqrt(fan_in) sqrt(var_o + eps))",
    shines="networks without normalization of activations",
    source="Brock et al. 2021, arXiv:2101.08692",
    aliases=("sws",),
)
def scaled_weight_standardization(
    module: Module, name: str = "weight", *, gamma: float = 1.0, eps: float = 1e-6
) -> Module:
    """Standardize and scale a weight of ``module`` wherever it is used, with a learned gain.

    Args:
        module: has a parameter ``name`` ``(out, in, *kernel)``; it is changed in place and
            returned.
        name: which parameter.
        gamma: gain for the activation before the layer; 1.7139 for ReLU.
        eps: added to the variance; default 1e-6.

    Raises:
        ParameterError: there is no such parameter, or it has one axis or a fan-in of one.
    """
    weight = check_weight(module, name)
    _rows(weight)
    parametrization = ScaledWeightStandardization(weight, gamma, eps)
    parametrize.register_parametrization(module, name, parametrization, unsafe=True)
    return module
