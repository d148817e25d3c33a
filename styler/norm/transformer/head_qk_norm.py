"""Learned norms of queries and keys, for each head its own: RMS or layer norm of every head.

Dehghani et al. 2023, "Scaling Vision Transformers to 22 Billion Parameters", arXiv:2302.05442
(layer norm); Chameleon team 2024, arXiv:2405.09818; RMS norm as in later language models.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.activation.layer import layer_norm
from styler.norm.activation.rms import rms_norm
from styler.norm.base import check_count, check_eps, check_features, check_optional_count
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["HeadQKNorm", "head_norm"]

Kind = Literal["rms", "layer"]


def head_norm(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-6,
    *,
    kind: Kind = "rms",
) -> Tensor:
    r"""RMS or layer norm of each head of queries (or keys), scaled for each head.

    .. math:: \hat q_h = \gamma_h \odot \mathrm{norm}(q_h) + \beta_h

    Args:
        x: ``(N, heads, length, d)``, any floating dtype.
        weight, bias: ``(d,)`` for all heads, or ``(heads, d)``; ``None`` is 1 and 0.
        eps: added to the mean square or variance; default 1e-6.
        kind: "rms" (default) or "layer".

    Returns:
        Shape and dtype of ``x``.

    Raises:
        ParameterError: another rank, parameters that do not fit, or an unknown kind.

    Source: Dehghani et al. 2023, section 2. Not in torch.
    """
    check_features(x, dim=-1)
    if x.dim() != 4:
        raise ParameterError(f"heads are (N, heads, length, d), not shape {tuple(x.shape)}")
    if kind not in ("rms", "layer"):
        raise ParameterError(f"kind must be rms or layer, not {kind!r}")
    for what, value in (("weight", weight), ("bias", bias)):
        if value is not None and value.shape not in (x.shape[3:], (x.shape[1], x.shape[3])):
            raise ParameterError(
                f"{what} of shape {tuple(value.shape)} does not fit heads of {tuple(x.shape)}"
            )
    y = wide(rms_norm(x, eps=eps) if kind == "rms" else layer_norm(x, x.shape[-1], eps=eps))
    if weight is not None:
        y = y * weight.unsqueeze(-2)
    return (y if bias is None else y + bias.unsqueeze(-2)).to(x.dtype)


@register(
    "head_qk",
    "transformer",
    functional=head_norm,
    axes="the last axis of each query and key of each head",
    formula="softmax(norm(q_h) . norm(k_h) / sqrt(d)) V, norm = rms or layer, learned per head",
    shines="very large transformers, whose attention would saturate",
    source="Dehghani et al. 2023, arXiv:2302.05442",
    aliases=("qk_rms", "qk_layer", "per_head_qk"),
)
class HeadQKNorm(nn.Module):
    """:func:`head_norm` of queries and keys, with weights (and biases for layer norm) of their own.

    Args:
        num_features: length ``d`` of a head's queries and keys.
        heads: number of heads, each with parameters of its own; ``None`` (default) shares them.
        kind: "rms" (default) or "layer".
        eps: added to the mean square or variance; default 1e-6.
        device, dtype: of the parameters.

    ``forward(query, key)`` takes ``(N, heads, length, d)`` each and returns both, to be used with
    attention of the usual scale ``d ** -0.5``.
    """

    query_weight: nn.Parameter
    key_weight: nn.Parameter
    query_bias: nn.Parameter | None
    key_bias: nn.Parameter | None

    def __init__(
        self,
        num_features: int,
        *,
        heads: int | None = None,
        kind: Kind = "rms",
        eps: float = 1e-6,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if kind not in ("rms", "layer"):
            raise ParameterError(f"kind must be rms or layer, not {kind!r}")
        self.num_features = check_count("num_features", num_features)
        self.heads, self.eps = check_optional_count("heads", heads), check_eps(eps)
        self.kind: Kind = kind
        shape = (self.num_features,) if self.heads is None else (self.heads, self.num_features)
        for name in ("query", "key"):
            weight = nn.Parameter(torch.ones(shape, device=device, dtype=dtype))
            bias = nn.Parameter(torch.zeros(shape, device=device, dtype=dtype))
            self.register_parameter(f"{name}_weight", weight)
            self.register_parameter(f"{name}_bias", bias if kind == "layer" else None)

    def reset_parameters(self) -> None:
        """Weights one, biases zero."""
        for name, parameter in self.named_parameters():
            nn.init.constant_(parameter, float(name.endswith("weight")))

    def forward(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        check_features(query, self.num_features, dim=-1)
        check_features(key, self.num_features, dim=-1)
        both = ((query, self.query_weight, self.query_bias), (key, self.key_weight, self.key_bias))
        query, key = (head_norm(x, w, b, self.eps, kind=self.kind) for x, w, b in both)
        return query, key

    def extra_repr(self) -> str:
        return f"{self.num_features}, heads={self.heads}, kind={self.kind!r}, eps={self.eps:g}"
