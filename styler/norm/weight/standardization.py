"""Weight standardization, and the scaled form that keeps the variance of what passes through.

Qiao, Wang, Liu, Shen & Yuille 2019, "Micro-Batch Training with Batch-Channel Normalization and
Weight Standardization", arXiv:1903.10520; Brock, De & Smith 2021, "Characterizing signal
propagation to close the performance gap in unnormalized ResNets", arXiv:2101.08692.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from torch import Tensor, nn
from torch.nn.utils import parametrize

from styler.errors import ParameterError
from styler.norm.base import check_eps, check_shape
from styler.norm.registry import register
from styler.norm.statistics import standardize_channels
from styler.norm.weight.target import TRANSPOSED, adopt_checkpoints, check_weight

__all__ = [
    "ScaledWeightStandardization",
    "WeightStandardization",
    "scaled_standardize_weight",
    "scaled_weight_standardization",
    "standardize_weight",
    "weight_standardization",
]

Module = TypeVar("Module", bound=nn.Module)


def standardize_weight(
    weight: Tensor, eps: float = 1e-6, *, transposed: bool = False, groups: int = 1
) -> Tensor:
    r"""Give every output's weights mean 0 and variance 1.

    .. math:: \hat w_o = \frac{w_o - \mu_o}{\sqrt{\sigma^2_o + \epsilon}}

    Args:
        weight: ``(out, in, *kernel)``.
        eps: added to the (biased) variance; default 1e-6.
        transposed: the weight is a transposed convolution's, ``(in, out / groups, *kernel)``.
        groups: of a transposed convolution.

    Returns:
        Shape and dtype of ``weight``.

    Raises:
        ParameterError: a fan-in of one.

    Source: Qiao et al. 2019, eq. 5 to 7. Not in torch, whose batch norm kernel does the work.
    """
    if transposed:
        return _by_outputs(weight, groups, lambda w: standardize_weight(w, eps))
    return standardize_channels(_rows(weight), None, None, eps).view(weight.shape)


def scaled_standardize_weight(
    weight: Tensor,
    gain: Tensor | None = None,
    gamma: float = 1.0,
    eps: float = 1e-6,
    *,
    transposed: bool = False,
    groups: int = 1,
) -> Tensor:
    r"""Standardized weights whose outputs have the variance of the inputs.

    .. math:: \hat w_o = \gamma \, g_o \frac{w_o - \mu_o}{\sqrt{\mathrm{fan\_in}}
              \sqrt{\sigma^2_o + \epsilon}}

    Args:
        weight: ``(out, in, *kernel)``.
        gain: ``g``, ``(out,)``, learned; ``None`` is 1.
        gamma: gain that makes up for the activation before the layer; 1.7139 for ReLU.
        eps: added to the (biased) variance; default 1e-6.
        transposed, groups: see :func:`standardize_weight`.

    Returns:
        Shape and dtype of ``weight``.

    Raises:
        ParameterError: a fan-in of one.

    Source: Brock et al. 2021, section 4. Published code bounds ``fan_in * variance`` from below
    instead of adding ``eps``. Not in torch.
    """
    if transposed:
        return _by_outputs(weight, groups, lambda w: scaled_standardize_weight(w, gain, gamma, eps))
    rows = _rows(weight)
    check_shape("gain", gain, (weight.shape[0],))
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


def _by_outputs(weight: Tensor, groups: int, normalize: Callable[[Tensor], Tensor]) -> Tensor:
    """A transposed convolution's weight, normalized with its outputs first, and turned back."""
    inputs, outputs, *kernel = weight.shape
    apart = weight.reshape(groups, inputs // groups, outputs, *kernel).transpose(1, 2)
    done = normalize(apart.flatten(0, 1)).view(apart.shape)
    return done.transpose(1, 2).reshape(weight.shape)


def _layout(module: nn.Module) -> dict[str, Any]:
    """How the weight of a layer lies, as :func:`standardize_weight` wants to know it."""
    if not isinstance(module, TRANSPOSED):
        return {"transposed": False, "groups": 1}
    return {"transposed": True, "groups": module.groups}


class WeightStandardization(nn.Module):
    """Parametrization: :func:`standardize_weight`."""

    def __init__(self, eps: float = 1e-6, *, transposed: bool = False, groups: int = 1) -> None:
        super().__init__()
        self.eps = check_eps(eps)
        self.transposed, self.groups = transposed, groups

    def forward(self, weight: Tensor) -> Tensor:
        return standardize_weight(weight, self.eps, transposed=self.transposed, groups=self.groups)

    def extra_repr(self) -> str:
        return f"eps={self.eps:g}"


class ScaledWeightStandardization(nn.Module):
    """Parametrization: :func:`scaled_standardize_weight` with a learned gain per output."""

    def __init__(
        self,
        weight: Tensor,
        gamma: float = 1.0,
        eps: float = 1e-6,
        *,
        transposed: bool = False,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.gamma, self.eps = gamma, check_eps(eps)
        self.transposed, self.groups = transposed, groups
        outputs = weight.shape[1] * groups if transposed else weight.shape[0]
        self.gain = nn.Parameter(weight.new_ones(outputs))

    def reset_parameters(self) -> None:
        """Gain one."""
        nn.init.ones_(self.gain)

    def forward(self, weight: Tensor) -> Tensor:
        return scaled_standardize_weight(
            weight,
            self.gain,
            self.gamma,
            self.eps,
            transposed=self.transposed,
            groups=self.groups,
        )

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
        module: has a parameter ``name`` ``(out, in, *kernel)``, or is a transposed convolution; it
            is changed in place and returned. Checkpoints of the plain layer are loaded, too.
        name: which parameter.
        eps: added to the variance; default 1e-6.

    Raises:
        ParameterError: there is no such parameter, or it has one axis or a fan-in of one.
    """
    parametrization = WeightStandardization(eps, **_layout(module))
    parametrization(check_weight(module, name))
    parametrize.register_parametrization(module, name, parametrization, unsafe=True)
    adopt_checkpoints(module, {name: f"parametrizations.{name}.original"})
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
        module: has a parameter ``name`` ``(out, in, *kernel)``, or is a transposed convolution; it
            is changed in place and returned. Checkpoints of the plain layer are loaded, too.
        name: which parameter.
        gamma: gain for the activation before the layer; 1.7139 for ReLU.
        eps: added to the variance; default 1e-6.

    Raises:
        ParameterError: there is no such parameter, or it has one axis or a fan-in of one.
    """
    weight = check_weight(module, name)
    parametrization = ScaledWeightStandardization(weight, gamma, eps, **_layout(module))
    parametrization(weight)
    parametrize.register_parametrization(module, name, parametrization, unsafe=True)
    at = f"parametrizations.{name}"
    adopt_checkpoints(module, {name: f"{at}.original", "gain": f"{at}.0.gain"})
    return module
