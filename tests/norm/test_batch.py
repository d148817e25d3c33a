"""Running statistics, freezing, folding, the evaluation average, and relatives of batch norm."""

import subprocess
import sys
from collections import OrderedDict
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import update_bn

from styler.errors import ParameterError
from styler.norm import (
    BatchGroupNorm,
    BatchNorm,
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    BatchRenorm,
    GhostBatchNorm,
    SwitchableNorm,
    SyncBatchNorm,
    WeighedBatchNorm,
    choose_alpha,
    decorrelated_batch_norm,
    fold_batch_norm,
    fold_batch_norms,
    norm,
    renorm_limits,
    sync_batch_norms,
    weigh_examples,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("momentum", [0.1, 0.3, None])
@pytest.mark.parametrize(
    ("ours", "theirs", "shape"),
    [
        (BatchNorm1d, nn.BatchNorm1d, (5, 4)),
        (BatchNorm1d, nn.BatchNorm1d, (5, 4, 3)),
        (BatchNorm2d, nn.BatchNorm2d, (5, 4, 3, 2)),
        (BatchNorm3d, nn.BatchNorm3d, (5, 4, 3, 2, 2)),
    ],
)
def test_trains_and_evaluates_as_torch(
    ours: type[BatchNorm], theirs: type[nn.Module], shape: tuple[int, ...], momentum: float | None
) -> None:
    a, b = ours(4, momentum=momentum), theirs(4, momentum=momentum)
    for step in range(3):
        x = torch.randn(shape) * (step + 1) + step
        torch.testing.assert_close(a(x), b(x))
    torch.testing.assert_close(dict(a.state_dict()), dict(b.state_dict()))
    torch.testing.assert_close(a.eval()(x), b.eval()(x))
    fresh = ours(4)
    fresh.load_state_dict(b.state_dict())
    torch.testing.assert_close(fresh.eval()(x), b(x))


def test_rank_is_checked_with_the_remedy() -> None:
    with pytest.raises(ParameterError, match="use BatchNorm1d or BatchNorm"):
        BatchNorm2d(4)(torch.ones(3, 4, 5))
    with pytest.raises(ParameterError, match="use BatchNorm2d or BatchNorm"):
        BatchNorm3d(4)(torch.ones(3, 4, 5, 5))


def test_masked_running_statistics_are_those_of_what_is_seen() -> None:
    x = torch.randn(4, 3, 5, 6)
    mask = torch.ones(4, 1, 5, 6)
    mask[2:] = 0  # two padded samples
    mask[:, :, :, 4:] = 0  # two padded columns
    masked, plain = BatchNorm(3), BatchNorm(3)
    out = masked(x, mask)
    torch.testing.assert_close(out[:2, :, :, :4], plain(x[:2, :, :, :4]), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(dict(masked.state_dict()), dict(plain.state_dict()))


def test_given_statistics_leave_the_running_ones_alone() -> None:
    m = BatchNorm(3)
    before = deepcopy(m.state_dict())
    m(torch.randn(4, 3, 2, 2), stats=(torch.zeros(3), torch.ones(3)))
    torch.testing.assert_close(m.state_dict(), before)


def test_frozen_evaluates_in_training_and_back() -> None:
    m = BatchNorm(3)
    x = torch.randn(4, 3, 5, 6)
    m(x)
    expected = deepcopy(m).eval()(x)
    before = deepcopy(m.state_dict())
    torch.testing.assert_close(m.freeze()(x), expected)
    torch.testing.assert_close(m.state_dict(), before)
    assert "frozen" in repr(m)
    assert not torch.allclose(m.freeze(False)(x), expected)


def test_without_tracking_evaluation_uses_the_batch() -> None:
    m = BatchNorm(3, track_running_stats=False)
    x = torch.randn(4, 3, 5, 6)
    torch.testing.assert_close(m(x), m.eval()(x))


LAYERS = [
    (nn.Linear(4, 6), (5, 4)),
    (nn.Linear(4, 6, bias=False), (5, 4)),
    (nn.Conv1d(4, 6, 3), (5, 4, 7)),
    (nn.Conv2d(4, 6, 3, groups=2, bias=False), (5, 4, 6, 7)),
    (nn.Conv3d(4, 6, 2), (5, 4, 3, 4, 3)),
    (nn.ConvTranspose1d(4, 6, 3), (5, 4, 7)),
    (nn.ConvTranspose2d(4, 6, 3, groups=2, stride=2), (5, 4, 6, 7)),
]


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda v: type(v).__name__)
@pytest.mark.parametrize("kind", ["ours", "plain", "torch"])
def test_folding_changes_nothing(layer: nn.Module, shape: tuple[int, ...], kind: str) -> None:
    x = torch.randn(shape) * 2 + 1
    if kind == "torch":
        torch_kind = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
        m: nn.Module = torch_kind[len(shape)](6)
    else:
        m = BatchNorm(6, affine=kind == "ours")
    with torch.no_grad():
        for p in m.parameters():
            p.copy_(torch.rand(6) + 0.5)
        for _ in range(3):
            m(layer(x))
    m.eval()
    before = deepcopy(layer.state_dict())
    folded = fold_batch_norm(layer, m)
    torch.testing.assert_close(folded(x), m(layer(x)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(layer.state_dict(), before)


def test_a_whole_model_is_folded_where_the_order_is_known() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), BatchNorm(4), nn.ReLU(), nn.Sequential(nn.Conv2d(4, 5, 1), BatchNorm(5))
    )
    x = torch.randn(2, 3, 6, 6)
    model(x)
    folded = fold_batch_norms(model.eval())
    assert not any(isinstance(m, BatchNorm) for m in folded.modules())
    torch.testing.assert_close(folded(x), model(x), rtol=1e-4, atol=1e-5)


def test_only_what_is_fixed_in_evaluation_is_folded() -> None:
    layer = nn.Conv2d(3, 4, 3)
    for refused in (
        SwitchableNorm(4),
        WeighedBatchNorm(4, alpha=0.2),
        BatchNorm(4, track_running_stats=False),
        nn.GroupNorm(2, 4),
    ):
        with pytest.raises(ParameterError, match="cannot be folded"):
            fold_batch_norm(layer, refused)
    with pytest.raises(ParameterError, match="cannot fold a batch norm into ReLU"):
        fold_batch_norm(nn.ReLU(), BatchNorm(4))
    with pytest.raises(ParameterError, match="do not fit"):
        fold_batch_norm(layer, BatchNorm(5))


def trained() -> tuple[nn.Sequential, torch.Tensor, torch.Tensor]:
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 2)
    )
    x, y = torch.randn(8, 3, 6, 6), torch.randint(2, (8,))
    for _ in range(5):
        model(x)
    return model, x, y


def test_weighing_a_trained_model_at_alpha_zero_changes_nothing() -> None:
    model, x, _ = trained()
    before = model.eval()(x)
    weighed = weigh_examples(model)
    assert isinstance(weighed[1], WeighedBatchNorm)
    torch.testing.assert_close(weighed(x), before)
    weigh_examples(model, 0.5)
    assert weighed[1].alpha == 0.5
    assert not torch.allclose(weighed(x), before)


def test_alpha_is_chosen_by_validation_loss() -> None:
    model, x, y = trained()
    weigh_examples(model)
    with torch.no_grad():  # running statistics of other data, so that the example must count
        model[1].running_mean += 20
    best = choose_alpha(model, [(x, y)], nn.functional.cross_entropy)
    losses = {}
    for alpha in (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0):
        weigh_examples(model, alpha)
        losses[alpha] = nn.functional.cross_entropy(model.eval()(x), y).item()
    assert best == min(losses, key=lambda a: losses[a]) and best > 0
    with pytest.raises(ParameterError, match="needs a weighed batch norm"):
        choose_alpha(nn.Linear(2, 2), [(x, y)], nn.functional.cross_entropy)


def test_ghosts_move_running_statistics_one_after_the_other() -> None:
    ghost, plain = GhostBatchNorm(3, size=2), BatchNorm(3)
    x = torch.randn(5, 3, 4, 4)
    ghost(x)
    for part in x.split(2):
        plain(part)
    for name in ("running_mean", "running_var"):
        torch.testing.assert_close(getattr(ghost, name), getattr(plain, name))


def test_renorm_has_no_gradient_through_its_correction() -> None:
    x = torch.randn(4, 3, 5, 5, dtype=torch.float64)
    g = torch.randn(4, 3, 5, 5, dtype=torch.float64)
    grads = []
    for mask in (None, torch.ones(4, 1, 5, 5)):
        m = BatchRenorm(3, dtype=torch.float64)
        leaf = x.clone().requires_grad_()
        m(leaf, mask).backward(g)
        grads.append(leaf.grad)
    leaf = x.clone().requires_grad_()
    mean, sd = leaf.mean((0, 2, 3)), (leaf.var((0, 2, 3), correction=0) + 1e-5).sqrt()
    run = (1 + 1e-5) ** 0.5
    r, d = (sd / run).clamp(1 / 3, 3).detach(), (mean / run).clamp(-5, 5).detach()
    y = (leaf - mean[:, None, None]) / sd[:, None, None] * r[:, None, None] + d[:, None, None]
    y.backward(g)
    for grad in grads:
        torch.testing.assert_close(grad, leaf.grad, rtol=1e-7, atol=1e-9)


def test_renorm_schedule_is_the_papers() -> None:
    assert renorm_limits(0) == renorm_limits(5000) == (1.0, 0.0)
    assert renorm_limits(25_000)[1] == 5.0
    assert renorm_limits(40_000) == renorm_limits(10**6) == (3.0, 5.0)
    assert 1 < renorm_limits(20_000)[0] < 3


def test_renorm_trains_as_it_evaluates_once_settled() -> None:
    m = BatchRenorm(3, momentum=0.5)
    x = torch.randn(16, 3, 8, 8) * 2 + 1
    for _ in range(60):
        m(x)
    torch.testing.assert_close(m(x), m.eval()(x), rtol=1e-3, atol=1e-3)


def test_padding_with_an_odd_last_sample_is_refused_by_ghosts() -> None:
    with pytest.raises(ParameterError, match="more than one value"):
        norm("ghost_batch", 3, size=2)(torch.randn(3, 3))


def test_ghosts_count_each_in_cumulative_statistics() -> None:
    ghost = GhostBatchNorm(3, size=2, momentum=None)
    x = torch.randn(6, 3, 4, 4) + torch.arange(6.0).reshape(6, 1, 1, 1)
    ghost(x)
    torch.testing.assert_close(ghost.running_mean, x.mean((0, 2, 3)))
    assert ghost.num_batches_tracked == 3


@pytest.mark.parametrize("name", ["batch", "batch_renorm", "ghost_batch", "switchable"])
def test_a_batch_of_which_nothing_is_seen_moves_nothing(name: str) -> None:
    m = norm(name, 3)
    m(torch.randn(4, 3, 5, 5) + 5)
    before = deepcopy((m.running_mean, m.running_var))
    assert m(torch.randn(4, 3, 5, 5), torch.zeros(4, 1, 5, 5)).isfinite().all()
    torch.testing.assert_close((m.running_mean, m.running_var), before)


@pytest.mark.parametrize(
    "name", ["weight", "weight_standardization", "scaled_weight_standardization", "spectral"]
)
def test_a_parametrized_weight_is_folded_as_it_is_used(name: str) -> None:
    layer, m = norm(name, nn.Conv2d(3, 4, 3)), BatchNorm(4)
    x = torch.randn(5, 3, 6, 6)
    m(layer(x))
    layer.eval(), m.eval()
    expected = m(layer(x))
    folded = fold_batch_norm(layer, m)
    assert type(folded) is nn.Conv2d
    assert folded.weight.requires_grad
    torch.testing.assert_close(folded(x), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(m(layer(x)), expected)  # the original still works


def test_batch_group_norm_is_folded_by_its_groups_statistics() -> None:
    layer, m = nn.Linear(3, 4), norm("batch_group", 4, 2)
    x = torch.randn(9, 3) * 2
    m(layer(x))
    m.eval()
    torch.testing.assert_close(fold_batch_norm(layer, m)(x), m(layer(x)), rtol=1e-4, atol=1e-5)


def test_only_norms_that_evaluate_as_batch_norm_are_weighed() -> None:
    model = nn.Sequential(
        SwitchableNorm(4), norm("batch_group", 4, 2), BatchRenorm(4), BatchNorm(4).freeze()
    )
    x = torch.randn(6, 4, 5, 5) * 2 + 1
    model(x)
    before = model.eval()(x)
    kinds = [type(m) for m in weigh_examples(model)]
    assert kinds == [SwitchableNorm, BatchGroupNorm, WeighedBatchNorm, WeighedBatchNorm]
    torch.testing.assert_close(model(x), before)
    assert model[3].frozen
    assert isinstance(weigh_examples(nn.SyncBatchNorm(4)), WeighedBatchNorm)


def test_at_alpha_zero_the_example_does_not_count_even_if_its_statistics_are_given() -> None:
    m = WeighedBatchNorm(3).eval()
    x = torch.randn(2, 3, 4, 4)
    given = (torch.full((2, 3), 7.0), torch.ones(2, 3))
    torch.testing.assert_close(m(x, stats=given), m(x))
    m.alpha = 1.0
    assert not torch.allclose(m(x, stats=given), m(x))


def test_choosing_alpha_leaves_every_part_in_its_mode() -> None:
    model, x, y = trained()
    weigh_examples(model.train())
    model[0].eval()
    choose_alpha(model, [(x, y)], nn.functional.cross_entropy)
    assert [m.training for m in model] == [False, True, True, True, True]


RELATIVES = [GhostBatchNorm, BatchRenorm, WeighedBatchNorm, SwitchableNorm]


@pytest.mark.parametrize("kind", [BatchNorm, BatchNorm2d, *RELATIVES])
def test_torchs_tools_know_a_batch_norm(kind: type[BatchNorm]) -> None:
    x = torch.randn(8, 3, 4, 4) * 2 + 5
    model = nn.Sequential(kind(3))
    model(x - 50)
    update_bn([x[:4], x[4:]], model)
    torch.testing.assert_close(model[0].running_mean, x.mean((0, 2, 3)), rtol=1e-5, atol=1e-5)
    assert model[0].momentum == 0.1


def test_torch_makes_its_own_sync_batch_norm_of_ours() -> None:
    ours = BatchNorm2d(3, eps=1e-3, momentum=0.2)
    ours(torch.randn(4, 3, 2, 2))
    theirs = nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(ours))[0]
    assert type(theirs) is nn.SyncBatchNorm and (theirs.eps, theirs.momentum) == (1e-3, 0.2)
    torch.testing.assert_close(theirs.state_dict(), ours.state_dict())


def test_torch_takes_running_statistics_off() -> None:
    model = nn.Sequential(BatchNorm(3))
    torch.func.replace_all_batch_norm_modules_(model)
    x = torch.randn(4, 3, 5, 5)
    torch.testing.assert_close(model(x), nn.BatchNorm2d(3)(x))
    vmapped = torch.func.vmap(model)(torch.stack([x, x + 1]))
    torch.testing.assert_close(vmapped[0], model(x))


def test_sync_batch_norms_leaves_relatives_alone() -> None:
    model = nn.Sequential(nn.BatchNorm2d(3), BatchNorm(3), *(kind(3) for kind in RELATIVES))
    x = torch.randn(4, 3, 5, 5)
    model(x)
    before = model.eval()(x)
    converted = sync_batch_norms(model)
    kinds = [type(m) for m in converted]
    assert kinds == [SyncBatchNorm, SyncBatchNorm, *RELATIVES]
    torch.testing.assert_close(converted(x), before)
    assert type(sync_batch_norms(nn.BatchNorm1d(3))) is SyncBatchNorm


WORKER = """
import os, sys, torch, torch.distributed as dist
from styler.norm import SyncBatchNorm
folder, rank = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
given = torch.load(f"{folder}/given")
m = SyncBatchNorm(3, dtype=torch.float64)
m.load_state_dict(given["state"])
share = slice(0, 3) if rank == 0 else slice(3, None)
out = {}
for name, mask in (("plain", None), ("masked", given["mask"][share])):
    x = given["x"][share].clone().requires_grad_()
    y = m(x, mask)
    y.backward(given["direction"][share])
    out[name] = (y.detach(), x.grad, m.running_mean.clone(), m.running_var.clone())
torch.save(out, f"{folder}/{rank}")
dist.barrier()
os._exit(0)  # gloo's threads may abort a process that ends while the other one leaves
"""


def test_two_processes_normalize_as_one(tmp_path: Path) -> None:
    """Three samples here and five there, masked and not, forward and backward."""
    shape = (8, 3, 4, 5)
    x, direction = torch.randn(shape).double() * 3 + 2, torch.randn(shape).double()
    mask = (torch.rand(8, 1, 4, 5) < 0.6).double()
    alone = BatchNorm(3, dtype=torch.float64)
    nn.init.uniform_(alone.weight)
    given = {"x": x, "direction": direction, "mask": mask, "state": alone.state_dict()}
    torch.save(given, tmp_path / "given")
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    workers = [subprocess.Popen([*command, str(rank)], cwd=ROOT) for rank in range(2)]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    parts = [torch.load(tmp_path / str(rank)) for rank in range(2)]
    for name, seen in (("plain", None), ("masked", mask)):
        leaf = x.clone().requires_grad_()
        y = alone(leaf, seen)
        y.backward(direction)
        for part in parts:
            torch.testing.assert_close(part[name][2:], (alone.running_mean, alone.running_var))
        joined = [torch.cat([part[name][i] for part in parts]) for i in range(2)]
        torch.testing.assert_close(joined, [y.detach(), leaf.grad])


@pytest.mark.parametrize(
    ("name", "args"),
    [
        *((name, ()) for name in ("batch", "batch_renorm", "ghost_batch", "switchable")),
        ("batch_group", (2,)),
        ("sync_batch", ()),
    ],
)
def test_a_mask_times_a_constant_is_the_same_mask(name: str, args: tuple[int, ...]) -> None:
    x, mask = torch.randn(4, 4, 2, 2).double(), torch.rand(4, 1, 2, 2).double()
    states = []
    for factor in (1.0, 0.1):
        m = norm(name, 4, *args).double()
        m(x, mask * factor)
        states.append(m.state_dict())
    torch.testing.assert_close(*states)


def test_checkpoints_without_a_count_are_loaded_as_torch_loads_them() -> None:
    state = nn.BatchNorm2d(3).state_dict()
    del state["num_batches_tracked"]
    for plain in (dict(state), OrderedDict(state)):
        for kind in (BatchNorm, *RELATIVES[:3]):
            m = kind(3)
            m.load_state_dict(plain)
            assert m.num_batches_tracked == 0


def test_a_subclass_may_reset_what_it_adds() -> None:
    class Scaled(BatchNorm):
        def __init__(self, num_features: int) -> None:
            super().__init__(num_features)
            self.scale = nn.Parameter(torch.zeros(()))

        def reset_parameters(self) -> None:
            super().reset_parameters()
            nn.init.zeros_(self.scale)

    assert Scaled(3).scale == 0


class Block(nn.Module):
    """A residual block as people write them: no ``Sequential``, functions in between."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.second, self.own = nn.Conv2d(4, 4, 1), BatchNorm(4)
        self.twice, self.after = nn.Conv2d(4, 4, 1), BatchNorm(4)
        self.shared, self.before = BatchNorm(4), nn.Conv2d(4, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.own(self.second(torch.relu(self.bn(self.conv(x)))))
        z = self.twice(y)
        y = self.after(z) + z  # what the layer gives goes elsewhere, too
        return x + self.shared(self.before(y)) + self.shared(y)


def settled(model: nn.Module, x: torch.Tensor) -> nn.Module:
    for _ in range(3):
        model(x)
    return model.eval()


def test_what_a_trace_shows_is_folded() -> None:
    x = torch.randn(2, 4, 6, 6)
    model = settled(Block(), x)
    folded = fold_batch_norms(model)
    torch.testing.assert_close(folded(x), model(x), rtol=1e-4, atol=1e-5)
    assert type(folded) is Block
    kinds = [type(getattr(folded, name)) for name in ("bn", "own", "after", "shared")]
    assert kinds == [nn.Identity, nn.Identity, BatchNorm, BatchNorm]


def test_parts_of_what_cannot_be_traced_are_folded() -> None:
    class Branching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = Block()
            self.tail = nn.Sequential(nn.Conv2d(4, 4, 1), BatchNorm(4))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.tail(self.block(x) if x.sum() > 0 else self.block(-x))

    x = torch.randn(2, 4, 6, 6)
    model = settled(Branching(), x)
    folded = fold_batch_norms(model)
    torch.testing.assert_close(folded(x), model(x), rtol=1e-4, atol=1e-5)
    assert isinstance(folded.block.bn, nn.Identity) and isinstance(folded.tail[1], nn.Identity)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_newtons_iteration_nears_the_exact_whitening(groups: int) -> None:
    x = torch.randn(16, 4, 5, 5).double()
    x[:, 1] += x[:, 0]
    exact = decorrelated_batch_norm(x, groups, steps=None)
    apart = [
        float((decorrelated_batch_norm(x, groups, steps=steps) - exact).abs().max())
        for steps in (3, 6, 12)
    ]
    assert apart[0] >= apart[1] >= apart[2]
    assert apart[2] < 1e-6
    if groups == 4:
        torch.testing.assert_close(exact, BatchNorm(4).double()(x))
    rows = exact.transpose(0, 1).reshape(groups, 4 // groups, -1)
    identity = torch.eye(4 // groups).double().expand(groups, -1, -1)
    torch.testing.assert_close(rows @ rows.mT / rows.shape[2], identity, rtol=0, atol=1e-3)


def test_tracked_instance_norm_is_torchs() -> None:
    ours = norm("instance", 3, track_running_stats=True, momentum=0.3)
    theirs = nn.InstanceNorm2d(3, affine=True, track_running_stats=True, momentum=0.3)
    for _ in range(3):
        x = torch.randn(4, 3, 5, 6) * 2 + 1
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), rtol=1e-5, atol=1e-5)


def test_switchable_norm_of_rows_is_that_of_maps_of_one_position() -> None:
    rows = torch.randn(9, 4).double() * 2 + 1
    maps = rows[:, :, None, None]
    a, b = SwitchableNorm(4).double(), SwitchableNorm(4).double()
    for m in (a, b):
        with torch.no_grad():
            m.mean_logits.copy_(torch.tensor([0.3, -0.2, 0.5]))
            m.variance_logits.copy_(torch.tensor([-1.0, 0.4, 0.1]))
    x, y = rows.clone().requires_grad_(), maps.clone().requires_grad_()
    out, expected = a(x), b(y)
    torch.testing.assert_close(out, expected[:, :, 0, 0])
    direction = torch.randn(9, 4).double()
    out.backward(direction)
    expected.backward(direction[:, :, None, None])
    assert x.grad is not None and y.grad is not None
    torch.testing.assert_close(x.grad, y.grad[:, :, 0, 0])
    torch.testing.assert_close(a.state_dict(), b.state_dict())
    torch.testing.assert_close(a.eval()(rows), b.eval()(maps)[:, :, 0, 0])
