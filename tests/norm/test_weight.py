"""Weight normalizers on real layers, against torch and against the singular value decomposition."""

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.utils import parametrizations, parametrize

from styler.errors import ParameterError
from styler.norm import (
    bound_lipschitz,
    decay_groups,
    largest_singular_value,
    names,
    norm,
    operator_norm,
    power_iteration,
    spectral_clip_,
    spectral_norm,
    weight_norm,
)
from styler.norm.weight.spectral import ConvOperator


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("layer", "dim"),
    [(nn.Linear(5, 3), 0), (nn.Conv2d(4, 6, 3, groups=2), 0), (nn.ConvTranspose2d(4, 6, 3), 1)],
)
def test_weight_norm_keeps_the_weight_and_is_torchs(layer: nn.Module, dim: int) -> None:
    before = layer.weight.detach().clone()
    theirs = parametrizations.weight_norm(deepcopy(layer), dim=dim)
    ours = weight_norm(deepcopy(layer), dim=dim)
    torch.testing.assert_close(ours.weight, before)
    assert set(theirs.state_dict()) == set(ours.state_dict())
    theirs.load_state_dict(ours.state_dict())
    torch.testing.assert_close(theirs.weight, ours.weight)
    parametrize.remove_parametrizations(ours, "weight")
    torch.testing.assert_close(ours.weight, before)


def test_weight_norm_trains_length_apart_from_direction() -> None:
    layer = weight_norm(nn.Linear(5, 3))
    layer(torch.randn(4, 5)).square().sum().backward()
    stored = layer.parametrizations.weight
    along = (stored.original1 * stored.original1.grad).sum(1)
    torch.testing.assert_close(along, torch.zeros(3), atol=1e-5, rtol=0)  # orthogonal to v
    assert stored.original0.grad.abs().sum() > 0


def sigma(weight: Tensor) -> Tensor:
    return torch.linalg.svdvals(weight.detach().double().flatten(1))[0]


@pytest.mark.parametrize("shape", [(3, 40), (40, 3), (17, 29), (64, 64), (1, 9), (9, 1)])
def test_spectral_norm_of_matrices_is_the_svds(shape: tuple[int, int]) -> None:
    layer = nn.Linear(shape[1], shape[0])
    expected = sigma(layer.weight)
    raw = layer.weight.detach().clone()
    spectral_norm(layer, n_power_iterations=1000)
    weight = layer.weight
    assert abs(float(sigma(weight)) - 1) < 1e-4
    torch.testing.assert_close(weight, (raw / expected).float(), rtol=1e-4, atol=1e-6)


def test_nonsymmetric_matrices_need_both_sides() -> None:
    """The one-sided iteration finds the largest eigenvalue, which is another number."""
    w = torch.randn(4, 4)
    u, v = power_iteration(lambda x: w @ x, lambda y: w.t() @ y, torch.randn(4), 300)
    torch.testing.assert_close(u @ w @ v, torch.linalg.matrix_norm(w, 2))
    x = torch.randn(4)
    for _ in range(300):
        x = w @ x / (w @ x).norm()
    assert abs((w @ x).norm() - torch.linalg.matrix_norm(w, 2)) > 0.05


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(3, 8, 3),
        nn.Conv1d(6, 2, 5),
        nn.Conv3d(2, 3, 2),
        nn.Conv2d(4, 8, 3, groups=2),
    ],
    ids=str,
)
def test_spectral_norm_of_convolutions_as_matrices_is_the_svds(layer: nn.Module) -> None:
    layer = deepcopy(layer)
    expected = sigma(layer.weight)
    raw = layer.weight.detach().clone()
    spectral_norm(layer, n_power_iterations=1000)
    weight = layer.weight
    torch.testing.assert_close(weight, (raw / expected).float(), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("layer", "size"),
    [
        (nn.Conv2d(2, 3, 3, padding=1, bias=False), (6, 5)),
        (nn.Conv2d(2, 3, 3, stride=2, padding=1, bias=False), (7, 6)),
        (nn.Conv2d(4, 2, 3, dilation=2, groups=2, bias=False), (7, 8)),
        (nn.Conv1d(3, 2, 4, stride=3, bias=False), (11,)),
        (nn.Conv3d(1, 2, 2, stride=2, bias=False), (4, 5, 4)),
    ],
    ids=str,
)
def test_spectral_norm_of_convolutions_as_maps_is_the_svds(
    layer: nn.Module, size: tuple[int, ...]
) -> None:
    """The convolution written out as a dense matrix, column by column."""
    layer = deepcopy(layer)
    nn.init.normal_(layer.weight)  # seeded
    inputs = layer.weight.shape[1] * layer.groups * int(torch.tensor(size).prod())
    basis = torch.eye(inputs).reshape(inputs, -1, *size)
    expected = torch.linalg.svdvals(layer(basis).detach().flatten(1).double())[0]
    raw = layer.weight.detach().clone()
    spectral_norm(layer, n_power_iterations=1000, input_size=size)
    weight = layer.weight
    torch.testing.assert_close(weight, (raw / expected).float(), rtol=1e-4, atol=1e-7)


def test_the_adjoint_of_a_convolution_is_its_adjoint() -> None:
    for conv, size in ((nn.Conv2d(2, 3, 3, 2, 1), (8, 7)), (nn.Conv1d(3, 2, 4, 3), (12,))):
        operator = ConvOperator(conv, size)
        v = torch.randn(operator.input_shape(conv.weight))
        image = operator.forward(conv.weight, v)
        u = torch.randn_like(image)
        back = operator.adjoint(conv.weight, u)
        assert back.shape == v.shape
        torch.testing.assert_close((u * image).sum(), (back * v).sum(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(32, 48), (90, 20), (64, 64)])
def test_one_step_tracks_a_slowly_changing_matrix(shape: tuple[int, int]) -> None:
    layer = spectral_norm(nn.Linear(*shape, bias=False))
    original = layer.parametrizations.weight.original
    pace = 0.012 * float(original.detach().std())
    for _ in range(200):
        with torch.no_grad():
            original.add_(torch.randn_like(original) * pace)
        assert abs(float(sigma(layer.weight)) - 1) < 0.01


def test_one_step_tracks_a_slowly_changing_convolution() -> None:
    layer = spectral_norm(nn.Conv2d(3, 4, 3, padding=1, bias=False), input_size=(6, 6))
    original = layer.parametrizations.weight.original
    pace = 0.012 * float(original.detach().std())
    basis = torch.eye(108).reshape(108, 3, 6, 6)
    for _ in range(50):
        with torch.no_grad():
            original.add_(torch.randn_like(original) * pace)
        assert abs(float(sigma(layer(basis))) - 1) < 0.01


def test_it_is_exact_from_the_first_use() -> None:
    layer = nn.Linear(70, 50)
    expected = sigma(layer.weight)
    spectral_norm(layer).eval()
    raw = layer.parametrizations.weight.original
    torch.testing.assert_close(layer.weight, (raw / expected).float(), rtol=1e-4, atol=1e-7)


def test_evaluation_does_not_move_the_vectors() -> None:
    layer = spectral_norm(nn.Conv2d(3, 8, 3))
    layer.eval()
    before = {k: v.clone() for k, v in layer.state_dict().items()}
    first = layer(torch.ones(1, 3, 5, 5))
    torch.testing.assert_close(layer(torch.ones(1, 3, 5, 5)), first, rtol=0, atol=0)
    torch.testing.assert_close(dict(layer.state_dict()), before, rtol=0, atol=0)
    layer.train()(torch.ones(1, 3, 5, 5))
    assert not torch.equal(
        layer.state_dict()["parametrizations.weight.0.u"], before["parametrizations.weight.0.u"]
    )


def test_spectral_norm_agrees_with_torch_once_both_converged() -> None:
    a, b = nn.Linear(9, 5), nn.Linear(9, 5)
    b.load_state_dict(a.state_dict())
    spectral_norm(a)
    parametrizations.spectral_norm(b)
    for _ in range(300):
        ours, theirs = a.weight, b.weight
    torch.testing.assert_close(ours, theirs)
    g = torch.randn(5, 9)
    ours.backward(g)
    theirs.backward(g)
    grads = (m.parametrizations.weight.original.grad for m in (a, b))
    torch.testing.assert_close(*grads, rtol=1e-4, atol=1e-5)


def test_gradient_of_spectral_norm() -> None:
    layer = spectral_norm(nn.Linear(4, 3, bias=False).double())
    for _ in range(300):
        _ = layer.weight
    layer.eval()
    parametrization = layer.parametrizations.weight[0]
    w = layer.parametrizations.weight.original.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(parametrization, (w,))


def test_two_uses_before_one_backward() -> None:
    layer = spectral_norm(nn.Linear(4, 3))
    (layer(torch.ones(1, 4)) + layer(torch.zeros(1, 4))).sum().backward()
    assert layer.parametrizations.weight.original.grad.isfinite().all()


@pytest.mark.parametrize("name", ["spectral", "weight", "weight_standardization"])
def test_normalized_layers_compile(name: str) -> None:
    torch._dynamo.reset()
    layer = norm(name, nn.Conv2d(3, 4, 3)).eval()
    x = torch.randn(1, 3, 6, 6)
    compiled = torch.compile(layer, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), layer(x))


def test_half_precision_keeps_its_dtype() -> None:
    layer = spectral_norm(nn.Linear(40, 30, bias=False, dtype=torch.bfloat16))
    for _ in range(100):
        weight = layer.weight
    assert weight.dtype == torch.bfloat16
    assert abs(float(sigma(weight)) - 1) < 0.01


def test_spectral_norm_refuses_what_it_cannot_be_exact_for() -> None:
    with pytest.raises(ParameterError, match="input_size is for convolutions, not Linear"):
        spectral_norm(nn.Linear(3, 3), input_size=(4, 4))
    with pytest.raises(ParameterError, match="zero padding"):
        spectral_norm(nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"), input_size=(4, 4))
    with pytest.raises(ParameterError, match="does not have 2 lengths"):
        spectral_norm(nn.Conv2d(3, 3, 3), input_size=(4,))


def test_clipping_a_model_after_a_step() -> None:
    model = nn.Sequential(nn.Linear(6, 9), nn.Conv2d(3, 5, 3))
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(5)
    bias = model[0].bias.detach().clone()
    spectral_clip_(model, 0.7)
    for layer in model:
        assert float(sigma(layer.weight)) <= 0.7 + 1e-5
    torch.testing.assert_close(model[0].bias, bias, rtol=0, atol=0)


def test_clipping_is_the_nearest_matrix() -> None:
    w = torch.randn(5, 7, dtype=torch.float64)
    clipped = w.clone()
    spectral_clip_([clipped], 1.0)
    distance = (w - clipped).norm()
    for _ in range(50):
        other = torch.randn(5, 7, dtype=torch.float64) * 0.01 + clipped
        other = other / max(1.0, float(torch.linalg.matrix_norm(other, 2)))
        assert (w - other).norm() >= distance - 1e-9


def test_standardized_convolution_ignores_the_mean_of_its_input() -> None:
    layer = norm("weight_standardization", nn.Conv2d(3, 4, 3, bias=False))
    x = torch.randn(1, 3, 6, 6)
    torch.testing.assert_close(layer(x + 10), layer(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("size", [None, (6, 6)])
def test_a_spectral_layer_can_change_its_dtype(
    dtype: torch.dtype, size: tuple[int, int] | None
) -> None:
    layer = spectral_norm(nn.Conv2d(3, 8, 3), input_size=size)
    before = layer.eval().weight.detach()
    layer.to(dtype).train()
    for _ in range(3):
        assert layer.weight.dtype == dtype
    torch.testing.assert_close(layer.eval().weight.float(), before, rtol=0.03, atol=0.01)


@pytest.mark.parametrize("name", ["weight_standardization", "scaled_weight_standardization"])
def test_standardization_refuses_a_fan_in_of_one(name: str) -> None:
    with pytest.raises(ParameterError, match="standardized it would be zero"):
        norm(name, nn.Conv2d(4, 4, 1, groups=4))


def by_outputs(weight: Tensor, groups: int) -> Tensor:
    """Rows of what makes each of six outputs of a transposed convolution."""
    apart = weight.reshape(groups, 4 // groups, 6 // groups, -1).transpose(1, 2)
    return apart.flatten(2).flatten(0, 1)


TRANSPOSED = [nn.ConvTranspose2d(4, 6, 3), nn.ConvTranspose1d(4, 6, 3, groups=2)]


@pytest.mark.parametrize("layer", TRANSPOSED, ids=str)
@pytest.mark.parametrize("name", ["weight_standardization", "scaled_weight_standardization"])
def test_transposed_convolutions_are_standardized_by_their_outputs(
    layer: nn.Module, name: str
) -> None:
    made = norm(name, deepcopy(layer).double())
    raw = made.parametrizations.weight.original.detach()
    groups = layer.groups
    rows = (
        raw.reshape(groups, 4 // groups, 6 // groups, -1).transpose(1, 2).flatten(2).flatten(0, 1)
    )
    variance, mean = torch.var_mean(rows, 1, correction=0, keepdim=True)
    expected = (rows - mean) / torch.sqrt(variance + 1e-6)
    if name == "scaled_weight_standardization":
        expected = expected / rows.shape[1] ** 0.5
        assert made.parametrizations.weight[0].gain.shape == (6,)
    torch.testing.assert_close(by_outputs(made.weight, groups), expected)


@pytest.mark.parametrize("size", [None, (5, 5)])
def test_a_weight_of_zeros_stays_one_and_recovers(size: tuple[int, int] | None) -> None:
    layer = nn.Conv2d(2, 3, 3, bias=False)
    nn.init.zeros_(layer.weight)
    spectral_norm(layer, input_size=size)
    weight = layer.weight
    assert torch.equal(weight, torch.zeros(3, 2, 3, 3))
    weight.sum().backward()
    assert layer.parametrizations.weight.original.grad.isfinite().all()
    with torch.no_grad():
        layer.parametrizations.weight.original.normal_()
    for _ in range(300):
        used = layer.weight
    assert abs(float(sigma(used)) - 1) < 1e-3 or size is not None
    assert used.isfinite().all() and used.abs().max() < 10
    nn.init.zeros_(layer.parametrizations.weight.original)  # zero for a while
    for _ in range(3):
        _ = layer.weight
    nn.init.normal_(layer.parametrizations.weight.original)
    for _ in range(300):
        used = layer.weight
    assert used.abs().max() < 10


@pytest.mark.parametrize("size", [None, (6, 5)])
def test_a_spectral_layer_is_built_without_memory_and_loaded(size: tuple[int, int] | None) -> None:
    with torch.device("meta"):
        empty = spectral_norm(nn.Conv2d(2, 3, 3), input_size=size)
    assert empty(torch.ones(1, 2, 6, 5, device="meta")).shape == (1, 3, 4, 3)
    full = spectral_norm(nn.Conv2d(2, 3, 3), input_size=size)
    empty.to_empty(device="cpu").load_state_dict(full.state_dict())
    torch.testing.assert_close(empty.eval().weight, full.eval().weight)


def test_the_largest_singular_value_of_anything() -> None:
    w = torch.randn(5, 7)
    torch.testing.assert_close(largest_singular_value(w), torch.linalg.matrix_norm(w, 2))
    conv = nn.Conv2d(2, 3, 3, padding=1, bias=False)
    torch.testing.assert_close(largest_singular_value(conv), sigma(conv.weight).float())
    basis = torch.eye(60).reshape(60, 2, 6, 5)
    dense = torch.linalg.svdvals(conv(basis).detach().flatten(1))[0]
    torch.testing.assert_close(largest_singular_value(conv, input_size=(6, 5)), dense)
    transposed = nn.ConvTranspose2d(4, 6, 3)
    swapped = sigma(transposed.weight.transpose(0, 1)).float()
    torch.testing.assert_close(largest_singular_value(transposed), swapped)
    assert largest_singular_value(torch.zeros(3, 4)) == 0
    leaf = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    found = largest_singular_value(leaf)
    assert found.dtype == torch.float64
    (grad,) = torch.autograd.grad(found, leaf)
    u, _, vh = torch.linalg.svd(leaf.detach())
    torch.testing.assert_close(grad.abs(), torch.outer(u[:, 0], vh[0]).abs(), rtol=1e-3, atol=1e-3)
    for bad in (torch.ones(3), nn.ReLU(), "weight"):
        with pytest.raises(ParameterError):
            largest_singular_value(bad)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="input_size is for convolutions"):
        largest_singular_value(w, input_size=(3, 3))


def test_checkpoints_of_torchs_parametrizations_old_and_new_are_loaded() -> None:
    conv = nn.Conv2d(4, 6, 3)
    x = torch.randn(2, 4, 5, 5)
    direction, length = torch.randn(6, 4, 3, 3), torch.rand(6, 1, 1, 1)
    ours = weight_norm(nn.Conv2d(4, 6, 3))
    ours.load_state_dict({"weight_g": length, "weight_v": direction, "bias": conv.bias})
    expected = direction * (length / direction.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1))
    torch.testing.assert_close(ours.weight, expected)
    theirs = parametrizations.spectral_norm(deepcopy(conv))
    theirs(x)
    renamed = {
        key.replace("parametrizations.weight.0._", "weight_").replace(
            "parametrizations.weight.original", "weight_orig"
        ): value
        for key, value in theirs.state_dict().items()
    }
    for state in (theirs.state_dict(), renamed):
        ours = spectral_norm(nn.Conv2d(4, 6, 3))
        ours.load_state_dict(state)
        torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


@pytest.mark.parametrize("name", names("weight"))
def test_normalized_layers_are_exported_at_any_size(name: str) -> None:
    if not isinstance(norm.__globals__["entry"](name).build(nn.Conv2d(3, 4, 3)), nn.Module):
        return  # a projection after the step leaves the layer as it is
    layer = norm(name, nn.Conv2d(3, 4, 3)).eval()
    free = torch.export.Dim.DYNAMIC
    shapes = ({0: free, 2: free, 3: free},)
    program = torch.export.export(layer, (torch.randn(2, 3, 6, 7),), dynamic_shapes=shapes)
    for shape in ((3, 3, 9, 8), (5, 3, 4, 12)):
        x = torch.randn(shape)
        torch.testing.assert_close(program.module()(x), layer(x))
    assert layer(torch.randn(0, 3, 6, 7)).shape == (0, 4, 4, 5)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # torch's own use of it
def test_spectral_norm_differentiates_forward_in_time() -> None:
    layer = converged_layer()
    parametrization = layer.parametrizations.weight[0]
    w = layer.parametrizations.weight.original.detach()
    t = torch.randn_like(w)
    with forward_ad.dual_level():
        moved = forward_ad.unpack_dual(parametrization(forward_ad.make_dual(w, t))).tangent
    step = 1e-6
    ahead, behind = (parametrization(w + sign * step * t) for sign in (1, -1))
    torch.testing.assert_close(moved, (ahead - behind) / (2 * step), rtol=1e-5, atol=1e-6)


def converged_layer() -> nn.Module:
    layer = spectral_norm(nn.Linear(4, 3, bias=False).double())
    for _ in range(300):
        _ = layer.weight
    return layer.eval()


def test_one_length_for_a_whole_weight() -> None:
    for dim in (None, -1):
        theirs = parametrizations.weight_norm(nn.Linear(5, 3), dim=dim)
        ours = weight_norm(nn.Linear(5, 3), dim=dim)
        ours.load_state_dict(theirs.state_dict())
        torch.testing.assert_close(ours.weight, theirs.weight)


@pytest.mark.parametrize("ord", [1, 2, float("inf")])
def test_lipschitz_bounds_are_the_matrix_norms(ord: float) -> None:
    w = torch.randn(5, 7, dtype=torch.float64)
    exact = torch.linalg.matrix_norm(w, ord)
    torch.testing.assert_close(operator_norm(w, ord), exact, rtol=1e-5, atol=0)
    bounded = bound_lipschitz(w, 0.5, ord)
    torch.testing.assert_close(bounded, w * 0.5 / exact, rtol=1e-5, atol=1e-8)
    torch.testing.assert_close(bound_lipschitz(w, 100.0, ord), w)


def test_a_convolution_stretches_by_its_bound_at_most() -> None:
    conv = nn.Conv2d(2, 3, 3, padding=1, bias=False)
    basis = torch.eye(60).reshape(60, 2, 6, 5)
    dense = conv(basis).detach().flatten(1).t()
    for ord in (1, float("inf")):
        found = operator_norm(conv.weight.detach(), ord)
        torch.testing.assert_close(found, torch.linalg.matrix_norm(dense, ord))


def test_decay_is_for_weights_alone() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3),
        norm("batch", 4),
        norm("conditional_instance", 4, 2),
        nn.LayerNorm((4, 5)),
        norm("weight", nn.Linear(5, 3)),
        nn.Embedding(7, 3),
    )
    decays, stays = decay_groups(model, 0.05, skip=[model[5]])
    assert (decays["weight_decay"], stays["weight_decay"]) == (0.05, 0.0)
    direction = model[4].parametrizations.weight.original1
    assert [id(p) for p in decays["params"]] == [id(model[0].weight), id(direction)]
    assert len(decays["params"]) + len(stays["params"]) == len(list(model.parameters()))
    torch.optim.AdamW(decay_groups(model, 0.05))
