"""Tapes cut at their sites: the pieces together are the whole."""

import pytest
import torch
from torch import Tensor, nn

from styler.network.stages import Add, Save, Site, Stage, StyleEncoder, Tap, cut, residual


class Times(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


X = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))


def test_cut_leaves_one_more_stage_than_sites() -> None:
    stages, sites = cut([Times(2), Site(3), Times(3), Site(3, "sample_layer"), Site(3)])
    assert [len(stage.operations) for stage in stages] == [1, 1, 0, 0]
    assert [site.kind for site in sites] == ["style", "sample_layer", "style"]


def test_an_empty_tape_is_one_empty_stage() -> None:
    stages, sites = cut([])
    assert (len(stages), sites) == (1, [])
    assert stages[0](X, None, None)[0] is X


def test_residual_adds_the_input() -> None:
    (stage,), _ = cut(residual(Times(2), *residual(Times(10))))
    (y,) = stage(X, None, None)
    torch.testing.assert_close(y, X + 22 * X)
    assert stage.takes == 0


def test_what_was_put_aside_is_added_through_layers() -> None:
    (y,) = Stage([Save(), Times(2), Add(Times(3), Times(4))])(X, None, None)
    torch.testing.assert_close(y, 14 * X)


@pytest.mark.parametrize(
    ("tape", "takes", "gives"),
    [
        ([Save(), Site(3), Add()], [0, 1], [1, 0]),
        ([Save(), Save(), Site(3), Add(), Site(3), Add()], [0, 1, 1], [2, 0, 0]),
        ([Save(), Site(3), Save(), Site(3), Add(), Add()], [0, 0, 2], [1, 1, 0]),
        ([Save(), Site(3), Add(), Save(), Site(3), Add()], [0, 1, 1], [1, 1, 0]),
        ([Save(), Site(3), Save(), Times(2), Add(), Add()], [0, 1], [1, 0]),
        ([Save(), Site(3), Times(2), Add(Times(3), Times(4))], [0, 1], [1, 0]),
    ],
)
def test_what_crosses_a_cut(tape: list[nn.Module], takes: list[int], gives: list[int]) -> None:
    """The stack as a walk keeps it, against running the uncut tape."""
    whole = Stage([op for op in tape if not isinstance(op, Site)])
    stages, _ = cut(tape)
    assert [stage.takes for stage in stages] == takes
    ones, x, stack = torch.ones(1, 3, 1, 1), X, []
    for stage, given in zip(stages, gives, strict=True):
        kept = len(stack) - stage.takes
        x, *more = stage(x, ones, 0 * ones, *stack[kept:])
        assert len(more) == given
        stack = [*stack[:kept], *more]
    assert not stack
    torch.testing.assert_close(x, whole(X, None, None)[0])


def test_a_stage_applies_the_site_in_front() -> None:
    scale, shift = torch.tensor([1.0, 2, 3]).view(1, 3, 1, 1), torch.full((1, 3, 1, 1), 0.5)
    torch.testing.assert_close(Stage([])(X, scale, shift)[0], X * scale + shift)


def test_a_style_encoder_hands_maps_out_in_the_order_of_sites() -> None:
    encoder = StyleEncoder([Tap(1, Times(10)), Save(), Times(2), Add(), Tap(0), Times(5), Tap(2)])
    zero, one, two = encoder(X)
    torch.testing.assert_close((zero, one, two), (3 * X, 10 * X, 15 * X))


@pytest.mark.parametrize(
    ("kind", "groups", "own"),
    [("style", 16, False), ("instance", 16, True), ("group", 4, True), ("sample_layer", 1, True)],
)
def test_sites(kind: str, groups: int, own: bool) -> None:
    site = Site(16, kind, groups=4)  # type: ignore[arg-type]
    assert site.groups == groups
    assert {name for name, _ in site.named_parameters()} == ({"weight", "bias"} if own else set())
    assert repr(site) == f"Site(16, {kind}, groups={groups})"
