"""Feature-wise linear modulation: each channel scaled and shifted by a condition.

Perez, Strub, de Vries, Dumoulin & Courville 2018, "FiLM: Visual Reasoning with a General
Conditioning Layer", arXiv:1709.07871.
"""

import torch
from torch import Tensor, nn

from styler.norm.base import check_count, check_features
from styler.norm.registry import register
from styler.norm.statistics import channel_rescale, check_condition, wide

__all__ = ["Conditioned", "FiLM", "film"]


def film(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    r"""Scale and shift each channel of each sample.

    .. math:: y_{nchw} = (1 + s_{nc}) x_{nchw} + t_{nc}

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        scale, shift: ``(C,)`` or ``(N or 1, C)``; zero for both is the identity.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: no floating tensor of that rank, or conditions that do not fit.

    Source: Perez et al. 2018, eq. 2, with the scale as a difference from one. Not in torch.
    """
    check_features(x)
    check_condition("scale", scale, x)
    check_condition("shift", shift, x)
    return channel_rescale(x, 1 + wide(scale), wide(shift))


class Conditioned(nn.Module):
    """Base: scale and shift of each channel from a condition, by a linear layer without bias at
    the start.

    Args:
        num_features: channels ``C``.
        condition_features: length of the condition.
        device, dtype: of the parameters.
    """

    def __init__(
        self,
        num_features: int,
        condition_features: int,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_count("num_features", num_features)
        self.condition_features = check_count("condition_features", condition_features)
        self.modulation = nn.Linear(
            condition_features, 2 * num_features, device=device, dtype=dtype
        )
        Conditioned.reset_parameters(self)

    def reset_parameters(self) -> None:
        """Default weights, bias zero: a condition of zeros changes nothing."""
        self.modulation.reset_parameters()
        nn.init.zeros_(self.modulation.bias)

    def coefficients(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Scale and shift, ``(N, C)`` each, for a condition ``(N, condition_features)``."""
        check_features(condition, self.condition_features, dim=-1)
        scale, shift = self.modulation(condition).chunk(2, -1)
        return scale, shift

    def extra_repr(self) -> str:
        return f"{self.num_features}, {self.condition_features}"


@register(
    "film",
    "activation",
    functional=film,
    axes="none",
    formula="y = (1 + s(c)) x + t(c)",
    shines="conditions in convolutional networks that have their norm, or need none",
    source="Perez et al. 2018, arXiv:1709.07871",
    channel_dim=1,
)
class FiLM(Conditioned):
    """:func:`film` with scale and shift from a condition.

    Args:
        num_features, condition_features, device, dtype: see :class:`Conditioned`.

    ``forward(x, condition)`` takes ``(N, C, *spatial)`` and ``(N, condition_features)``.
    """

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        check_features(x, self.num_features)
        return film(x, *self.coefficients(condition))
