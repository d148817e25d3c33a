"""Decorrelated batch normalization: channels whitened over the batch, exactly or by iteration.

Huang, Yang, Lang & Deng 2018, "Decorrelated Batch Normalization", arXiv:1804.08450 (ZCA); Huang,
Zhou, Zhu, Liu & Shao 2019, "Iterative Normalization: Beyond Standardization towards Efficient
Whitening", arXiv:1904.03441 (Newton's iteration).
"""

from math import prod

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.activation.batch import BatchNorm
from styler.norm.activation.group import check_groups
from styler.norm.activation.whitening import like, matrix_power
from styler.norm.base import check_count, check_features, check_shape
from styler.norm.moments import seen, spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import Stats, channel_rescale, check_stats, wide

__all__ = ["DecorrelatedBatchNorm", "decorrelated_batch_norm", "inverse_square_root"]


def inverse_square_root(matrix: Tensor, steps: int = 5) -> Tensor:
    r"""Inverse square root of positive definite matrices by Newton's iteration.

    .. math:: P_0 = I, \qquad P_{k+1} = \tfrac{1}{2} (3 P_k - P_k^3 \Sigma_N), \qquad
              \Sigma_N = \Sigma / \mathrm{tr}(\Sigma), \qquad
              \Sigma^{-1/2} \approx P_T / \sqrt{\mathrm{tr}(\Sigma)}

    Args:
        matrix: ``(*, d, d)``, float32 or float64.
        steps: ``T``; default 5, the paper's. Small variances are reached later than large ones.

    Source: Huang et al. 2019, algorithm 1.
    """
    trace = matrix.diagonal(dim1=-2, dim2=-1).sum(-1)[..., None, None]
    scaled = matrix / trace
    power = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device).expand_as(matrix)
    for _ in range(steps):
        power = 1.5 * power - 0.5 * power @ power @ power @ scaled
    return power * trace.rsqrt()


def batch_covariance(x: Tensor, groups: int, mask: Tensor | None = None) -> Stats:
    """Mean ``(C,)`` and covariance ``(groups, C/groups, C/groups)`` over the batch."""
    c = x.shape[1]
    rows = wide(x).transpose(0, 1).reshape(c, -1) if x.numel() else wide(x).new_zeros(c, 1)
    if mask is None:
        mean = rows.mean(1)
        centred = (rows - mean[:, None]).reshape(groups, c // groups, -1)
        return mean, centred @ centred.mT / rows.shape[1]
    weights = spatial_mask(x, mask).to(rows.dtype).reshape(1, -1)
    rows = seen(rows, weights)
    total = weights.sum().clamp_min(torch.finfo(rows.dtype).tiny)
    mean = (rows * weights).sum(1) / total
    centred = (rows - mean[:, None]).reshape(groups, c // groups, -1)
    return mean, (centred * weights) @ centred.mT / total


def decorrelated_batch_norm(
    x: Tensor,
    groups: int = 1,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    steps: int | None = 5,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Whiten groups of channels over the batch.

    .. math:: y = \gamma \odot (\Sigma_B + \epsilon I)^{-1/2} (x - \mu_B) + \beta

    Args:
        x: ``(N, C, *spatial)``, ``(N, C)`` included, any floating dtype.
        groups: channels of a group are whitened together; must divide ``C``. ``C`` groups are batch
            norm.
        weight, bias: ``(C,)``; ``None`` is 1 and 0.
        eps: added to the variances; default 1e-5.
        steps: of Newton's iteration (default 5); ``None`` is exact, by eigenvalues.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the statistics.
        stats: mean ``(C,)`` and covariance ``(groups, C/groups, C/groups)``, used instead of the
            batch's own.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: groups that do not divide the channels, a mask or statistics that do not
            fit.

    Source: Huang et al. 2019, algorithm 1 (``steps``); Huang et al. 2018, eq. 4 (``None``). Not in
    torch.
    """
    check_features(x)
    n, c, *spatial = x.shape
    groups = check_groups(groups, c)
    for what, value in (("weight", weight), ("bias", bias)):
        check_shape(what, value, (c,))
    size = c // groups
    mean, matrix = batch_covariance(x, groups, mask) if stats is None else stats
    check_stats(mean, (c,))
    check_stats(matrix, (groups, size, size))
    if steps is None:
        white = matrix_power(wide(matrix), -0.5, eps)
    else:
        ridge = eps * torch.eye(size, dtype=wide(matrix).dtype, device=matrix.device)
        white = inverse_square_root(wide(matrix) + ridge, steps)
    rows = (wide(x) - wide(mean).reshape(-1, *[1] * len(spatial))).reshape(
        n, groups, size, prod(spatial)
    )
    y = like(x, (white @ rows).reshape(x.shape))
    scale = torch.ones_like(wide(mean)) if weight is None else weight
    shift = torch.zeros_like(wide(mean)) if bias is None else bias
    return channel_rescale(y, wide(scale), wide(shift)).to(x.dtype)


@register(
    "decorrelated_batch",
    "activation",
    functional=decorrelated_batch_norm,
    axes="N, H, W of C/G channels, by pairs",
    formula="y = g (cov + eps I)^(-1/2) (x - mean) + b; running statistics in evaluation",
    batch=True,
    modes=True,
    shines="networks whose features should not say the same twice; faster convergence",
    source="Huang et al. 2018, arXiv:1804.08450; Huang et al. 2019, arXiv:1904.03441",
    channel_dim=1,
    aliases=("iter_norm", "dbn"),
)
class DecorrelatedBatchNorm(BatchNorm):
    """:func:`decorrelated_batch_norm` in training, running mean and covariance in evaluation.

    Published code averages whitening matrices; here it is covariances, whose average is one.

    Args:
        num_features: channels ``C``.
        groups: number of groups; default 1.
        steps: of Newton's iteration (default 5, IterNorm); ``None`` is exact (DBN).
        eps, momentum, affine, bias, track_running_stats, device, dtype: see
            :class:`styler.norm.BatchNorm`.
    """

    running_cov: Tensor | None

    def __init__(
        self,
        num_features: int,
        *,
        groups: int = 1,
        steps: int | None = 5,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        bias: bool = True,
        track_running_stats: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            num_features,
            eps=eps,
            momentum=momentum,
            affine=affine,
            bias=bias,
            track_running_stats=track_running_stats,
            device=device,
            dtype=dtype,
        )
        self.groups = check_groups(groups, self.num_features)
        self.steps = None if steps is None else check_count("steps", steps)
        size = self.num_features // self.groups
        start = torch.eye(size, device=device, dtype=dtype).repeat(self.groups, 1, 1)
        self.register_buffer("running_cov", start if track_running_stats else None)
        self.running_var = None  # the covariance has it

    def reset_running_stats(self) -> None:
        """Forget all batches: mean zero, covariance one, count zero."""
        if self.running_mean is None or self.running_cov is None:
            return
        assert self.num_batches_tracked is not None
        self.running_mean.zero_()
        self.num_batches_tracked.zero_()
        self.running_cov.copy_(torch.eye(self.running_cov.shape[1]))

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        self.check_input(x)
        if stats is None and self.uses_batch() and x.numel():
            if x.shape[0] * prod(x.shape[2:]) == 1:
                raise ParameterError(
                    f"whitening needs more than one value per channel, got {tuple(x.shape)}"
                )
            stats = batch_covariance(x, self.groups, mask)
            self._update(stats, mask)
        elif stats is None and self.running_mean is not None and self.running_cov is not None:
            stats = self.running_mean, self.running_cov
        return decorrelated_batch_norm(
            x, self.groups, self.weight, self.bias, self.eps, steps=self.steps, stats=stats
        )

    @torch.no_grad()
    def _update(self, stats: Stats, mask: Tensor | None) -> None:
        if self.running_mean is None or self.running_cov is None:
            return
        rate = torch.as_tensor(self.next_momentum())
        if mask is not None:  # nothing seen, nothing moved
            rate = rate * (mask > 0).any()
        for running, fresh in zip((self.running_mean, self.running_cov), stats, strict=True):
            running.add_((fresh.to(running.dtype) - running) * rate)

    def evaluation_stats(self) -> None:
        """None: a whitening is no scale and shift of each channel."""

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, groups={self.groups}, steps={self.steps}"
