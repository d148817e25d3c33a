"""ScaleNorm: unit length times one learned number.

Nguyen & Salazar 2019, "Transformers without Tears: Improving the Normalization of Self-Attention",
arXiv:1910.05895.
"""

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_count, check_eps, check_features
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["ScaleNorm", "scale_norm"]


def scale_norm(x: Tensor, scale: Tensor | float, eps: float = 1e-5) -> Tensor:
    r"""Give the last axis a length.

    .. math:: y = g \frac{x}{\max(\lVert x \rVert_2, \epsilon)}

    Args:
        x: ``(*, d)``, any floating dtype.
        scale: ``g``, one number.
        eps: least norm to divide by; default 1e-5.

    Returns:
        Shape and dtype of ``x``; zero vectors stay zero.

    Raises:
        ParameterError: no floating tensor.

    Source: Nguyen & Salazar 2019, eq. 4. :func:`torch.nn.functional.normalize` has no scale.
    """
    check_features(x, dim=-1)
    if isinstance(scale, Tensor) and scale.numel() != 1:
        raise ParameterError(f"scale is one number, not of shape {tuple(scale.shape)}")
    values = wide(x)
    length: Tensor = torch.linalg.vector_norm(values, dim=-1, keepdim=True)
    return (values * (scale / length.clamp_min(eps))).to(x.dtype)


@register(
    "scale",
    "transformer",
    functional=scale_norm,
    axes="the last axis (features) of each position",
    formula="y = g x / |x|, g one learned number, sqrt(d) at the start",
    shines="transformers on little data; the cheapest norm with a parameter",
    source="Nguyen & Salazar 2019, arXiv:1910.05895",
    channel_dim=-1,
    torch="torch.nn.functional.normalize",
    aliases=("scale_norm",),
)
class ScaleNorm(nn.Module):
    """:func:`scale_norm` with a learned scale, ``sqrt(d)`` at the start.

    Args:
        num_features: length ``d`` of the last axis.
        scale: a parameter to share with other modules (the paper has one scale for each module, the
            survey one for all); ``None`` makes an own one.
        eps: least norm to divide by; default 1e-5.
        device, dtype: of the parameter.
    """

    def __init__(
        self,
        num_features: int,
        *,
        scale: nn.Parameter | None = None,
        eps: float = 1e-5,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_count("num_features", num_features)
        self.eps = check_eps(eps)
        if scale is None:
            scale = nn.Parameter(torch.tensor(num_features**0.5, device=device, dtype=dtype))
        self.scale = scale

    def reset_parameters(self) -> None:
        """Scale ``sqrt(d)``, for all who share it."""
        nn.init.constant_(self.scale, self.num_features**0.5)

    def forward(self, x: Tensor) -> Tensor:
        check_features(x, self.num_features, dim=-1)
        return scale_norm(x, self.scale, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps:g}"
