"""GradNorm on toy tasks: weights that sum to their number and gradients that even out."""

import pytest
import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm import GradNorm


def tasks(shared: Tensor) -> list[Tensor]:
    """Two like tasks, one a hundred times as loud."""
    return [(shared - 1).square().sum(), 100 * (shared + 1).square().sum()]


def lengths(weights: Tensor, shared: Tensor) -> Tensor:
    grads = [torch.autograd.grad(loss, shared)[0] for loss in tasks(shared)]
    return torch.stack([w * g.norm() for w, g in zip(weights, grads, strict=True)])


def test_gradient_norms_even_out_with_alpha_zero() -> None:
    shared = nn.Parameter(torch.zeros(4))
    balance = GradNorm(2, alpha=0.0, rate=0.02)
    for _ in range(400):
        balance(tasks(shared), shared)
        assert balance.weights.sum().item() == pytest.approx(2, rel=1e-5)
    a, b = lengths(balance.weights, shared)
    assert float(a / b) == pytest.approx(1, rel=0.1)


def test_returns_the_weighted_sum_and_moves_afterwards() -> None:
    shared = nn.Parameter(torch.zeros(4))
    balance = GradNorm(2)
    losses = tasks(shared)
    total = balance(losses, [shared])
    torch.testing.assert_close(total, losses[0] + losses[1])
    total.backward()
    assert shared.grad is not None
    moved = balance.weights.clone()
    assert moved[0] > 1 > moved[1]
    torch.testing.assert_close(
        balance.eval()(tasks(shared), shared),
        sum(w * t for w, t in zip(moved, tasks(shared), strict=True)),
    )
    torch.testing.assert_close(balance.weights, moved)


def test_one_step_is_the_papers() -> None:
    """Against the derivative of L_grad itself, by automatic differentiation."""
    shared = nn.Parameter(torch.tensor([0.3, -0.2]))
    balance = GradNorm(2, alpha=1.5, rate=0.01)
    balance.initial.copy_(torch.tensor([4.0, 150.0]))
    losses = tasks(shared)
    log_w = torch.zeros(2, requires_grad=True)
    w = log_w.exp()
    g = [torch.autograd.grad(loss, shared, retain_graph=True)[0].norm() for loss in losses]
    norms = w * torch.stack(g)
    ratio = torch.stack(losses).detach() / balance.initial
    target = (norms.mean() * (ratio / ratio.mean()) ** 1.5).detach()
    (slope,) = torch.autograd.grad((norms - target).abs().sum(), log_w)
    expected = torch.exp(-0.01 * slope / norms.mean().detach())
    balance(losses, shared)
    torch.testing.assert_close(balance.weights, expected * 2 / expected.sum())


def test_slow_tasks_gain_weight() -> None:
    shared = nn.Parameter(torch.zeros(2))
    fast, slow = nn.Parameter(torch.tensor(1.0)), 1.0
    balance = GradNorm(2, alpha=1.5)
    for _ in range(20):
        losses = [fast * (shared - 1).square().sum(), slow * (shared + 1).square().sum()]
        balance([loss + 0 * shared.sum() for loss in losses], shared)
        with torch.no_grad():
            fast.mul_(0.99)  # task 0 gets better, task 1 does not
    assert balance.weights[1] > balance.weights[0]


def test_state_and_errors() -> None:
    shared = nn.Parameter(torch.zeros(2))
    a, b = GradNorm(2), GradNorm(2)
    a(tasks(shared), shared)
    b.load_state_dict(a.state_dict())
    torch.testing.assert_close(a(tasks(shared), shared), b(tasks(shared), shared))
    torch.testing.assert_close(a.weights, b.weights)
    assert repr(a) == "GradNorm(2, alpha=1.5, rate=0.025)"
    with pytest.raises(ParameterError, match="expected 2 losses"):
        a(tasks(shared)[:1], shared)
    with pytest.raises(ParameterError, match="above zero"):
        GradNorm(1)([(shared * 0).sum()], shared)
    with pytest.raises(ParameterError, match="alpha must be"):
        GradNorm(2, alpha=-1)


def test_one_loss_that_is_no_number_is_passed_over() -> None:
    balance, shared = GradNorm(2), nn.Parameter(torch.ones(3))
    balance([(shared**3).sum(), shared.sum() * 2], shared)
    before = balance.weights.clone()
    for bad in (float("nan"), float("inf")):
        balance([(shared**3).sum() * bad, shared.sum() * 2], shared)
        assert torch.equal(balance.weights, before)
    balance([(shared**3).sum(), shared.sum() * 2], shared)
    assert balance.weights.isfinite().all() and not torch.equal(balance.weights, before)
    late = GradNorm(2)
    late([shared.sum() * float("nan"), shared.sum()], shared)
    late([shared.sum(), shared.sum()], shared)
    assert late.initial.tolist() == [3.0, 3.0]
