"""Online normalization: running statistics in training too, with a backward pass to match.

Chiley, Sharapov, Kosson, Koster, Reece, Samaniego de la Fuente, Subbiah & James 2019, "Online
Normalization for Training Neural Networks", arXiv:1905.05894.
"""

from typing import Any

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.base import FeatureNorm, check_features, check_shape
from styler.norm.registry import register
from styler.norm.statistics import channel_moments, channel_rescale, per_channel, wide

__all__ = ["OnlineNorm", "online_norm"]


class _Online(torch.autograd.Function):
    """Each sample by the statistics of those before it; gradients kept orthogonal on the run."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        means: Tensor,
        deviations: Tensor,
        along_output: Tensor,
        along_one: Tensor,
        decay: float,
    ) -> Tensor:
        rate = 1 / deviations
        y = channel_rescale(x, rate, -means * rate)
        ctx.save_for_backward(y, deviations)
        ctx.along_output, ctx.along_one, ctx.decay = along_output, along_one, decay
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        y, deviations = ctx.saved_tensors
        axes, out = tuple(range(1, y.dim() - 1)), []
        shape = (-1, *[1] * len(axes))
        rest = 1 - ctx.decay
        for grad, sample, deviation in zip(wide(grads[0]), wide(y), deviations, strict=True):
            inner = grad - rest * ctx.along_output.view(shape) * sample
            ctx.along_output += _mean(inner * sample, axes)
            moved = inner / deviation.view(shape) - rest * ctx.along_one.view(shape)
            ctx.along_one += _mean(moved, axes)
            out.append(moved)
        return torch.stack(out).to(y.dtype), None, None, None, None, None


def _mean(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    return x.mean(axes) if axes else x


def online_norm(
    x: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    errors: tuple[Tensor, Tensor] | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    training: bool = False,
    decay: tuple[float, float] = (0.999, 0.99),
    layer_scaling: bool = True,
) -> Tensor:
    r"""Normalize each sample by statistics of those before it.

    .. math:: y_t = \frac{x_t - \mu_{t-1}}{\sqrt{\sigma^2_{t-1} + \epsilon}}, \qquad
              \mu_t = \alpha \mu_{t-1} + (1 - \alpha) \bar x_t, \\
              \sigma^2_t = \alpha \sigma^2_{t-1} + (1 - \alpha) \mathrm{var}(x_t)
              + \alpha (1 - \alpha) (\bar x_t - \mu_{t-1})^2

    and then over the root mean square of the sample (``layer_scaling``), times weight, plus bias.
    The gradient is controlled likewise: what it has along ``y`` and along ones is taken off by
    accumulated errors.

    Args:
        x: ``(N, C, *spatial)``, any floating dtype, samples in the order of time.
        running_mean, running_var: ``(C,)``, updated in place in training.
        errors: the two accumulated errors of the gradient, ``(C,)`` each, updated in place by the
            backward pass; ``None`` starts at zero.
        weight, bias: ``(C,)``; ``None`` is 1 and 0.
        eps: added to variances and to the mean square; default 1e-5.
        training: update while running; otherwise all samples see the statistics as they are.
        decay: of the forward and of the backward pass; default (0.999, 0.99), the paper's.
        layer_scaling: divide each sample by its root mean square, which bounds the outputs.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: parameters that do not fit, or a decay outside [0, 1].

    Source: Chiley et al. 2019, eq. 8 to 12. Not in torch.
    """
    check_features(x, running_mean.shape[0])
    given = (("running_var", running_var), ("weight", weight), ("bias", bias))
    for what, value in given:
        check_shape(what, value, (x.shape[1],))
    if not all(0 <= d <= 1 for d in decay):
        raise ParameterError(f"decay must be two numbers within [0, 1], not {decay!r}")
    mean, var = wide(running_mean), wide(running_var)
    if training and x.numel():
        means, variances = _trace(x, running_mean, running_var, decay[0])
        zeros = torch.zeros_like(mean), torch.zeros_like(mean)
        y = _Online.apply(x, means, torch.sqrt(variances + eps), *(errors or zeros), decay[1])
    else:
        rate = torch.rsqrt(var + eps)
        y = channel_rescale(x, rate, -mean * rate)
    values = wide(y)
    if layer_scaling:
        axes = tuple(range(1, x.dim()))
        square = values.square().mean(axes, keepdim=True) if x.numel() else values.new_ones(())
        values = values * torch.rsqrt(square + eps)
    if weight is not None:
        values = values * per_channel(weight, x)
    return (values if bias is None else values + per_channel(bias, x)).to(x.dtype)


@torch.no_grad()
def _trace(
    x: Tensor, running_mean: Tensor, running_var: Tensor, decay: float
) -> tuple[Tensor, ...]:
    """Mean and variance before each sample, ``(N, C)``; the running ones end after the last."""
    (means, variances), _ = channel_moments(x)
    mean, var = wide(running_mean).clone(), wide(running_var).clone()
    before = []
    for own_mean, own_var in zip(means, variances, strict=True):
        before.append((mean, var))
        apart = own_mean - mean
        var = decay * var + (1 - decay) * (own_var + decay * apart.square())
        mean = mean + (1 - decay) * apart
    running_mean.copy_(mean)
    running_var.copy_(var)
    return tuple(torch.stack(held) for held in zip(*before, strict=True))


@register(
    "online",
    "activation",
    functional=online_norm,
    axes="H, W of one channel of all samples so far",
    formula="y_t = (x_t - mean_{t-1}) / sd_{t-1}, then over its rms; g y + b",
    batch=True,
    modes=True,
    shines="batches of one: memory of activations of a single sample",
    source="Chiley et al. 2019, arXiv:1905.05894",
    channel_dim=1,
    aliases=("online_norm",),
)
class OnlineNorm(FeatureNorm):
    """:func:`online_norm` with its running statistics and accumulated errors.

    Args:
        num_features: channels ``C``.
        decay: of the forward and of the backward pass; default (0.999, 0.99).
        layer_scaling: divide each sample by its root mean square.
        eps, affine, bias, device, dtype: see :class:`styler.norm.base.FeatureNorm`.
    """

    running_mean: Tensor
    running_var: Tensor
    error_along_output: Tensor
    error_along_one: Tensor

    def __init__(
        self,
        num_features: int,
        *,
        decay: tuple[float, float] = (0.999, 0.99),
        layer_scaling: bool = True,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            num_features, eps=eps, affine=affine, bias=bias, device=device, dtype=dtype
        )
        self.decay, self.layer_scaling = decay, layer_scaling
        for name in ("running_mean", "running_var", "error_along_output", "error_along_one"):
            start = torch.ones if name == "running_var" else torch.zeros
            self.register_buffer(name, start(num_features, device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        super().reset_parameters()
        for held in self.buffers():
            held.zero_()
        self.running_var.fill_(1)

    def forward(self, x: Tensor) -> Tensor:
        check_features(x, self.num_features)
        return online_norm(
            x,
            self.running_mean,
            self.running_var,
            (self.error_along_output, self.error_along_one),
            self.weight,
            self.bias,
            self.eps,
            training=self.training,
            decay=self.decay,
            layer_scaling=self.layer_scaling,
        )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, decay={self.decay}"
