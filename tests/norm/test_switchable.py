"""Switchable norm of rows: the gradient that is written out, against that of the formula."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd import forward_ad, gradcheck, gradgradcheck
from torch.func import grad, vmap

from styler.norm import SwitchableNorm, switchable_norm
from styler.norm.activation.switchable_rows import switched_rows
from styler.norm.statistics import Stats


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def values(affine: str) -> list[Any]:
    """Rows, two sets of shares that do not sum to one, weight, bias."""
    given = [
        torch.randn(5, 4) * 2 + 1,
        torch.rand(3),
        torch.rand(3),
        torch.randn(4),
        torch.randn(4),
    ]
    kept: list[Any] = [v.double().requires_grad_() for v in given]
    if affine == "none":
        kept[3:] = [None, None]
    if affine == "bias":
        kept[3] = None
    return kept


@pytest.mark.parametrize("affine", ["both", "none", "bias"])
@pytest.mark.parametrize("given", [False, True])
def test_value_and_both_gradients(affine: str, given: bool) -> None:
    batch: Stats | None = None
    if given:
        batch = torch.randn(4).double(), torch.rand(4).double() + 0.5
    all_of_it = values(affine)
    leaves = [v for v in all_of_it if v is not None]

    def function(*args: Any) -> Tensor:
        rest = iter(args)
        whole: list[Any] = [None if v is None else next(rest) for v in all_of_it]
        return switchable_norm(*whole, eps=1e-3, batch=batch)

    expected = switched_rows(*all_of_it, eps=1e-3, batch=batch)
    torch.testing.assert_close(function(*leaves), expected)
    assert gradcheck(function, leaves)
    assert gradgradcheck(function, leaves)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # torch's own use of it
def test_transforms_of_rows_take_the_formula() -> None:
    m = SwitchableNorm(4, track_running_stats=False).double()
    x, direction = torch.randn(6, 4).double(), torch.randn(6, 4).double()
    with forward_ad.dual_level():
        moved = forward_ad.unpack_dual(m(forward_ad.make_dual(x, direction))).tangent
    step = 1e-6 * direction
    torch.testing.assert_close(moved, (m(x + step) - m(x - step)) / 2e-6, rtol=1e-6, atol=1e-6)
    loss: Callable[[Tensor], Tensor] = lambda rows: m(rows).square().sum()  # noqa: E731
    leaf = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(loss(leaf), leaf)
    torch.testing.assert_close(grad(loss)(x), expected)
    batches = torch.stack([x, direction])
    torch.testing.assert_close(vmap(m)(batches), torch.stack([m(x), m(direction)]))
    compiled = torch.compile(m, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), m(x))


@pytest.mark.parametrize("layout", ["rows", "turned", "every other"])
def test_rows_lie_in_memory_as_they_may(layout: str) -> None:
    x = {
        "rows": torch.randn(6, 4),
        "turned": torch.randn(4, 6).T,
        "every other": torch.randn(6, 8)[:, ::2],
    }[layout].requires_grad_()
    m, twin = SwitchableNorm(4), SwitchableNorm(4)
    copy = x.detach().double().contiguous().requires_grad_()
    for module, rows in ((m, x), (twin.double(), copy)):
        module(rows).sum(1).square().sum().backward()  # an expanded gradient
    torch.testing.assert_close(x.grad, copy.grad, check_dtype=False)
    for name, held in m.state_dict().items():
        torch.testing.assert_close(held, twin.state_dict()[name], check_dtype=False)


def test_rows_far_from_zero() -> None:
    x = torch.randn(64, 16) + 1000
    m = SwitchableNorm(16)
    exact = SwitchableNorm(16).double()(x.double())
    torch.testing.assert_close(m(x).double(), exact, rtol=0, atol=2e-3)


def test_one_row_has_no_batch_to_vary() -> None:
    m = SwitchableNorm(4)
    assert m(torch.randn(1, 4)).isfinite().all()
    assert m.running_var is not None and m.running_var.isfinite().all()
