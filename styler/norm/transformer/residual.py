"""Where the norm stands on a residual branch: before it, after the sum, or on both sides.

Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762 (post); Xiong et al. 2020, "On
Layer Normalization in the Transformer Architecture", arXiv:2002.04745 (pre); Ding et al. 2021,
"CogView: Mastering Text-to-Image Generation via Transformers", arXiv:2105.13290 (sandwich), which
Kim et al. 2025, arXiv:2502.02732, study as Peri-LN.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_count, check_features, reset
from styler.norm.registry import norm, register

__all__ = ["Placement", "Residual"]

Placement = Literal["pre", "post", "sandwich"]
"""Where the norms of a branch stand: before it, behind the sum, or before it and behind it."""


class Residual(nn.Module):
    r"""A branch with its norm, by placement.

    .. math:: \text{pre: } x + f(n(x)), \qquad \text{post: } n(x + f(x)), \qquad
              \text{sandwich: } x + n'(f(n(x)))

    Args:
        branch: ``f``, maps ``(*, d)`` to the same shape.
        num_features: ``d``.
        placement: "pre", "post" or "sandwich". Post needs a learning rate that warms up (see
            :class:`styler.norm.WarmUp`); pre does not, but wants a norm after the last block.
        norm: of the last axis, by name, class or partial; default "layer".
        device, dtype: of the norms.

    Raises:
        ParameterError: an unknown placement or norm.

    Source: Vaswani et al. 2017 (post), Xiong et al. 2020 (pre), Ding et al. 2021 (sandwich). torch
    has the first two, built into its transformer layers as ``norm_first``, with layer norm only.
    """

    def __init__(
        self,
        branch: nn.Module,
        num_features: int,
        *,
        placement: Placement = "pre",
        norm: str | Callable[..., Any] = "layer",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if placement not in get_args(Placement):
            raise ParameterError(
                f"placement must be one of {', '.join(get_args(Placement))}, not {placement!r}"
            )
        self.num_features = check_count("num_features", num_features)
        self.placement = placement
        self.branch = branch
        self.norm = _build(norm, num_features).to(device=device, dtype=dtype)
        self.outer: nn.Module = nn.Identity()
        if placement == "sandwich":
            self.outer = _build(norm, num_features).to(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Norms as new, and the branch, by the ``reset_parameters`` of its parts."""
        for part in self.children():
            reset(part)

    def forward(self, x: Tensor, *args: Any, **options: Any) -> Tensor:
        """``args`` and ``options`` go to the branch."""
        check_features(x, self.num_features, dim=-1)
        if self.placement == "post":
            done: Tensor = self.norm(x + self.branch(x, *args, **options))
            return done
        done = self.outer(self.branch(self.norm(x), *args, **options))
        return x + done

    def extra_repr(self) -> str:
        return f"placement={self.placement!r}"


def _build(kind: str | Callable[..., Any], num_features: int) -> nn.Module:
    built = norm(kind, num_features)
    assert isinstance(built, nn.Module)
    return built


def _register(placement: Placement, formula: str, shines: str, source: str, *aliases: str) -> None:
    register(
        f"{placement}_norm",
        "transformer",
        axes="those of its norm, by default the last axis",
        formula=formula,
        shines=shines,
        source=source,
        aliases=(f"{placement}_ln", *aliases),
    )(partial(Residual, placement=placement))


_register(
    "pre",
    "y = x + f(norm(x))",
    "deep transformers: trains without warm-up",
    "Xiong et al. 2020, arXiv:2002.04745",
)
_register(
    "post",
    "y = norm(x + f(x))",
    "the original transformer; often better in the end, with warm-up",
    "Vaswani et al. 2017, arXiv:1706.03762",
)
_register(
    "sandwich",
    "y = x + norm'(f(norm(x)))",
    "large transformers in half precision: branches cannot blow up",
    "Ding et al. 2021, arXiv:2105.13290; Kim et al. 2025, arXiv:2502.02732 (Peri-LN)",
    "peri_norm",
    "peri_ln",
)
