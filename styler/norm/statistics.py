"""Statistics as values: taken once per sample and channel, merged over any axes, then applied.

Every norm over maps differs only in *what is merged*: nothing (instance), channels of a group
(group), all channels (whole sample), samples (batch). So all of them, masked or not, share these
functions.
"""

from math import prod

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.base import is_traced
from styler.norm.moments import moments, seen, spatial_mask

__all__ = [
    "Stats",
    "affine",
    "channel_affine",
    "channel_energy",
    "channel_mean_square",
    "channel_moments",
    "channel_rescale",
    "check_condition",
    "check_feature_stats",
    "check_stats",
    "effective_count",
    "feature_mask",
    "is_channels_last",
    "masked_mean_square",
    "masked_moments",
    "merge",
    "merge_alike",
    "per_channel",
    "rescale",
    "standardize_channels",
    "wide",
]

Stats = tuple[Tensor, Tensor]
"""Mean and biased variance."""


def wide(x: Tensor) -> Tensor:
    """``x`` in the dtype that statistics are computed in: float64 stays, all else is float32."""
    return x if x.dtype in (torch.float32, torch.float64) else x.float()


def is_channels_last(x: Tensor) -> bool:
    """Whether pictures or volumes lie in memory with their channels last."""
    return (x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last)) or (
        x.dim() == 5 and x.is_contiguous(memory_format=torch.channels_last_3d)
    )


def standardize_channels(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
) -> Tensor:
    """Batch norm in training without running statistics, by torch's kernel.

    Unlike :func:`torch.nn.functional.batch_norm` it takes channels of one value, which become
    ``bias``.
    """
    return torch.batch_norm(
        x, weight, bias, None, None, True, 0.0, eps, torch.backends.cudnn.enabled
    )


def channel_moments(x: Tensor, mask: Tensor | None = None) -> tuple[Stats, Tensor]:
    """Mean and biased variance of each channel of each sample, and the mass they stand for.

    Args:
        x: ``(N, C, *spatial)`` with any number of spatial axes, none included.
        mask: weights in [0, 1] that broadcast to ``(N, 1, *spatial)``.

    Returns:
        ``((mean, variance), mass)``; the statistics are ``(N, C)``, the mass (number of positions,
        or sum of weights) is ``(N, 1)``.
    """
    n, c, *spatial = x.shape
    dtype = wide(x.new_empty(0)).dtype
    if mask is not None:
        weights = spatial_mask(x, mask).to(dtype)
        if not spatial:
            values = wide(seen(x, weights))
            return (values, torch.zeros_like(values)), weights
        maps, weights = (v if v.dim() == 4 else v.flatten(2)[..., None] for v in (x, weights))
        return moments(maps, weights), weights.sum((2, 3))
    mass = x.new_full((n, 1), prod(spatial), dtype=dtype)
    if not spatial:
        return (wide(x), torch.zeros_like(x, dtype=dtype)), mass
    return moments(x if x.dim() == 4 else x.reshape(n, c, prod(spatial), 1)), mass


def effective_count(mass: Tensor, mask: Tensor | None) -> Tensor:
    r"""How many values weighed ones are worth: :math:`(\sum w)^2 / \sum w^2` (Kish 1965).

    The number of values without mask and under one of zeros and ones; a mask times a constant
    gives the same.

    Args:
        mass: what :func:`channel_moments` gives with the mask.
        mask: that mask, expanded to ``(N, 1, *spatial)``.
    """
    total = mass.sum()
    if mask is None:
        return total
    squares = mask.to(mass.dtype).square().sum()
    return total * (total / squares.clamp_min(torch.finfo(mass.dtype).tiny))


def channel_energy(x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Sum of the squares of each channel of each sample, ``(N, C)``, and its mass, ``(N, 1)``."""
    axes, dtype = tuple(range(2, x.dim())), wide(x.new_empty(0)).dtype
    if mask is not None:
        weights = spatial_mask(x, mask).to(dtype)
        squares = wide(seen(x, weights)).square() * weights
        return (squares.sum(axes), weights.sum(axes)) if axes else (squares, weights)
    mass = x.new_full((x.shape[0], 1), prod(x.shape[2:]), dtype=dtype)
    if not axes:
        return wide(x).square(), mass
    if x.is_contiguous():  # without a copy of the squares; in channels_last that is slower
        return torch.linalg.vector_norm(x, 2, axes, dtype=dtype).square(), mass
    return wide(x).square().sum(axes), mass


def channel_mean_square(x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean of the squares of each channel of each sample, ``(N, C)``; 0 of nothing."""
    energy, mass = channel_energy(x, mask)
    return energy / mass.clamp_min(torch.finfo(mass.dtype).tiny)


def check_stats(stats: Stats | Tensor, *shapes: tuple[int, ...]) -> None:
    """Refuse given statistics that have none of the shapes."""
    for given in stats if isinstance(stats, tuple) else (stats,):
        if tuple(given.shape) not in shapes:
            wanted = " or ".join(map(str, dict.fromkeys(map(tuple, shapes))))
            raise ParameterError(
                f"statistics of shape {tuple(given.shape)} do not fit: give {wanted}"
            )


def check_condition(what: str, value: Tensor | None, x: Tensor) -> None:
    """Refuse a weight or bias that is neither ``(C,)`` nor ``(N or 1, C)`` for ``x``."""
    n, c = x.shape[:2]
    if value is not None and (
        value.dim() not in (1, 2)
        or value.shape[-1] != c
        or value.shape[:-1] not in ((), (1,), (n,))
    ):
        raise ParameterError(
            f"{what} of shape {tuple(value.shape)} does not fit: give {(c,)} or {(n, c)}"
        )


def check_feature_stats(stats: Stats | Tensor, x: Tensor) -> None:
    """Refuse given statistics that do not broadcast to ``x``."""
    for given in stats if isinstance(stats, tuple) else (stats,):
        pairs = zip(reversed(given.shape), reversed(x.shape), strict=False)
        if given.dim() > x.dim() or any(own not in (1, length) for own, length in pairs):
            raise ParameterError(
                f"statistics of shape {tuple(given.shape)} do not broadcast to {tuple(x.shape)}"
            )


def merge_alike(stats: Stats, dim: int | tuple[int, ...]) -> Stats:
    """:func:`merge` of parts that all count alike, without the work of weighing them."""
    mean, variance = stats
    if not mean.numel():  # a mean of nothing is NaN, and here as much as zero
        return mean.sum(dim, keepdim=True), variance.sum(dim, keepdim=True)
    merged = mean.mean(dim, keepdim=True)
    return merged, (variance + (mean - merged).square()).mean(dim, keepdim=True)


def merge(stats: Stats, mass: Tensor, dim: int | tuple[int, ...]) -> tuple[Stats, Tensor]:
    r"""Statistics of the union of parts, from the statistics of the parts.

    .. math:: \mu = \frac{\sum_i m_i \mu_i}{\sum_i m_i}, \qquad
              \sigma^2 = \frac{\sum_i m_i (\sigma_i^2 + (\mu_i - \mu)^2)}{\sum_i m_i}

    Free of the cancellation of :math:`E[x^2] - E[x]^2` (Chan, Golub and LeVeque 1983).

    Args:
        stats: means and biased variances of the parts, alike in shape.
        mass: how much each part counts, broadcastable to that shape.
        dim: axes to merge; they are kept with length 1.
    """
    mean, variance = stats
    mass = mass.expand_as(mean)
    total = mass.sum(dim, keepdim=True)
    share = mass / total.clamp_min(torch.finfo(mass.dtype).tiny)
    merged = (share * mean).sum(dim, keepdim=True)
    spread = (share * (variance + (mean - merged).square())).sum(dim, keepdim=True)
    return (merged, spread), total


def masked_moments(x: Tensor, dim: tuple[int, ...], mask: Tensor | None = None) -> Stats:
    """Mean and biased variance over arbitrary axes, kept with length 1, under optional weights.

    ``mask`` broadcasts to ``x``; where its weights sum to zero, mean and variance are 0.
    """
    values = wide(x)
    if mask is None:
        variance, mean = torch.var_mean(values, dim, correction=0, keepdim=True)
        return mean, variance
    weights = feature_mask(values, mask)
    values = seen(values, weights)
    total = _total(weights, dim)
    mean = (values * weights).sum(dim, keepdim=True) / total
    variance = ((values - mean).square() * weights).sum(dim, keepdim=True) / total
    return mean, variance


def masked_mean_square(x: Tensor, dim: tuple[int, ...], mask: Tensor | None = None) -> Tensor:
    """Mean of the squares over arbitrary axes, kept with length 1, under optional weights."""
    if mask is None:
        return wide(x).square().mean(dim, keepdim=True)
    weights = feature_mask(x, mask)
    squares = wide(seen(x, weights)).square()
    return (squares * weights).sum(dim, keepdim=True) / _total(weights, dim)


def feature_mask(x: Tensor, mask: Tensor) -> Tensor:
    """``mask`` expanded to the shape of ``x``, in the dtype that statistics are computed in."""
    try:
        return mask.to(wide(x[:0]).dtype).expand_as(x)
    except RuntimeError as error:
        raise ParameterError(
            f"mask of shape {tuple(mask.shape)} does not broadcast to {tuple(x.shape)}"
        ) from error


def _total(weights: Tensor, dim: tuple[int, ...]) -> Tensor:
    return weights.sum(dim, keepdim=True).clamp_min(torch.finfo(weights.dtype).tiny)


def affine(
    x: Tensor,
    stats: Stats,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    r"""``(x - mean) / sqrt(variance + eps) * weight + bias`` as one multiply-add per element.

    Statistics, weight and bias broadcast to ``x`` and to each other. Computed in float32 at least,
    returned in the dtype and memory format of ``x``.
    """
    return rescale(x, *_coefficients(stats, weight, bias, eps))


def channel_affine(
    x: Tensor,
    stats: Stats,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """:func:`affine` for ``x`` of ``(N, C, *spatial)`` and all else ``(C,)`` or ``(N or 1, C)``."""
    return channel_rescale(x, *_coefficients(stats, weight, bias, eps))


def channel_rescale(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """:func:`rescale` by one scale and shift for each channel, ``(C,)`` or ``(N or 1, C)``.

    In the default memory format by torch's batch norm kernel with mean 0 and variance 1, samples
    folded into channels: it takes less than half of the time of a broadcast multiply-add there.
    """
    fits = scale.dtype == shift.dtype == wide(x[:0]).dtype
    if is_traced() or not (fits and x.is_contiguous() and x.dim() > 2 and x.numel()):
        return rescale(x, per_channel(scale, x), per_channel(shift, x))
    channels = x.shape[1]
    samples = max(scale.numel(), shift.numel()) // channels
    scale, shift = (v.expand(samples, channels).reshape(-1) for v in (scale, shift))
    folded = x.view(-1, samples * channels, *x.shape[2:])
    mean, variance = torch.zeros_like(scale), torch.ones_like(scale)
    cudnn = torch.backends.cudnn.enabled
    y = torch.batch_norm(folded, scale, shift, mean, variance, False, 0.0, 0.0, cudnn)
    return y.view(x.shape)


def per_channel(value: Tensor, x: Tensor) -> Tensor:
    """``(C,)`` or ``(N or 1, C)`` as ``(N or 1, C, 1, ...)``, ready to broadcast to ``x``."""
    return value.reshape(-1, value.shape[-1], *[1] * (x.dim() - 2))


def rescale(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """``x * scale + shift`` in float32 at least, in the dtype and memory format of ``x``."""
    return torch.addcmul(shift, wide(x), scale).to(x.dtype)


def _coefficients(stats: Stats, weight: Tensor | None, bias: Tensor | None, eps: float) -> Stats:
    mean, variance = stats
    scale = torch.rsqrt(wide(variance) + eps)
    scale = scale if weight is None else scale * weight
    shift = -mean * scale
    return scale, shift if bias is None else shift + bias
