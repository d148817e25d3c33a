"""A learning rate that warms up, which post-norm transformers need.

Vaswani et al. 2017, arXiv:1706.03762, section 5.3; why: Xiong et al. 2020, arXiv:2002.04745.
"""

from typing import Literal

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from styler.errors import ParameterError
from styler.norm.base import check_count

__all__ = ["WarmUp"]


class WarmUp(LRScheduler):
    r"""Raise the learning rate from nearly zero in a straight line, then hold or lower it.

    .. math:: \eta_t = \eta \min\left(\frac{t}{T}, 1\right) \quad\text{or}\quad
              \eta_t = \eta \min\left(\frac{t}{T}, \sqrt{\frac{T}{t}}\right), \quad t = 1, 2, \ldots

    Args:
        optimizer: its learning rates are the peaks ``eta``.
        steps: ``T``, steps until the peak.
        after: "constant" (default), or "inverse_sqrt" for the decay of Vaswani et al., who give the
            peak as ``(d T) ** -0.5``.
        last_epoch: steps done already; -1 starts anew.

    Call ``step()`` after each ``optimizer.step()``.

    Raises:
        ParameterError: no positive number of steps, or an unknown ``after``.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        steps: int,
        *,
        after: Literal["constant", "inverse_sqrt"] = "constant",
        last_epoch: int = -1,
    ) -> None:
        self.steps = check_count("steps", steps)
        if after not in ("constant", "inverse_sqrt"):
            raise ParameterError(f"after must be constant or inverse_sqrt, not {after!r}")
        self.after = after
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """Learning rate of each group for the coming step."""
        t = self.last_epoch + 1
        falling = (self.steps / t) ** 0.5 if self.after == "inverse_sqrt" else 1.0
        factor = min(t / self.steps, falling)
        return [base * factor for base in self.base_lrs]
