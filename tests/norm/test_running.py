"""Norms whose backward pass is not the gradient of their formula, against the papers' loops."""

import pytest
import torch
from torch import Tensor, nn

from styler.norm import OnlineNorm, PowerNorm, match_distribution, moments, online_norm, power_norm


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def test_online_norm_steps_through_time_both_ways() -> None:
    """Equations 8 to 10, sample by sample, over two batches; layer scaling is left to autograd."""
    m = OnlineNorm(3, decay=(0.9, 0.8), layer_scaling=False, affine=False, dtype=torch.float64)
    mean, var = torch.zeros(3).double(), torch.ones(3).double()
    along_y, along_one = torch.zeros(3).double(), torch.zeros(3).double()
    for _ in range(2):
        x = (torch.randn(5, 3, 4, 2).double() * 2 + 1).requires_grad_()
        direction = torch.randn(5, 3, 4, 2).double()
        y = m(x)
        y.backward(direction)
        assert x.grad is not None
        for t in range(5):
            sd = torch.sqrt(var + 1e-5)[:, None, None]
            expected = (x[t].detach() - mean[:, None, None]) / sd
            torch.testing.assert_close(y[t], expected)
            own = x[t].detach().mean((1, 2))
            own_var = x[t].detach().var((1, 2), correction=0)
            var = 0.9 * var + 0.1 * own_var + 0.09 * (own - mean) ** 2
            mean = 0.9 * mean + 0.1 * own
            inner = direction[t] - 0.2 * along_y[:, None, None] * expected
            along_y = along_y + (inner * expected).mean((1, 2))
            grad = inner / sd - 0.2 * along_one[:, None, None]
            along_one = along_one + grad.mean((1, 2))
            torch.testing.assert_close(x.grad[t], grad)
    torch.testing.assert_close((m.running_mean, m.running_var), (mean, var))
    torch.testing.assert_close((m.error_along_output, m.error_along_one), (along_y, along_one))


def test_online_norm_settles_on_the_statistics_of_the_stream() -> None:
    m = OnlineNorm(4, decay=(0.9, 0.9))
    for _ in range(40):
        m(torch.randn(8, 4, 6, 6) * 3 + 2)
    y = m(torch.randn(64, 4, 6, 6) * 3 + 2).detach()
    assert abs(float(y.mean())) < 0.1
    assert abs(float(y.std()) - 1) < 0.1
    x = torch.randn(2, 4, 6, 6)
    plain = online_norm(x, m.running_mean, m.running_var, layer_scaling=True)
    torch.testing.assert_close(m.eval()(x), plain)


def test_power_norm_is_algorithm_two() -> None:
    m = PowerNorm(4, decay=0.7, affine=False, dtype=torch.float64)
    square, error = torch.ones(4).double(), torch.zeros(4).double()
    for _ in range(3):
        x = (torch.randn(2, 5, 4).double() * 2 + 1).requires_grad_()
        direction = torch.randn(2, 5, 4).double()
        y = m(x)
        y.backward(direction)
        root = torch.sqrt(square + 1e-5)
        hat = x.detach() / root
        torch.testing.assert_close(y, hat)
        torch.testing.assert_close(x.grad, (direction - error * hat) / root)
        size, along = hat.square().mean((0, 1)), (direction * hat).mean((0, 1))
        error = error * (1 - 0.3 * size) + 0.3 * along
        square = 0.7 * square + 0.3 * x.detach().square().mean((0, 1))
    torch.testing.assert_close((m.running_square, m.error), (square, error))


def test_power_norm_learns_from_tokens_that_are_seen() -> None:
    x, mask = torch.randn(2, 5, 4), torch.ones(2, 5, 1)
    mask[:, 3:] = 0
    dirty = torch.where(mask > 0, x, float("nan"))
    masked, plain = PowerNorm(4), PowerNorm(4)
    out = masked(dirty, mask)
    torch.testing.assert_close(out[:, :3], plain(x[:, :3]))
    torch.testing.assert_close(masked.running_square, plain.running_square)
    before = masked.running_square.clone()
    masked(x, torch.zeros(2, 5, 1))
    assert torch.equal(masked.running_square, before)
    fresh = torch.ones(4)
    power_norm(x, fresh, training=True, decay=0.0)
    torch.testing.assert_close(fresh, x.square().mean((0, 1)))


def test_matched_values_are_the_styles_and_the_gradient_the_contents() -> None:
    x = torch.randn(2, 3, 4, 5, requires_grad=True)
    style = torch.randn(2, 3, 4, 5) * 3 + 1
    y = match_distribution(x, style)
    same = torch.sort(y.detach().flatten(2), 2).values
    torch.testing.assert_close(same, torch.sort(style.flatten(2), 2).values)
    direction = torch.randn_like(y)
    y.backward(direction)
    assert x.grad is not None
    torch.testing.assert_close(x.grad, direction)
    ranks = [v.detach().flatten(2).argsort(2) for v in (x, y)]
    assert torch.equal(*ranks)
    own = moments(match_distribution(x.detach(), style[:1]))
    torch.testing.assert_close(own, tuple(s.expand(2, 3) for s in moments(style[:1])))


def descend(norm: nn.Module, x: Tensor) -> list[float]:
    model = nn.Sequential(nn.Linear(8, 8), norm, nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    losses = []
    for _ in range(80):
        loss = (model(x) - x[:, :1] * x[:, 1:2]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("norm", [OnlineNorm(8), PowerNorm(8)], ids=lambda m: type(m).__name__)
def test_a_network_learns_with_it(norm: nn.Module) -> None:
    losses = descend(norm, torch.randn(32, 8))
    assert losses[-1] < 0.7 * losses[0]
