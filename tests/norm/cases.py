"""One case for each entry of the registry: how to build it, feed it, and what to hold it against.

A line of the rubric that an entry lacks is named in ``lacks``, with the reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from styler.norm import norm
from tests.norm import references as ref

LINES = (
    "smoke",
    "shapes",
    "dtypes",
    "memory_format",
    "mask",
    "stats",
    "exceptions",
    "reference",
    "evaluation",
    "gradcheck",
    "counterpart",
    "compile",
    "state_dict",
    "reset",
    "facts",
    "export",
    "large_mean",
    "meta",
    "pickle",
    "forward_mode",
    "empty",
    "repr",
)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def maps() -> Tensor:
    """``(N, C, H, W)``, every channel with a mean and a deviation of its own."""
    level = torch.arange(8.0, dtype=torch.float64).reshape(1, 8, 1, 1)
    return random(4, 8, 5, 6) * (0.5 + level / 4) + level / 3 - 1


def tokens() -> Tensor:
    return random(3, 5, 8) * 2 + 0.5


def weights() -> Tensor:
    return random(6, 4, 3, 3) + 0.1


def spatial_mask() -> Tensor:
    """Soft weights, a part of them zero."""
    soft = torch.rand(4, 1, 5, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return torch.where(soft < 0.4, torch.zeros_like(soft), soft)


def feature_mask() -> Tensor:
    return torch.tensor([1.0, 1, 0, 1, 0.5, 1, 1, 0], dtype=torch.float64)


def call(module: Any, *inputs: Tensor, **extra: Any) -> Tensor:
    out: Tensor = module(*inputs, **extra)
    return out


@dataclass
class Case:
    """What the rubric needs to know of one entry."""

    name: str
    build: Callable[[], Any]
    reference: Callable[..., Any]
    inputs: Callable[[], tuple[Tensor, ...]] = lambda: (maps(),)
    evaluation: Callable[..., Any] | None = None
    mask: Callable[[], Tensor] | None = None
    stats: Callable[[Any, Tensor], Any] | None = None
    counterpart: Callable[[], Callable[[Tensor], Tensor]] | None = None
    call: Callable[..., Tensor] = call
    wrong: Callable[[], tuple[Tensor, ...]] | None = lambda: (maps()[:, :7],)
    bad: tuple[Callable[[], Any], ...] = ()
    pictures_only: bool = False  # (N, C, H, W), no other number of spatial axes
    layers: bool = False  # linear or convolutional ones inside, which take their own dtype only
    lacks: dict[str, str] = field(default_factory=dict)
    tolerance: float = 1e-9


NO_STATS = "no statistics are taken, so there is nothing to weigh or replace"
SAME_MODES = "training and evaluation are the same"
NO_TORCH = "torch has nothing like it"
FUNCTION = "a function without state, called once a step"
FUNCTION_LACKS = ("state_dict", "reset", "repr", "export", "meta", "pickle")
NO_PARAMETERS = "no parameters"
AT_RANDOM = "its layers start at random"
NO_SAMPLES = "there are no samples, and modes are held by tests of the layer"


def own(axes: tuple[int, ...], keep: bool = False) -> Callable[[Any, Tensor], Any]:
    def stats(module: Any, x: Tensor) -> Any:
        variance, mean = torch.var_mean(x, axes, correction=0, keepdim=keep)
        return mean, variance

    return stats


def squares(axes: tuple[int, ...], keep: bool = False) -> Callable[[Any, Tensor], Any]:
    return lambda module, x: x.square().mean(axes, keepdim=keep)


def by_group(axes: tuple[int, ...]) -> Callable[[Any, Tensor], Any]:
    def stats(module: Any, x: Tensor) -> Any:
        parts = x.reshape(len(x), module.groups, -1, *x.shape[2:])
        variance, mean = torch.var_mean(parts, axes, correction=0)
        return mean, variance

    return stats


def activation(name: str, *args: Any, reference: Any, options: Any = None, **rest: Any) -> Case:
    """A case over maps ``(4, 8, 5, 6)``."""
    options = options or {}
    rest.setdefault("mask", spatial_mask)
    return Case(name, lambda: norm(name, *(args or (8,)), **options), reference, **rest)


def batch_like(name: str, *args: Any, **rest: Any) -> Case:
    rest.setdefault("evaluation", ref.running)
    rest.setdefault("stats", own((0, 2, 3)))
    lacks = {"counterpart": NO_TORCH} if "counterpart" not in rest else {}
    rest["lacks"] = lacks | rest.get("lacks", {})
    return activation(name, *args, **rest)


def sample_wise(name: str, *args: Any, **rest: Any) -> Case:
    lacks = {"evaluation": SAME_MODES}
    if "counterpart" not in rest:
        lacks["counterpart"] = NO_TORCH
    rest["lacks"] = lacks | rest.get("lacks", {})
    return activation(name, *args, **rest)


def token_wise(name: str, *args: Any, **rest: Any) -> Case:
    rest.setdefault("inputs", lambda: (tokens(),))
    rest.setdefault("mask", feature_mask)
    rest.setdefault("wrong", lambda: (tokens()[..., :7],))
    lacks = {"memory_format": "features are last: there is one memory format"}
    rest["lacks"] = lacks | rest.get("lacks", {})
    return sample_wise(name, *args, **rest)


def plain(*lines: str, why: str) -> dict[str, str]:
    return dict.fromkeys(lines, why)


def torch_pixel_layer() -> Callable[[Tensor], Tensor]:
    inner = nn.LayerNorm(8)
    return lambda x: inner.to(x.dtype)(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


ACTIVATION = [
    sample_wise(
        "none",
        reference=ref.identity,
        mask=None,
        counterpart=lambda: nn.Identity(),
        wrong=None,
        lacks=plain("mask", "stats", "exceptions", why=NO_STATS)
        | {"state_dict": NO_PARAMETERS, "reset": NO_PARAMETERS},
    ),
    batch_like(
        "batch",
        reference=ref.batch,
        counterpart=lambda: nn.BatchNorm2d(8),
        bad=(
            lambda: norm("batch", 0),
            lambda: norm("batch", 8, eps=-1.0),
            lambda: norm("batch", 8, momentum=1.5),
            lambda: norm("batch", 8)(torch.zeros(1, 8, 1, 1)),
            lambda: norm("batch", 8, track_running_stats=False).freeze(),
        ),
    ),
    batch_like("sync_batch", reference=ref.batch),  # alone; in company in test_batch
    batch_like(
        "batch_weighed",
        reference=ref.batch,
        options={"alpha": 0.3},
        evaluation=ref.batch_weighed_eval,
        bad=(lambda: norm("batch_weighed", 8, alpha=1.1),),
    ),
    batch_like(
        "ghost_batch",
        reference=ref.ghost_batch,
        options={"size": 2},
        lacks={"stats": "given statistics make it plain batch norm, and every ghost has its own"},
        bad=(lambda: norm("ghost_batch", 8, size=0),),
    ),
    batch_like(
        "batch_renorm",
        reference=ref.batch_renorm,
        lacks={
            "stats": "given statistics make it plain batch norm, without the correction",
            "gradcheck": "its correction has no gradient, by definition: see test_batch",
        },
        bad=(lambda: norm("batch_renorm", 8, r_max=0.5)(maps().float()),),
    ),
    batch_like(
        "batch_group",
        8,
        4,
        reference=ref.batch_group,
        evaluation=ref.batch_group_eval,
        stats=by_group((0, 2, 3, 4)),
        bad=(lambda: norm("batch_group", 8, 3),),
    ),
    batch_like(
        "switchable",
        reference=ref.switchable,
        evaluation=ref.switchable_eval,
        stats=own((2, 3)),
    ),
    batch_like(
        "spade",
        8,
        3,
        reference=ref.spade,
        options={"hidden": 4},
        inputs=lambda: (maps(), random(4, 3, 2, 3, seed=2)),
        evaluation=ref.spade_eval,
        wrong=lambda: (maps(), random(4, 2, 2, 3)),
        bad=(lambda: norm("spade", 8, 3, kernel_size=2),),
        layers=True,
        pictures_only=True,
        lacks={"reset": AT_RANDOM},
    ),
    sample_wise(
        "instance",
        reference=ref.instance,
        stats=own((2, 3)),
        counterpart=lambda: nn.InstanceNorm2d(8),
    ),
    sample_wise(
        "conditional_instance",
        8,
        5,
        reference=ref.conditional_instance,
        inputs=lambda: (maps(), random(4, 5, seed=3)),
        stats=own((2, 3)),
        wrong=lambda: (maps(), random(4, 4)),
    ),
    Case(
        "adain",
        lambda: norm("adain"),
        ref.adain,
        inputs=lambda: (maps(), maps().flip(1)[:, :, :3] * 2),
        mask=spatial_mask,
        stats=own((2, 3)),
        wrong=lambda: (maps(), maps()[:, :7]),
        bad=(lambda: norm("adain", eps=float("nan")),),
        lacks={
            "evaluation": SAME_MODES,
            "counterpart": NO_TORCH,
            "state_dict": NO_PARAMETERS,
            "reset": NO_PARAMETERS,
        },
    ),
    sample_wise(
        "group",
        reference=ref.group,
        options={"groups": 4},
        stats=by_group((2, 3, 4)),
        counterpart=lambda: nn.GroupNorm(4, 8),
        bad=(lambda: norm("group", 8, groups=3), lambda: norm("group", 8, groups=0)),
    ),
    sample_wise(
        "sample_layer",
        reference=ref.sample_layer,
        stats=lambda m, x: tuple(s.reshape(-1, 1) for s in own((1, 2, 3))(m, x)),
        counterpart=lambda: nn.GroupNorm(1, 8),
    ),
    sample_wise(
        "pixel_layer",
        reference=ref.pixel_layer,
        mask=lambda: feature_mask().reshape(1, 8, 1, 1),
        stats=own((1,), keep=True),
        counterpart=torch_pixel_layer,
    ),
    sample_wise("layer_instance", reference=ref.layer_instance, stats=own((2, 3))),
    sample_wise(
        "adalin",
        8,
        3,
        reference=ref.adalin,
        inputs=lambda: (maps(), random(4, 3, seed=4)),
        stats=own((2, 3)),
        wrong=lambda: (maps(), random(4, 2)),
        layers=True,
        lacks={"reset": AT_RANDOM},
    ),
    Case(
        "local_response",
        lambda: norm("local_response", 8, alpha=0.1),
        ref.local_response,
        counterpart=lambda: nn.LocalResponseNorm(5, alpha=0.5, k=2.0),
        bad=(
            lambda: norm("local_response", 0),
            lambda: norm("local_response", size=0)(maps()),
            lambda: norm("local_response", 7)(maps()),
        ),
        lacks={
            "mask": "channels of one pixel never mix with other positions",
            "stats": "the energy is local: as large as the input itself",
            "evaluation": SAME_MODES,
            "state_dict": NO_PARAMETERS,
            "reset": NO_PARAMETERS,
        },
    ),
    Case(
        "divisive",
        lambda: norm("divisive", 8, size=3, channels=3, center="both", alpha=0.7, beta=0.6),
        ref.divisive,
        mask=spatial_mask,
        pictures_only=True,
        bad=(
            lambda: norm("divisive", size=4),
            lambda: norm("divisive", window="round")(maps()),
            lambda: norm("divisive")(tokens()),
        ),
        lacks={
            "stats": "the energy is local: as large as the input itself",
            "evaluation": SAME_MODES,
            "counterpart": NO_TORCH,
            "state_dict": NO_PARAMETERS,
            "reset": NO_PARAMETERS,
        },
    ),
    *[
        Case(
            name,
            lambda name=name, options=options: norm(name, 8, **options),
            getattr(ref, name),
            mask=spatial_mask,
            pictures_only=True,
            bad=(
                lambda name=name: norm(name, size=4),
                lambda name=name: norm(name)(tokens()),
            ),
            lacks={
                "stats": "the energy is local: as large as the input itself",
                "evaluation": SAME_MODES,
                "counterpart": NO_TORCH,
                "state_dict": NO_PARAMETERS,
                "reset": NO_PARAMETERS,
            },
        )
        for name, options in (
            ("local_contrast", {"size": 3, "alpha": 0.3}),
            ("subtractive_divisive", {"size": 5}),
        )
    ],
    sample_wise(
        "global_response",
        reference=ref.global_response,
        stats=lambda m, x: x.square().sum((2, 3)).sqrt(),
    ),
    sample_wise("filter_response", reference=ref.filter_response, stats=squares((2, 3))),
    sample_wise(
        "evo_s0",
        reference=ref.evo_s0,
        options={"groups": 4},
        stats=lambda m, x: by_group((2, 3, 4))(m, x)[1],
        bad=(lambda: norm("evo_s0", 8, groups=3),),
    ),
    token_wise(
        "layer",
        reference=ref.layer,
        stats=own((-1,), keep=True),
        counterpart=lambda: nn.LayerNorm(8),
        bad=(lambda: norm("layer", ()), lambda: norm("layer", 8)(maps())),
    ),
    token_wise(
        "rms",
        reference=ref.rms,
        stats=squares((-1,), keep=True),
        counterpart=lambda: nn.RMSNorm(8, eps=1e-6),
    ),
    token_wise(
        "partial_rms",
        reference=ref.rms,
        options={"fraction": 0.4, "bias": True},
        stats=lambda m, x: x[..., :4].square().mean(-1, keepdim=True),
        bad=(lambda: norm("partial_rms", 8, fraction=0.0),),
    ),
    token_wise(
        "adaptive_layer",
        8,
        3,
        reference=ref.adaptive_layer,
        inputs=lambda: (tokens(), random(3, 3, seed=5)),
        stats=own((-1,), keep=True),
        wrong=lambda: (tokens(), random(3, 2)),
        layers=True,
        lacks={"reset": AT_RANDOM},
    ),
    Case(
        "adaptive_layer_zero",
        lambda: norm("adaptive_layer_zero", 8, 3, nn.Linear(8, 8)),
        ref.adaptive_layer_zero,
        inputs=lambda: (tokens(), random(3, 3, seed=5)),
        mask=feature_mask,
        stats=own((-1,), keep=True),
        wrong=lambda: (tokens(), random(3, 2)),
        layers=True,
        lacks={
            "memory_format": "features are last: there is one memory format",
            "evaluation": SAME_MODES,
            "reset": "its branch is not its own; its gate starts closed: in test_activation",
            "counterpart": NO_TORCH,
        },
    ),
    token_wise(
        "dynamic_tanh",
        reference=ref.dynamic_tanh,
        mask=None,
        lacks=plain("mask", "stats", why=NO_STATS),
    ),
]


def own_covariance(module: Any, x: Tensor) -> Any:
    rows = x.flatten(2)
    centred = rows - rows.mean(2, keepdim=True)
    return rows.mean(2), centred @ centred.mT / rows.shape[2]


def batch_covariance(module: Any, x: Tensor) -> Any:
    rows = x.transpose(0, 1).flatten(1)
    centred = (rows - rows.mean(1, keepdim=True)).reshape(module.groups, -1, rows.shape[1])
    return rows.mean(1), centred @ centred.mT / rows.shape[1]


NEWER = [
    sample_wise(
        "film",
        8,
        3,
        reference=ref.film,
        inputs=lambda: (maps(), random(4, 3, seed=4)),
        mask=None,
        wrong=lambda: (maps(), random(4, 2)),
        layers=True,
        lacks=plain("mask", "stats", why=NO_STATS) | {"reset": AT_RANDOM},
    ),
    sample_wise(
        "adaptive_group",
        8,
        3,
        options={"groups": 4},
        reference=ref.adaptive_group,
        inputs=lambda: (maps(), random(4, 3, seed=4)),
        stats=by_group((2, 3, 4)),
        wrong=lambda: (maps(), random(4, 2)),
        bad=(lambda: norm("adaptive_group", 8, 3, groups=3),),
        layers=True,
        lacks={"reset": AT_RANDOM},
    ),
    token_wise(
        "lp",
        reference=ref.lp,
        options={"p": 3.0, "power": 0.7},
        stats=lambda m, x: x.abs().pow(3).mean(-1, keepdim=True).pow(1 / 3),
        bad=(lambda: norm("lp", 8, p=0.0), lambda: norm("lp", 8, power=2.0)),
    ),
    sample_wise(
        "whitening",
        reference=ref.whitening,
        stats=own_covariance,
        tolerance=1e-8,
        lacks={"state_dict": NO_PARAMETERS, "reset": NO_PARAMETERS},
    ),
    sample_wise(
        "whitening_coloring",
        reference=ref.whitening_coloring,
        inputs=lambda: (maps(), maps().flip(1) * 2 + random(4, 8, 5, 6, seed=6)),
        stats=own_covariance,
        wrong=lambda: (maps(), maps()[:, :7]),
        tolerance=1e-8,
        lacks={"state_dict": NO_PARAMETERS, "reset": NO_PARAMETERS},
    ),
    sample_wise(
        "exact_matching",
        reference=ref.exact_matching,
        inputs=lambda: (maps(), maps().flip(1)[:, :, :3] * 2),
        mask=None,
        wrong=lambda: (maps(), maps()[:, :7]),
        lacks=plain("mask", "stats", why="the order of all values counts, no statistic of them")
        | plain(
            "gradcheck",
            "forward_mode",
            why="its gradient is the identity, by definition: see below",
        )
        | {
            "state_dict": NO_PARAMETERS,
            "reset": NO_PARAMETERS,
            "large_mean": "values are the style's own",
        },
    ),
    batch_like(
        "decorrelated_batch",
        reference=ref.decorrelated_batch,
        options={"groups": 2, "steps": None},
        evaluation=ref.decorrelated_batch_eval,
        stats=batch_covariance,
        tolerance=1e-8,
        bad=(
            lambda: norm("decorrelated_batch", 8, groups=3),
            lambda: norm("decorrelated_batch", 8, steps=0),
            lambda: norm("decorrelated_batch", 8)(torch.zeros(1, 8, 1, 1)),
        ),
    ),
    batch_like(
        "evo_b0",
        reference=ref.evo_b0,
        evaluation=ref.evo_b0_eval,
        stats=own((2, 3)),
        bad=(lambda: norm("evo_b0", 8)(torch.zeros(1, 8, 1, 1)),),
    ),
    sample_wise(
        "online",
        reference=ref.online,
        evaluation=ref.online_eval,
        mask=None,
        bad=(lambda: norm("online", 8, decay=(2.0, 0.5))(maps().float()),),
        lacks=plain("mask", "stats", why="statistics run along, over whole samples in order")
        | plain(
            "gradcheck", "forward_mode", why="its gradient is controlled on the run: test_running"
        )
        | {
            "facts": "a sample sees those before it, which the first one never does",
            "compile": "its backward pass moves buffers: run it eagerly",
            "large_mean": "running statistics, not the batch's, are taken off",
        },
    ),
    token_wise(
        "power",
        reference=ref.power_norm,
        evaluation=ref.power_norm,
        mask=None,
        bad=(lambda: norm("power", 8, decay=2.0)(tokens().float()),),
        lacks=plain(
            "gradcheck", "forward_mode", why="its gradient is controlled on the run: test_running"
        )
        | {
            "mask": "a mask says what runs along, not this output: test_running",
            "stats": "its running mean square is just that",
            "compile": "its backward pass moves buffers: run it eagerly",
        },
    ),
]

TRANSFORMER = [
    token_wise(
        "scale",
        reference=ref.scale,
        mask=None,
        counterpart=lambda: lambda x: nn.functional.normalize(x, dim=-1) * torch.tensor(8**0.5),
        lacks=plain("mask", "stats", why="a length, of one vector: nothing to leave out or share"),
    ),
    Case(
        "fix",
        lambda: norm("fix", radius=2.0),
        ref.fix,
        inputs=lambda: (tokens(),),
        counterpart=lambda: lambda x: nn.functional.normalize(x, dim=-1) * 2,
        wrong=None,
        bad=(lambda: norm("fix", radius=0.0),),
        lacks=plain("mask", "stats", why="a length, of one vector: nothing to leave out or share")
        | {
            "memory_format": "features are last: there is one memory format",
            "evaluation": SAME_MODES,
            "state_dict": NO_PARAMETERS,
            "reset": NO_PARAMETERS,
        },
    ),
    Case(
        "qk",
        lambda: norm("qk", length=10),
        ref.qk,
        inputs=lambda: (tokens(),),
        call=lambda m, x: torch.cat(m(x, x.flip(-1)), -1),
        wrong=None,
        bad=(lambda: norm("qk", 0), lambda: norm("qk", length=0)),
        lacks=plain("mask", "stats", why="a length, of one vector: nothing to leave out or share")
        | {
            "shapes": "two tensors in, two out: held by the reference",
            "memory_format": "features are last: there is one memory format",
            "evaluation": SAME_MODES,
            "counterpart": NO_TORCH,
        },
    ),
    Case(
        "head_qk",
        lambda: norm("head_qk", 8, heads=2),
        ref.head_qk,
        inputs=lambda: (random(3, 2, 5, 8) * 2 + 0.5,),
        call=lambda m, x: torch.cat(m(x, x.flip(-1)), -1),
        wrong=lambda: (random(3, 2, 5, 7),),
        bad=(
            lambda: norm("head_qk", 8, kind="batch"),
            lambda: norm("head_qk", 8)(tokens().float(), tokens().float()),
            lambda: norm("head_qk", 8, heads=3)(random(3, 2, 5, 8), random(3, 2, 5, 8)),
        ),
        lacks=plain("mask", "stats", why="a length, of one vector: nothing to leave out or share")
        | {
            "shapes": "two tensors in, two out: held by the reference",
            "memory_format": "features are last: there is one memory format",
            "evaluation": SAME_MODES,
            "counterpart": NO_TORCH,
        },
    ),
    token_wise(
        "layer_scale",
        reference=ref.layer_scale,
        mask=None,
        lacks=plain("mask", "stats", why=NO_STATS),
    ),
    *[
        Case(
            name,
            lambda name=name: norm(name, nn.Linear(8, 8), 8),
            getattr(ref, name),
            inputs=lambda: (nn.functional.normalize(tokens(), dim=-1),),
            wrong=lambda: (tokens()[..., :7],),
            bad=bad,
            layers=True,
            lacks=plain("mask", "stats", why="those of its branch")
            | {
                "memory_format": "features are last: there is one memory format",
                "evaluation": SAME_MODES,
                "counterpart": NO_TORCH,
                "reset": AT_RANDOM,
            },
        )
        for name, bad in (
            ("deep_norm", (lambda: norm("deep_norm", nn.Linear(8, 8), 8, layers=0),)),
            ("hypersphere", (lambda: norm("hypersphere", nn.Linear(8, 8), 8, alpha=0.0),)),
        )
    ],
    *[
        Case(
            f"{placement}_norm",
            lambda placement=placement: norm(f"{placement}_norm", nn.Linear(8, 8), 8),
            getattr(ref, f"{placement}_norm"),
            inputs=lambda: (tokens(),),
            wrong=lambda: (tokens()[..., :7],),
            bad=(lambda: norm("pre_norm", nn.Linear(8, 8), 8, norm="lair"),),
            layers=True,
            lacks=plain("mask", "stats", why="those of its inner norm, which has its own case")
            | {
                "memory_format": "features are last: there is one memory format",
                "evaluation": SAME_MODES,
                "counterpart": "torch has whole layers: compared in test_transformer",
                "reset": AT_RANDOM,
            },
        )
        for placement in ("pre", "post", "sandwich")
    ],
]


def parametrized(m: nn.Module, x: Tensor) -> Tensor:
    out: Tensor = m.parametrizations.weight[0](x)  # type: ignore[index, union-attr]
    return out


def directed(m: nn.Module, x: Tensor) -> Tensor:
    stored = m.parametrizations.weight
    out: Tensor = stored[0](stored.original0, x)  # type: ignore[index, union-attr]
    return out


def weight_case(name: str, reference: Any, **rest: Any) -> Case:
    lacks = plain("mask", "stats", why="a weight is whole: no part of it is padding")
    lacks |= {"memory_format": "a weight is used by its layer only, which chooses the format"}
    lacks |= {"facts": NO_SAMPLES, "reset": AT_RANDOM}
    lacks |= {
        "export": "a weight has one size: its layer is exported in test_weight",
        "pickle": "torch refuses to pickle parametrized layers; their state travels",
        "empty": "a weight has values: empty inputs of its layer are in test_weight",
    }
    lacks |= {"evaluation": SAME_MODES, "counterpart": NO_TORCH}
    for line in ("evaluation", "counterpart"):
        if line in rest:
            del lacks[line]
    rest["lacks"] = lacks | rest.get("lacks", {})
    rest.setdefault("call", parametrized)
    rest.setdefault("inputs", lambda: (weights(),))
    return Case(
        name,
        lambda: norm(name, nn.Conv2d(4, 6, 3)),
        reference,
        wrong=None,
        bad=(
            lambda: norm(name, nn.Conv2d(4, 6, 3), "wait"),
            lambda: norm(name, nn.Conv2d(4, 6, 3), "bias"),
        ),
        **rest,
    )


def converged(m: nn.Module, x: Tensor) -> Tensor:
    """Spectral norm after enough uses to have converged on ``x``."""
    if m.training:
        with torch.no_grad():
            for _ in range(200):
                parametrized(m, x)
    return parametrized(m, x)


def clipped(function: Any, x: Tensor) -> Tensor:
    out = x.detach().clone()
    function([out])
    return out


WEIGHT = [
    weight_case(
        "weight",
        ref.weight,
        call=directed,
        layers=True,
        lacks={"counterpart": "torch's parametrization: state and values compared in test_weight"},
    ),
    weight_case("weight_standardization", ref.weight_standardization),
    weight_case("scaled_weight_standardization", ref.scaled_weight_standardization),
    weight_case(
        "spectral",
        ref.spectral,
        call=converged,
        lacks={
            "counterpart": "torch's parametrization: values compared in test_weight",
            "evaluation": "evaluation must not move the vectors: in test_weight",
            "forward_mode": "checked with converged vectors in test_weight",
            "gradcheck": "checked with converged vectors in test_weight",
            "compile": "compiled with its layer in test_weight",
        },
    ),
    Case(
        "spectral_clip",
        lambda: norm.__globals__["entry"]("spectral_clip").build,
        ref.spectral_clip,
        inputs=lambda: (weights(),),
        call=clipped,
        wrong=None,
        bad=(
            lambda: norm("spectral_clip", [torch.ones(3)]),
            lambda: norm("spectral_clip", [torch.ones(3, 3)], 0.0),
        ),
        lacks=plain("mask", "stats", why="a weight is whole: no part of it is padding")
        | {
            "memory_format": "works in place",
            "facts": NO_SAMPLES,
            "evaluation": SAME_MODES,
            "gradcheck": "a projection after the step, outside of autograd",
            "counterpart": NO_TORCH,
            "compile": "runs once a step, outside of the model",
        }
        | plain(*FUNCTION_LACKS, why=FUNCTION)
        | {
            "forward_mode": "a projection after the step, outside of autograd",
            "empty": "a weight without values has no singular ones",
        },
    ),
]


WEIGHT.append(
    Case(
        "lipschitz",
        lambda: norm.__globals__["entry"]("lipschitz").build,
        ref.lipschitz,
        inputs=lambda: (weights(),),
        call=clipped,
        wrong=None,
        tolerance=1e-6,
        bad=(
            lambda: norm("lipschitz", [torch.ones(3)]),
            lambda: norm("lipschitz", [torch.ones(3, 3)], 0.0),
            lambda: norm("lipschitz", [torch.ones(3, 3)], ord=3),
        ),
        lacks=next(c for c in WEIGHT if c.name == "spectral_clip").lacks,
    )
)


def on_gradient(*args: Any) -> Callable[..., Tensor]:
    def apply(function: Any, x: Tensor) -> Tensor:
        parameter = nn.Parameter(torch.ones_like(x))
        parameter.grad = x.detach().clone()
        function([parameter], *args)
        assert parameter.grad is not None
        return parameter.grad

    return apply


def gradient_case(name: str, reference: Any, *args: Any, bad: tuple[Any, ...], **rest: Any) -> Case:
    lacks = plain("mask", "stats", why="a gradient is whole: no part of it is padding") | {
        "evaluation": SAME_MODES,
        "facts": NO_SAMPLES,
        "gradcheck": "acts on gradients, outside of autograd",
        "compile": "runs once a step, outside of the model",
        "forward_mode": "acts on gradients, outside of autograd",
        **plain(*FUNCTION_LACKS, why=FUNCTION),
    }
    if "counterpart" not in rest:
        lacks["counterpart"] = NO_TORCH
    build = norm.__globals__["entry"](name).build
    return Case(
        name,
        lambda: build,
        reference,
        inputs=lambda: (weights(),),
        call=on_gradient(*args),
        wrong=None,
        bad=bad,
        lacks=lacks,
        **rest,
    )


def torch_clip() -> Callable[[Tensor], Tensor]:
    return lambda x: on_gradient(1.0)(torch.nn.utils.clip_grad_norm_, x)


GRADIENT = [
    gradient_case(
        "gradient_vector",
        ref.gradient_vector,
        bad=(lambda: norm("gradient_vector", [], 0.0),),
    ),
    gradient_case(
        "gradient_clip",
        ref.gradient_clip,
        1.0,
        bad=(lambda: norm("gradient_clip", [], -1.0),),
        counterpart=torch_clip,
        tolerance=1e-6,
    ),
    gradient_case(
        "adaptive_gradient_clip",
        ref.adaptive_gradient_clip,
        bad=(lambda: norm("adaptive_gradient_clip", [], 0.0),),
    ),
]

GRADIENT.append(
    gradient_case(
        "orthogonal_gradient",
        ref.orthogonal_gradient,
        bad=(lambda: norm("orthogonal_gradient", [], 0),),
        tolerance=1e-7,
    )
)


def data() -> Tensor:
    return maps().flip(0) * 3 + 1


def scaler_case(name: str, reference: Any, lacks: Any = None, **options: Any) -> Case:
    return Case(
        name,
        lambda: norm(name, 8, dim=1, dtype=torch.float64, **options).fit(data()),
        lambda m, x: reference(m, x, ref.array(data())),
        bad=(
            lambda: norm(name, 8)(tokens()),
            lambda: norm(name, 8).fit(tokens()[..., :7]),
            lambda: norm(name, 8).fit(tokens(), torch.ones(4, 5, 1)),
        ),
        lacks={
            "mask": "statistics are taken in fit, not in use: masked fits are in test_data",
            "stats": "its fitted state is just that",
            "reset": "a fit forgets the one before: in test_data",
            "evaluation": SAME_MODES,
            "counterpart": NO_TORCH,
            "compile": "runs before the model",
            **(lacks or {}),
        },
    )


DATA = [
    scaler_case("min_max", ref.min_max, low=-1.0, high=2.0),
    scaler_case("mean", ref.mean_scaler),
    scaler_case("z_score", ref.z_score),
    scaler_case(
        "robust", ref.robust, lacks={"meta": "a fit sorts the values, which are not there"}
    ),
    Case(
        "unit_length",
        lambda: norm("unit_length"),
        lambda m, x: ref.unit(x),
        inputs=lambda: (tokens(),),
        counterpart=lambda: lambda x: nn.functional.normalize(x, dim=-1),
        wrong=None,
        bad=(
            lambda: norm("unit_length", 0.5),
            lambda: norm("unit_length", ord=0.0),
            lambda: norm("unit_length", 7)(tokens()),
        ),
        lacks=plain("mask", "stats", why="a length, of one vector: nothing to leave out or share")
        | {
            "memory_format": "features are last: there is one memory format",
            "evaluation": SAME_MODES,
            "state_dict": NO_PARAMETERS,
            "reset": NO_PARAMETERS,
        },
    ),
]

NORMALIZER_FREE = [
    Case(
        "normalizer_free",
        lambda: norm("normalizer_free", 8, variance=1.3),
        ref.normalizer_free,
        layers=True,
        pictures_only=True,
        wrong=None,
        bad=(
            lambda: norm("normalizer_free", 8, activation="rely"),
            lambda: norm("normalizer_free", 8, variance=0.0),
        ),
        lacks=plain("mask", "stats", why=NO_STATS)
        | {"evaluation": SAME_MODES, "counterpart": NO_TORCH, "reset": AT_RANDOM},
    ),
    Case(
        "fixup",
        lambda: norm("fixup", 8),
        ref.fixup,
        layers=True,
        pictures_only=True,
        bad=(lambda: norm("fixup", 8, blocks=0), lambda: norm("fixup", 8, stride=0)),
        lacks=plain("mask", "stats", why=NO_STATS)
        | {"evaluation": SAME_MODES, "counterpart": NO_TORCH, "reset": AT_RANDOM},
    ),
    Case(
        "skip_init",
        lambda: norm("skip_init", nn.Linear(8, 8)),
        ref.skip_init,
        inputs=lambda: (tokens(),),
        wrong=None,
        layers=True,
        lacks=plain("mask", "stats", why=NO_STATS)
        | {
            "memory_format": "that of its branch",
            "exceptions": "takes whatever its branch takes",
            "evaluation": SAME_MODES,
            "counterpart": NO_TORCH,
            "reset": AT_RANDOM,
        },
    ),
]

CASES = {
    case.name: case
    for case in (*DATA, *ACTIVATION, *NEWER, *WEIGHT, *TRANSFORMER, *GRADIENT, *NORMALIZER_FREE)
}
ELSEWHERE = {"gradnorm": "balances losses of a model in training; its own file is test_gradnorm"}
