"""Mean and variance of each channel of each sample, the two numbers that style transfer lives on.

On a CPU, ``torch.var_mean`` over the two spatial axes of a channels_last tensor walks memory in
strides; seen as ``(N, H*W, C)`` the same reduction runs down contiguous rows, and its gradient is a
single fused pass. Other devices, and compiled code, prefer few large kernels to a warm cache.
"""

from typing import Any

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.base import check_features, is_traced

__all__ = ["moments", "seen", "spatial_mask"]

LOOP_FROM = 1 << 14
"""Values of a sample from which on it is worth a kernel of its own."""


def moments(x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    r"""Per-channel mean and biased variance over space.

    .. math:: \mu = \frac{\sum_p w_p x_p}{\sum_p w_p}, \qquad
              \sigma^2 = \frac{\sum_p w_p (x_p - \mu)^2}{\sum_p w_p}

    Args:
        x: feature maps, ``(N, C, H, W)``, any floating dtype and memory format.
        mask: weights in [0, 1], ``(N, 1, H, W)`` or ``(1, 1, H, W)``; ``None`` weighs every
            position alike. A sample whose weights are all zero has mean and variance 0.

    Returns:
        Mean and variance, each ``(N, C)``: float64 for float64 input, float32 otherwise.

    Raises:
        ParameterError: no floating tensor of that rank, or a mask that does not fit.
    """
    check_features(x)
    if x.dim() != 4:
        raise ParameterError(f"moments are of maps (N, C, H, W), not of shape {tuple(x.shape)}")
    wide = torch.float64 if x.dtype == torch.float64 else torch.float32
    if mask is not None:
        weights = spatial_mask(x, mask).to(wide)
        total = weights.sum((2, 3)).clamp_min(torch.finfo(wide).tiny)
        values = seen(x, weights)
        mean = (values * weights).sum((2, 3)) / total
        centred = values - mean[:, :, None, None]
        return mean, (centred.square() * weights).sum((2, 3)) / total
    if is_traced():
        return _at_once(x, wide)
    mean, variance = _Moments.apply(x)
    return mean, variance


def seen(x: Tensor, weights: Tensor) -> Tensor:
    """``x`` with zeros where the weight is zero: NaN times zero would be NaN."""
    return torch.where(weights > 0, x, 0)


def spatial_mask(x: Tensor, mask: Tensor) -> Tensor:
    """``mask`` expanded to the ``(N, 1, *spatial)`` of ``x``."""
    target = (x.shape[0], 1, *x.shape[2:])
    try:
        return mask.expand(target)
    except RuntimeError as error:
        raise ParameterError(
            f"mask of shape {tuple(mask.shape)} does not fit: give {target} or (1, 1, ...)"
        ) from error


def _one_by_one(x: Tensor, wide: torch.dtype) -> tuple[Tensor, Tensor]:
    """Sample after sample, in two passes each: one fits a CPU's cache, a batch does not."""
    if x.stride(1) == 1:
        rows, axis = x.permute(0, 2, 3, 1).flatten(1, 2), 0  # (N, H*W, C)
    else:
        rows, axis = x.flatten(2), 1  # (N, C, H*W)
    means, variances = [], []
    for narrow in rows:
        sample = narrow.to(wide)
        mean = sample.mean(axis, keepdim=True)
        means.append(mean.squeeze(axis))
        variances.append((sample - mean).pow_(2).mean(axis))
    return torch.stack(means), torch.stack(variances)


def _at_once(x: Tensor, wide: torch.dtype) -> tuple[Tensor, Tensor]:
    """The whole batch in one kernel, whose running mean does not cancel either."""
    variance, mean = torch.var_mean(x.to(wide), (2, 3), correction=0)
    return mean, variance


class _Moments(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> tuple[Tensor, Tensor]:
        wide = torch.float64 if x.dtype == torch.float64 else torch.float32
        if not x.numel():
            return x.new_zeros(x.shape[:2], dtype=wide), x.new_zeros(x.shape[:2], dtype=wide)
        here = x.device.type == "cpu" and x.shape[0] * LOOP_FROM <= x.numel()
        return _one_by_one(x, wide) if here else _at_once(x, wide)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: tuple[Tensor, Tensor]) -> None:
        ctx.save_for_backward(inputs[0], output[0])
        ctx.save_for_forward(inputs[0], output[0])

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor) -> tuple[Tensor, Tensor]:
        x, mean = ctx.saved_tensors
        centred = x.to(mean.dtype) - mean[:, :, None, None]
        moved = tangent.to(mean.dtype)
        return moved.mean((2, 3)), 2 * (centred * moved).mean((2, 3))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        x, mean = ctx.saved_tensors
        grad_mean, grad_variance = grads
        area = max(1, x.shape[2] * x.shape[3])
        slope = grad_variance * (2 / area)
        offset = grad_mean / area - slope * mean
        return torch.addcmul(
            offset.to(x.dtype)[:, :, None, None], x, slope.to(x.dtype)[:, :, None, None]
        )
