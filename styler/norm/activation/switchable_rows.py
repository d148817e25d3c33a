"""Switchable normalization of rows ``(N, C)``, where an instance is one value: two ways to take it.

:func:`switched_rows` is the formula in differentiable steps. On a CPU its dozen of passes over the
rows, and as many backwards, take nine times as long as layer norm; :class:`_Rows` has the gradient
written out, works in place, and takes a third of that.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from styler.norm.activation.batch import update_running
from styler.norm.base import is_traced
from styler.norm.statistics import Stats, wide

__all__ = ["see_rows", "switch_rows"]


def _moments(x: Tensor, dim: int) -> Stats:
    """``torch.var_mean``, in a tenth of its time on rows."""
    mean = x.mean(dim)
    return mean, (x - mean.unsqueeze(dim)).square().mean(dim)


def switched_rows(
    x: Tensor,
    mean_shares: Tensor,
    variance_shares: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
    batch: Stats | None,
) -> Tensor:
    """The mixture without spatial axes, where an instance is its own mean and has no variance."""
    values = wide(x)
    batch = _moments(values, 0) if batch is None else batch
    mean, variance = (s[:, None] for s in _moments(values, 1))
    rate = torch.rsqrt(variance_shares[1] * variance + (variance_shares[2] * batch[1] + eps))
    centred = torch.addcmul(-mean_shares[2] * batch[0], values, 1 - mean_shares[0])
    y = (centred - mean_shares[1] * mean) * rate
    if weight is not None:
        y = y * weight
    return (y if bias is None else y + bias).to(x.dtype)


def switch_rows(
    x: Tensor,
    mean_shares: Tensor,
    variance_shares: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
    batch: Stats | None = None,
    own: Stats | None = None,
) -> Tensor:
    """:func:`switched_rows` by the faster way where it serves.

    Args:
        x: ``(N, C)``, not empty.
        batch: the batch's mean and variance ``(C,)``, taken as they are; ``None`` takes ``x``'s.
        own: these, if they are known already.
    """
    given = (mean_shares, variance_shares, weight, bias, *(batch or ()))
    if not _served(x, given) or (batch and any(s.requires_grad for s in batch)):
        return switched_rows(x, mean_shares, variance_shares, weight, bias, eps, batch)
    mean, variance = batch or own or see_rows(x)
    out: Tensor = _Rows.apply(
        x, mean_shares, variance_shares, weight, bias, mean, variance, eps, batch is None
    )
    return out


@torch.no_grad()
def see_rows(
    x: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    momentum: float = 0.0,
) -> Stats:
    """Mean and variance of the columns; running ones are moved towards them."""
    held = (running_mean, running_var)
    if _served(x, held):
        mean, variance = torch.batch_norm_update_stats(x, *held, momentum)
        return mean, variance
    stats = _moments(wide(x), 0)
    count = stats[0].new_tensor(x.shape[0])
    update_running(running_mean, running_var, stats, count, momentum)
    return stats


def _served(x: Tensor, others: tuple[Tensor | None, ...]) -> bool:
    """Whether :class:`_Rows` may have these: one dtype, on a CPU, for no other use than now."""
    there = [t for t in (x, *others) if t is not None]
    alike = all(t.dtype == x.dtype and t.device.type == "cpu" for t in there)
    if not alike or wide(x[:0]).dtype != x.dtype or len(x) < 2:
        return False
    if is_traced() or torch._C._are_functorch_transforms_active():
        return False
    return not any(forward_ad.unpack_dual(t).tangent is not None for t in there)  # type: ignore[no-untyped-call]


class _Rows(torch.autograd.Function):
    r"""Value and gradient of :func:`switched_rows`.

    With shares :math:`w, w'` of instance, layer and batch it is :math:`\gamma u / s + \beta` of
    :math:`u = (1 - w_0) x - w_1 \mu_n - w_2 \mu_c` and
    :math:`s^2 = w'_1 \sigma^2_n + w'_2 \sigma^2_c + \epsilon`.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        mean_shares: Tensor,
        variance_shares: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        batch_mean: Tensor,
        batch_var: Tensor,
        eps: float,
        own: bool,
    ) -> Tensor:
        mean = x.mean(1, keepdim=True)
        y = x - mean
        variance = torch.linalg.vector_norm(y, 2, 1, keepdim=True).square_().div_(x.shape[1])
        instance, layer, batch = mean_shares.tolist()
        torch.add(mean * (1 - instance - layer), y, alpha=1 - instance, out=y)
        _, layer_variance, batch_variance = variance_shares.tolist()
        rate = torch.add(batch_var * batch_variance + eps, variance, alpha=layer_variance).rsqrt_()
        y.sub_(batch_mean, alpha=batch).mul_(rate)
        rows, columns = (mean, variance), (batch_mean, batch_var)
        ctx.save_for_backward(
            x, mean_shares, variance_shares, weight, bias, *rows, *columns, y, rate
        )
        ctx.eps, ctx.own = eps, own
        if weight is None:
            return y.clone() if bias is None else y + bias
        return y * weight if bias is None else torch.addcmul(bias, y, weight)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        if torch.is_grad_enabled():  # to be differentiated again
            return _differentiable(ctx, *grads)
        grad = grads[0]
        x, mean_shares, variance_shares, weight, bias, *stats, y, rate = ctx.saved_tensors
        mean, variance, batch_mean, batch_var = stats
        gain = torch.ones_like(batch_mean) if weight is None else weight
        product = grad * y
        of_weight = None if weight is None else product.sum(0)
        of_bias = None if bias is None else grad.sum(0)
        of_square = product.mul_(rate).mul_(rate)  # but for a factor of -1/2
        of_variance, of_batch_var = -0.5 * of_square.mv(gain), -0.5 * gain * of_square.sum(0)
        of_u = grad * rate
        of_mean, of_batch_mean = -of_u.mv(gain), -gain * of_u.sum(0)
        of_u.mul_(gain)
        of_mean_shares = torch.stack(
            [
                -torch.dot(of_u.flatten(), x.flatten()),
                torch.dot(of_mean, mean[:, 0]),
                torch.dot(of_batch_mean, batch_mean),
            ]
        )
        of_variance_shares = torch.stack(
            [
                torch.zeros_like(of_mean[0]),
                torch.dot(of_variance, variance[:, 0]),
                torch.dot(of_batch_var, batch_var),
            ]
        )
        slope, shift = _through_moments(
            mean, of_mean[:, None] * mean_shares[1], of_variance[:, None] * variance_shares[1], x, 1
        )
        of_x = torch.add(shift, of_u, alpha=1 - mean_shares[0].item(), out=of_u)
        if ctx.own:
            more, along = _through_moments(
                batch_mean, of_batch_mean * mean_shares[2], of_batch_var * variance_shares[2], x, 0
            )
            slope = torch.add(slope, more, out=product)
            of_x.add_(along)
        of_x.addcmul_(x, slope)
        return of_x, of_mean_shares, of_variance_shares, of_weight, of_bias, *[None] * 4


def _through_moments(
    mean: Tensor, of_mean: Tensor, of_variance: Tensor, x: Tensor, dim: int
) -> tuple[Tensor, Tensor]:
    """Slope and shift of the gradient in ``x``, from that in its moments over ``dim``."""
    slope = of_variance * (2 / x.shape[dim])
    return slope, of_mean / x.shape[dim] - slope * mean


def _differentiable(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
    """The gradient by way of :func:`switched_rows`."""
    x, mean_shares, variance_shares, weight, bias, _, _, *held, _, _ = ctx.saved_tensors
    batch = None if ctx.own else (held[0], held[1])
    y = switched_rows(x, mean_shares, variance_shares, weight, bias, ctx.eps, batch)
    given, needs = (x, mean_shares, variance_shares, weight, bias), ctx.needs_input_grad
    needed = [t for t, need in zip(given, needs, strict=False) if need]
    found = iter(torch.autograd.grad(y, needed, grad, create_graph=True))
    return tuple(next(found) if need else None for need in needs)
