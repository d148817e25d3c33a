"""What torch and timm save is loaded here, and gives the outputs it gave there."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from styler.norm import Float32, entry, names, norm, norm_act, rms_norm
from styler.norm.normalizer_free.block import ScaledConv2d

Builder = Callable[[], nn.Module]
MAPS, TOKENS = (4, 8, 5, 6), (3, 5, 8)

TORCH: list[tuple[str, Builder, Builder, tuple[int, ...]]] = [
    ("batch", lambda: norm("batch", 8), lambda: nn.BatchNorm2d(8), MAPS),
    ("batch", lambda: norm("batch", 8), lambda: nn.BatchNorm1d(8), (4, 8)),
    ("batch", lambda: norm("batch", 8), lambda: nn.BatchNorm3d(8), (2, 8, 2, 3, 2)),
    ("sync_batch", lambda: norm("sync_batch", 8), lambda: nn.BatchNorm2d(8), MAPS),
    ("group", lambda: norm("group", 8, groups=4), lambda: nn.GroupNorm(4, 8), MAPS),
    ("sample_layer", lambda: norm("sample_layer", 8), lambda: nn.GroupNorm(1, 8), MAPS),
    (
        "instance",
        lambda: norm("instance", 8, affine=False),
        lambda: nn.InstanceNorm2d(8),
        MAPS,
    ),
    (
        "instance",
        lambda: norm("instance", 8, track_running_stats=True),
        lambda: nn.InstanceNorm2d(8, affine=True, track_running_stats=True),
        MAPS,
    ),
    ("layer", lambda: norm("layer", 8), lambda: nn.LayerNorm(8), TOKENS),
    ("layer", lambda: norm("layer", (5, 8)), lambda: nn.LayerNorm((5, 8)), TOKENS),
    ("rms", lambda: norm("rms", 8, eps=None), lambda: nn.RMSNorm(8), TOKENS),
    ("rms", lambda: norm("rms", (5, 8), eps=None), lambda: nn.RMSNorm((5, 8)), TOKENS),
    ("pixel_layer", lambda: norm("pixel_layer", 8), lambda: PixelLayer(8), MAPS),
    (
        "weight",
        lambda: norm("weight", nn.Conv2d(8, 6, 3)),
        lambda: parametrizations.weight_norm(nn.Conv2d(8, 6, 3)),
        MAPS,
    ),
    (
        "spectral",
        lambda: norm("spectral", nn.Conv2d(8, 6, 3)),
        lambda: parametrizations.spectral_norm(nn.Conv2d(8, 6, 3)),
        MAPS,
    ),
]
STATELESS = {
    "none",
    "local_response",
    "unit_length",
    "fix",
    "scale",
    "gradient_clip",
}  # without state in torch: their values are in the rubric


def randomized(module: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape) + 0.3)
    return module


def same(ours: nn.Module, theirs: nn.Module, shape: tuple[int, ...]) -> None:
    torch.manual_seed(1)
    x = torch.randn(shape) * 2 + 0.5
    ours.load_state_dict(theirs.state_dict())
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), rtol=1e-5, atol=1e-5)
    if not any("parametrizations" in key for key in ours.state_dict()):
        torch.testing.assert_close(ours.train()(x), theirs.train()(x), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(
            [v for k, v in ours.state_dict().items() if "running" in k],
            [v for k, v in theirs.state_dict().items() if "running" in k],
        )


@pytest.mark.parametrize(("name", "ours", "theirs", "shape"), TORCH, ids=lambda v: str(v)[:20])
def test_torchs_state_gives_torchs_outputs(
    name: str, ours: Builder, theirs: Builder, shape: tuple[int, ...]
) -> None:
    other = theirs() if name == "spectral" else randomized(theirs())
    same(ours(), other, shape)


def test_every_counterpart_in_torch_is_compared() -> None:
    counterparts = {name for name in names() if entry(name).torch}
    assert counterparts == {name for name, *_ in TORCH} | STATELESS


class PixelLayer(nn.LayerNorm):
    """Layer norm of the channels of maps, as ConvNeXt and timm's LayerNorm2d have it."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Plain(nn.Module):
    """Parameters and buffers by given names, and a formula: a layout of somebody else's state."""

    def __init__(self, formula: Callable[[Any, Tensor], Tensor], **shapes: tuple[int, ...]) -> None:
        super().__init__()
        self.formula = formula
        for name, shape in shapes.items():
            if name.startswith("running"):
                self.register_buffer(name, torch.ones(shape))
            else:
                self.register_parameter(name, nn.Parameter(torch.ones(shape)))

    def forward(self, x: Tensor) -> Tensor:
        return self.formula(self, x)


def maps(v: Tensor) -> Tensor:
    return v.reshape(1, -1, 1, 1)


def filter_response(m: Any, x: Tensor) -> Tensor:
    y = x * torch.rsqrt(x.square().mean((2, 3), keepdim=True) + 1e-5)
    return torch.maximum(y * maps(m.weight) + maps(m.bias), maps(m.tau))


def evo_s0(m: Any, x: Tensor) -> Tensor:
    grouped = x.reshape(len(x), 4, -1)
    deviation = torch.sqrt(grouped.var(2, correction=0) + 1e-5).repeat_interleave(2, 1)
    y = x * torch.sigmoid(x * maps(m.v)) / deviation[:, :, None, None]
    return y * maps(m.weight) + maps(m.bias)


def evo_b0(m: Any, x: Tensor) -> Tensor:
    own = torch.sqrt(x.var((2, 3), correction=0, keepdim=True) + 1e-3)
    together = torch.sqrt(maps(m.running_var) + 1e-3)
    return x / torch.maximum(together, x * maps(m.v) + own) * maps(m.weight) + maps(m.bias)


def global_response(m: Any, x: Tensor) -> Tensor:
    share = x.norm(2, (2, 3), keepdim=True)
    share = share / (share.mean(1, keepdim=True) + 1e-6)
    weight, bias = (getattr(m, name).reshape(1, -1, 1, 1) for name in global_names(m))
    return x + weight * x * share + bias


def global_names(m: Any) -> tuple[str, str]:
    return ("weight", "bias") if hasattr(m, "weight") else ("gamma", "beta")


def standardized(m: Any, x: Tensor) -> Tensor:
    rows = m.weight.flatten(1)
    variance, mean = torch.var_mean(rows, 1, correction=0, keepdim=True)
    rows = (rows - mean) / torch.sqrt(variance + 1e-6)
    if hasattr(m, "gain"):
        rows = rows * m.gain.reshape(-1, 1) * rows.shape[1] ** -0.5
    return F.conv2d(x, rows.view_as(m.weight), m.bias)


def simple(m: Any, x: Tensor) -> Tensor:
    weight: Tensor = m.weight
    return x / torch.sqrt(x.var(-1, keepdim=True) + 1e-6) * weight


def evaluated(m: Any, x: Tensor) -> Tensor:
    y = (x - maps(m.running_mean)) / torch.sqrt(maps(m.running_var) + 1e-5)
    return torch.relu(y * maps(m.weight) + maps(m.bias))


def rms2d(m: Any, x: Tensor) -> Tensor:
    return x / torch.sqrt(x.square().mean(1, keepdim=True) + 1e-6) * maps(m.weight)


def group_act(m: Any, x: Tensor) -> Tensor:
    return F.silu(F.group_norm(x, 4, m.weight, m.bias))


def channels_last(m: Any, x: Tensor) -> Tensor:
    return global_response(m, x.movedim(-1, 1)).movedim(1, -1)


class Simple(nn.Module):
    """What the hint for timm's SimpleNorm says."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(8))

    def forward(self, x: Tensor) -> Tensor:
        return rms_norm(x, self.weight, stats=x.var(-1, keepdim=True))


VECTOR = (8,)
AFFINE: dict[str, Any] = {"weight": VECTOR, "bias": VECTOR}
RUNNING: dict[str, Any] = {**AFFINE, "running_mean": VECTOR, "running_var": VECTOR}
CONV: dict[str, Any] = {"weight": (6, 8, 3, 3), "bias": (6,)}
TIMM: dict[str, tuple[Builder, Builder]] = {
    "FilterResponseNormTlu2d": (
        lambda: norm("filter_response", 8, eps=1e-5),
        lambda: Plain(filter_response, weight=VECTOR, bias=VECTOR, tau=VECTOR),
    ),
    "EvoNorm2dS0": (
        lambda: norm("evo_s0", 8, groups=4),
        lambda: Plain(evo_s0, weight=VECTOR, bias=VECTOR, v=VECTOR),
    ),
    "EvoNorm2dB0": (
        lambda: norm("evo_b0", 8, eps=1e-3),
        lambda: Plain(evo_b0, weight=VECTOR, bias=VECTOR, v=VECTOR, running_var=VECTOR),
    ),
    "GlobalResponseNorm": (
        lambda: norm("global_response", 8),
        lambda: Plain(global_response, weight=VECTOR, bias=VECTOR),
    ),
    "GRN of ConvNeXt V2": (
        lambda: norm("global_response", 8),
        lambda: Plain(global_response, gamma=(1, 1, 1, 8), beta=(1, 1, 1, 8)),
    ),
    "GlobalResponseNorm of channels last": (
        lambda: norm("global_response", 8, channel_dim=-1),
        lambda: Plain(channels_last, **AFFINE),
    ),
    "LayerNorm2d": (lambda: norm("pixel_layer", 8), lambda: PixelLayer(8)),
    "LayerNorm2dFp32": (lambda: Float32(norm("pixel_layer", 8)), lambda: PixelLayer(8)),
    "RmsNorm2d": (
        lambda: norm("rms", 8, channel_dim=1),
        lambda: Plain(rms2d, weight=VECTOR),
    ),
    "RmsNormAct2dFp32": (
        lambda: Float32(norm_act("rms", 8, channel_dim=1, act=None)),
        lambda: Plain(rms2d, weight=VECTOR),
    ),
    "BatchNormAct2d": (lambda: norm_act("batch", 8), lambda: Plain(evaluated, **RUNNING)),
    "SyncBatchNormAct": (lambda: norm_act("sync_batch", 8), lambda: Plain(evaluated, **RUNNING)),
    "FrozenBatchNormAct2d": (
        lambda: norm_act(lambda c: norm("batch", c).freeze(), 8),
        lambda: Plain(evaluated, **RUNNING),
    ),
    "GroupNormAct": (
        lambda: norm_act("group", 8, groups=4, act="silu"),
        lambda: Plain(group_act, **AFFINE),
    ),
    "SimpleNorm": (Simple, lambda: Plain(simple, weight=VECTOR)),
    "LayerScale2d": (
        lambda: norm("layer_scale", 8, channel_dim=1),
        lambda: Plain(lambda m, x: x * maps(m.gamma), gamma=VECTOR),
    ),
    "StdConv2d": (
        lambda: norm("weight_standardization", nn.Conv2d(8, 6, 3)),
        lambda: Plain(standardized, **CONV),
    ),
    "ScaledStdConv2d": (
        lambda: norm("scaled_weight_standardization", nn.Conv2d(8, 6, 3)),
        lambda: Plain(standardized, **CONV, gain=(6, 1, 1, 1)),
    ),
    "ScaledStdConv2d in a block": (
        lambda: unpadded(ScaledConv2d(8, 6, 3)),
        lambda: Plain(standardized, **CONV, gain=(6, 1, 1, 1)),
    ),
}


def unpadded(conv: nn.Conv2d) -> nn.Conv2d:
    conv.padding = (0, 0)
    return conv


@pytest.mark.parametrize("name", TIMM)
def test_timms_state_gives_timms_outputs(name: str) -> None:
    ours, theirs = (build() for build in TIMM[name])
    torch.manual_seed(1)
    x = torch.randn(4, 5, 6, 8) if "last" in name or name == "SimpleNorm" else torch.randn(MAPS)
    ours.load_state_dict(randomized(theirs).state_dict())
    torch.testing.assert_close(ours.eval()(x), theirs(x), rtol=1e-5, atol=1e-5)


def test_what_holds_a_norm_loads_its_own_state_and_that_of_the_norm_alone() -> None:
    """Nested, in a model, with parameters of the activation; names that nobody has are reported."""
    model = nn.Sequential(nn.Conv2d(3, 8, 1), Float32(norm_act("batch", 8, act=nn.PReLU)))
    randomized(model)
    again = nn.Sequential(nn.Conv2d(3, 8, 1), Float32(norm_act("batch", 8, act=nn.PReLU)))
    own = model.state_dict()
    alone = {key.replace("norm.norm.", "").replace("norm.act", "act"): v for key, v in own.items()}
    assert {"1.weight", "1.running_var", "1.act.weight"} < set(alone)
    x = torch.randn(2, 3, 4, 4)
    for state in (own, alone):
        again.load_state_dict(state)
        torch.testing.assert_close(again.eval()(x), model.eval()(x))
    with pytest.raises(RuntimeError, match="wait"):
        again.load_state_dict(alone | {"1.wait": torch.ones(8)})
