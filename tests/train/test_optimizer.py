"""Muon against the singular value decomposition, and Adam against torch's."""

import pytest
import torch
from torch import nn

from styler.train.optimizer import Muon, orthogonal


@pytest.mark.parametrize("shape", [(8, 8), (5, 40), (40, 5), (1, 7)])
def test_orthogonal_keeps_the_directions_and_evens_their_lengths(shape: tuple[int, int]) -> None:
    matrices = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    u, _, v = torch.linalg.svd(matrices, full_matrices=False)
    inner = (u.mT @ orthogonal(matrices) @ v.mT)[1]
    assert inner.diagonal().min() > 0.6
    assert inner.diagonal().max() < 1.3
    torch.testing.assert_close(inner, inner.diagonal().diag(), rtol=0, atol=1e-3)


def test_orthogonal_of_nothing_is_nothing() -> None:
    assert not orthogonal(torch.zeros(1, 3, 4)).any()


def test_vectors_take_the_steps_of_adam() -> None:
    ours, theirs = (nn.Parameter(torch.linspace(-1, 1, 6)) for _ in range(2))
    muon = Muon([ours], lr=0.01)
    adam = torch.optim.Adam([theirs], lr=0.01, betas=(0.9, 0.99))
    for step in range(5):
        for parameter, optimizer in ((ours, muon), (theirs, adam)):
            optimizer.zero_grad()
            (parameter - step).pow(2).sum().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_step_of_a_convolution(layout: torch.memory_format) -> None:
    """Nesterov's momentum, orthogonal, at a root mean square of about 0.2 learning rates."""
    weight = nn.Parameter(torch.zeros(6, 4, 3, 3).to(memory_format=layout))
    gradients = torch.randn(2, 6, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    optimizer = Muon([weight], lr=0.1, momentum=0.9)
    mean = torch.zeros(1, 6, 36)
    for gradient in gradients:
        before = weight.detach().clone()
        weight.grad = gradient.clone()
        optimizer.step()
        flat = gradient.flatten(1)[None]
        mean = 0.9 * mean + 0.1 * flat
        expected = -0.1 * 0.2 * 6 * orthogonal(0.1 * flat + 0.9 * mean).view_as(weight)
        torch.testing.assert_close(weight.detach() - before, expected, rtol=1e-4, atol=1e-6)
        assert (weight - before).square().mean().sqrt().item() == pytest.approx(0.02, rel=0.2)


def test_together_as_alone() -> None:
    """Weights of one shape take their steps at once, each the one that it would take by itself."""
    shapes = [(4, 3, 3, 3), (6, 2, 1, 1), (4, 3, 3, 3), (4, 27), (5,), (3,)]
    rng = torch.Generator().manual_seed(0)
    start, gradients = ([torch.randn(s, generator=rng) for s in shapes] for _ in range(2))
    together, alone = ([nn.Parameter(x.clone()) for x in start] for _ in range(2))
    for parameters, muons in (
        (together, [Muon(together)]),
        (alone, [Muon([parameter]) for parameter in alone]),
    ):
        for factor in (1, -2, 3):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient * factor
            for muon in muons:
                muon.step()
    for one, other, before in zip(together, alone, start, strict=True):
        torch.testing.assert_close(one, other)
        assert not torch.equal(one, before)


def test_what_has_no_gradient_stays() -> None:
    still = nn.Parameter(torch.ones(2, 2))
    Muon([still]).step()
    assert still.eq(1).all()
