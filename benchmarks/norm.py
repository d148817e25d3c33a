"""Time and memory of every norm against torch's counterpart, or else the plain formula.

    PYTHONPATH=. python benchmarks/norm.py [--threads N] [--repeats N] [--dtype D] [--only NAME ...]

Both sides of a row run in turns within one process; times are processor time, and the fastest run
of each counts, so that what else the machine does weighs little and on both alike. Ratios are ours
over theirs: below 1 is faster. Peak is the most memory that torch held at once during forward and
backward, beyond the inputs. The bars: at most 1.1 of torch's time for what torch has, 0.5 of the
two-pass formula's for AdaIN, 1.2 of the separable form's for local contrast, and 2 of layer norm's
for switchable norm of rows.
"""

import argparse
import ctypes
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import process_time
from typing import Any

import norm_formulas as plain
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, parametrizations

from styler.norm import entry, names, norm

CHANNELS, SIDE, BATCH = 64, 64, 4
Function = Callable[..., Tensor]


@dataclass
class Row:
    """One comparison: our function and theirs, on the same inputs."""

    name: str
    against: str
    ours: Function
    theirs: Function
    inputs: tuple[Tensor, ...]
    formats: tuple[str, ...] = ("nchw", "channels_last")
    backward: bool = True
    parameters: list[nn.Parameter] = field(default_factory=list)

    def limit(self) -> float | None:
        """The ratio that may not be passed."""
        if self.name == "adain":
            return 0.5
        return {"plain formula": None, "separable form": 1.2, "layer norm": 2.0}.get(
            self.against, 1.1
        )


def maps() -> Tensor:
    return torch.randn(BATCH, CHANNELS, SIDE, SIDE) * 2 + 1


def tokens() -> Tensor:
    return torch.randn(BATCH, 512, 4 * CHANNELS)


def rows() -> list[Row]:
    """One row for every entry of the registry; "none" does nothing, in no time."""
    found = [*activation_rows(), *newer_rows(), *local_rows(), *token_rows(), *weight_rows()]
    found += [*gradient_rows(), *data_rows()]
    assert {r.name for r in found} == set(names()) - {"none"}
    return found


def activation_rows() -> list[Row]:
    c = CHANNELS
    x = maps()
    out = []
    last = nn.LayerNorm(c)
    for name, theirs in {
        "batch": nn.BatchNorm2d(c),
        "sync_batch": nn.BatchNorm2d(c),
        "instance": nn.InstanceNorm2d(c, affine=True),
        "group": nn.GroupNorm(32, c),
        "sample_layer": nn.GroupNorm(1, c),
        "pixel_layer": lambda t: like(t, last(t.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)),
    }.items():
        out.append(Row(name, "torch.nn", norm(name, c), theirs, (x,)))
    ours = norm("local_response")
    out.append(Row("local_response", "torch.nn", ours, nn.LocalResponseNorm(5, 5e-4, k=2.0), (x,)))
    evaluated = norm("batch_weighed", c, alpha=0.3).eval()
    out.append(
        Row(
            "batch_weighed",
            "plain formula",
            evaluated,
            lambda t: weighed(evaluated, t),
            (x,),
        )
    )
    condition, labels = torch.randn(BATCH, 16), torch.randn(BATCH, 3, 16, 16)
    mixed = torch.rand(BATCH, 10)
    for name, args, extra in (
        ("adain", (), (maps() * 3,)),
        ("adalin", (c, 16), (condition,)),
        ("conditional_instance", (c, 10), (mixed,)),
        ("batch_group", (c, 32), ()),
        ("spade", (c, 3), (labels,)),
        ("divisive", (), ()),
        ("normalizer_free", (c,), ()),
        *((name, (c,), ()) for name in ("ghost_batch", "batch_renorm", "switchable")),
        *((name, (c,), ()) for name in ("layer_instance", "global_response")),
        *((name, (c,), ()) for name in ("filter_response", "evo_s0")),
    ):
        options = (
            {"size": 4} if name == "ghost_batch" else {"hidden": 16} if name == "spade" else {}
        )
        ours = norm(name, *args, **options)
        formula = getattr(plain, name)
        out.append(
            Row(
                name,
                "plain formula",
                ours,
                lambda *t, f=formula, m=ours: f(m, *t),
                (x, *extra),
            )
        )
    return out


def newer_rows() -> list[Row]:
    c, x = CHANNELS, maps()
    condition = torch.randn(BATCH, 16)
    out = []
    for name, args, extra in (
        ("film", (c, 16), (condition,)),
        ("adaptive_group", (c, 16), (condition,)),
        ("whitening", (c,), ()),
        ("whitening_coloring", (c,), (maps() * 3,)),
        ("exact_matching", (c,), (maps() * 3,)),
        ("fixup", (c,), ()),
        *((name, (c,), ()) for name in ("decorrelated_batch", "evo_b0", "online")),
    ):
        ours, formula = norm(name, *args), getattr(plain, name)
        theirs = lambda *t, f=formula, m=ours: f(m, *t)  # noqa: E731
        out.append(Row(name, "plain formula", ours, theirs, (x, *extra)))
    return out


def local_rows() -> list[Row]:
    """Windows of nine pixels, and of 31 over a picture of 512; rows that are batches of 4096."""
    out = []
    for name in ("local_contrast", "subtractive_divisive"):
        for size, x in ((9, maps()), (31, torch.randn(1, 8, 512, 512))):
            ours, formula = norm(name, size=size), getattr(plain, name)
            theirs = lambda t, f=formula, m=ours: f(m, t)  # noqa: E731
            out.append(Row(name, "separable form", ours, theirs, (x,)))
    many = torch.randn(4096, 64)
    layer = nn.LayerNorm(64)
    out.append(Row("switchable", "layer norm", norm("switchable", 64), layer, (many,), ("rows",)))
    return out


def like(x: Tensor, y: Tensor) -> Tensor:
    """``y`` in the layout of ``x``, as the next layer of the network wants it."""
    return y.contiguous() if x.is_contiguous() else y


def weighed(m: Any, x: Tensor) -> Tensor:
    a = m.alpha
    mean, square = (
        a * t.mean((2, 3), keepdim=True) + (1 - a) * r
        for t, r in (
            (x, plain.maps(m.running_mean)),
            (x * x, plain.maps(m.running_var + m.running_mean**2)),
        )
    )
    return plain.scaled(m, (x - mean) / torch.sqrt(square - mean**2 + m.eps))


def token_rows() -> list[Row]:
    x, d = tokens(), 4 * CHANNELS
    condition = torch.randn(BATCH, 16)
    out = [
        Row("layer", "torch.nn", norm("layer", d), nn.LayerNorm(d), (x,)),
        Row("rms", "torch.nn", norm("rms", d), nn.RMSNorm(d, eps=1e-6), (x,)),
        Row("fix", "F.normalize", norm("fix"), lambda t: F.normalize(t, dim=-1), (x,)),
    ]
    ours = norm("scale", d)
    theirs = lambda t, m=ours: F.normalize(t, dim=-1) * m.scale  # noqa: E731
    out.append(Row("scale", "F.normalize", ours, theirs, (x,)))
    for name, args, extra in (
        *((f"{placement}_norm", (nn.Linear(d, d), d), ()) for placement in plain.PLACEMENTS),
        *((name, (nn.Linear(d, d), d), ()) for name in ("deep_norm", "hypersphere")),
        ("skip_init", (nn.Linear(d, d),), ()),
        ("partial_rms", (d,), ()),
        *((name, (d,), ()) for name in ("lp", "power", "layer_scale")),
        ("dynamic_tanh", (d,), ()),
        ("adaptive_layer", (d, 16), (condition,)),
        ("adaptive_layer_zero", (d, 16), (condition,)),
    ):
        ours = norm(name, *args)
        formula = getattr(plain, name)
        theirs = lambda *t, f=formula, m=ours: f(m, *t)  # noqa: E731
        out.append(Row(name, "plain formula", ours, theirs, (x, *extra)))
    q = norm("qk")
    out.append(
        Row(
            "qk",
            "plain formula",
            lambda t: torch.cat(q(t, t.flip(-1)), -1),
            lambda t: plain.qk(q, t),
            (x,),
        )
    )
    heads = norm("head_qk", 32, heads=8)
    out.append(
        Row(
            "head_qk",
            "plain formula",
            lambda t: torch.cat(heads(t, t.flip(-1)), -1),
            lambda t: plain.head_qk(heads, t),
            (torch.randn(BATCH, 8, 512, 32),),
        )
    )
    for row in out:
        row.formats = ("tokens",)
    return out


def weight_rows() -> list[Row]:
    """One use of the weight of a layer; the input is the weight itself."""

    def conv() -> nn.Conv2d:
        return nn.Conv2d(256, 256, 3)

    out = []
    for name in ("weight", "spectral"):
        ours, theirs = norm(name, conv()), getattr(parametrizations, f"{name}_norm")(conv())
        out.append(
            Row(
                name,
                "torch.nn.utils",
                lambda m=ours: m.weight,
                lambda m=theirs: m.weight,
                (),
                parameters=[*ours.parameters(), *theirs.parameters()],
            )
        )
    ours = norm("weight_standardization", conv())
    raw = ours.parametrizations.weight.original
    out.append(
        Row(
            "weight_standardization",
            "plain formula",
            lambda m=ours: m.weight,
            lambda w=raw: plain.weight_standardization(w),
            (),
            parameters=[raw],
        )
    )
    ours = norm("scaled_weight_standardization", conv())
    raw, gain = ours.parametrizations.weight.original, ours.parametrizations.weight[0].gain
    out.append(
        Row(
            "scaled_weight_standardization",
            "plain formula",
            lambda m=ours: m.weight,
            lambda w=raw, g=gain: plain.scaled_weight_standardization(w, g, 1.0),
            (),
            parameters=[raw, gain],
        )
    )
    for name in ("spectral_clip", "lipschitz"):
        raw, twin = (conv().weight.detach() for _ in range(2))
        out.append(
            Row(
                name,
                "plain formula",
                lambda w=raw, n=name: clipped(entry(n).build, w),
                lambda w=twin, n=name: clipped(getattr(plain, n), w),
                (),
                backward=False,
            )
        )
    for row in out:
        row.formats = ("weight",)
    return out


def clipped(clip: Callable[[list[Tensor]], object], weight: Tensor) -> Tensor:
    clip([weight])
    return weight


def gradient_rows() -> list[Row]:
    """A step over the gradients of sixteen tensors, 4.7 million numbers; and one of two losses."""
    model = nn.ModuleList([nn.Conv2d(256, 256, 3) for _ in range(8)])
    parameters = list(model.parameters())
    for p in parameters:
        p.grad = torch.randn_like(p)

    def step(function: Callable[..., Any], *args: Any) -> Function:
        def run() -> Tensor:
            function(parameters, *args)
            return parameters[0]

        return run

    def one_by_one(parameters: list[nn.Parameter]) -> None:
        total = torch.stack([p.grad.norm() for p in parameters]).norm()
        for p in parameters:
            p.grad = p.grad / total

    def unit_by_unit(parameters: list[nn.Parameter]) -> None:
        for p in parameters:
            axes = tuple(range(1, p.dim())) or (0,)
            limit = p.detach().norm(2, axes, keepdim=True).clamp_min(1e-3) * 0.01
            length = p.grad.norm(2, axes, keepdim=True).clamp_min(1e-6)
            p.grad = torch.where(length > limit, p.grad * (limit / length), p.grad)

    def by_svd(parameters: list[nn.Parameter]) -> None:
        for p in parameters:
            if p.dim() > 1:
                u, _, v = torch.linalg.svd(p.grad.flatten(1), full_matrices=False)
                p.grad.copy_((u @ v).view_as(p))

    pairs = {
        "gradient_clip": ("torch.nn.utils", clip_grad_norm_, (1.0,)),
        "gradient_vector": ("plain formula", one_by_one, ()),
        "adaptive_gradient_clip": ("plain formula", unit_by_unit, ()),
        "orthogonal_gradient": ("plain formula", by_svd, ()),
    }
    shared, x = nn.Linear(4 * CHANNELS, 4 * CHANNELS), tokens()

    def balanced(balance: Callable[[list[Tensor], Tensor], Tensor]) -> Function:
        def run() -> Tensor:
            with torch.enable_grad():
                y = shared(x)
                total = balance([y.square().mean(), (y - 1).abs().mean()], shared.weight)
                total.backward()
            shared.zero_grad()
            return total

        return run

    balancing = Row(
        "gradnorm",
        "plain formula",
        balanced(norm("gradnorm", 2)),
        balanced(plain.GradNorm(2)),
        (),
        ("losses",),
        backward=False,
    )
    return [
        balancing,
        *(
            Row(
                name,
                against,
                step(entry(name).build, *args),
                step(theirs, *args),
                (),
                ("gradients",),
                backward=False,
            )
            for name, (against, theirs, args) in pairs.items()
        ),
    ]


def data_rows() -> list[Row]:
    x = maps()
    out = []
    for name in ("min_max", "mean", "z_score", "robust"):
        ours = norm(name, CHANNELS, dim=1).fit(x[:1])
        shift, scale = (v.reshape(1, -1, 1, 1) for v in ours.coefficients())
        theirs = lambda t, a=shift, b=scale: (t - a) / b  # noqa: E731
        out.append(Row(name, "plain formula", ours, theirs, (x,)))
    row = Row(
        "unit_length", "F.normalize", norm("unit_length"), F.normalize, (tokens(),), ("tokens",)
    )
    row.theirs = lambda t: F.normalize(t, dim=-1)
    return [*out, row]


def runner(
    function: Function, inputs: tuple[Tensor, ...], row: Row, backward: bool
) -> Callable[[], None]:
    seed: list[Tensor] = []

    def run() -> None:
        if not backward:
            with torch.no_grad():
                function(*inputs)
            return
        out = function(*inputs)
        if not seed:
            seed.append(torch.randn_like(out))
        out.backward(seed[0])
        for leaf in (*inputs, *row.parameters):
            leaf.grad = None

    return run


def fastest(runs: list[Callable[[], None]], repeats: int) -> list[float]:
    """Least seconds of each, taken in turns."""
    for run in runs:
        run()
        run()
    best = [float("inf")] * len(runs)
    order = list(enumerate(runs))
    for _ in range(repeats):
        order.reverse()  # neither is always the one that finds the caches cold
        for i, run in order:
            start = process_time()
            run()
            best[i] = min(best[i], process_time() - start)
    return best


def keep_memory() -> None:
    """Ask glibc to keep freed memory: else page faults fall on one side or the other by chance."""
    if platform.libc_ver()[0] == "glibc":
        libc, mmap_threshold, trim_threshold = ctypes.CDLL(None), -3, -1
        libc.mallopt(mmap_threshold, 32 << 20)
        libc.mallopt(trim_threshold, 2**31 - 1)


@contextmanager
def quiet() -> Iterator[None]:
    """Without the lines that the profiler's own library writes to the error stream."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def peak(run: Callable[[], None]) -> float:
    """MiB that torch held at most during a run, beyond what it held before."""
    activities = [torch.profiler.ProfilerActivity.CPU]
    with quiet(), torch.profiler.profile(activities=activities, profile_memory=True) as profile:
        run()
    results = profile.profiler.kineto_results  # type: ignore[union-attr]
    events = [e for e in results.events() if e.name() == "[memory]"]
    held = most = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    keep_memory()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    dtype = getattr(torch, options.dtype)
    print(
        f"torch {torch.__version__}, {platform.machine()}, {options.threads} threads, "
        f"{options.dtype}, maps {BATCH}x{CHANNELS}x{SIDE}x{SIDE}, tokens {BATCH}x512x{4 * CHANNELS}"
    )
    print(
        f"{'entry':30}{'against':16}{'layout':14}{'forward':>9}{'ratio':>7}"
        f"{'fwd+bwd':>9}{'ratio':>7}{'peak':>8}{'theirs':>8}"
    )
    print(f"{'':60}{'ms':>9}{'':>7}{'ms':>9}{'':>7}{'MiB':>8}{'MiB':>8}")
    missed = []
    for row in rows():
        if options.only and row.name not in options.only:
            continue
        for layout in row.formats:
            inputs = []
            for x in row.inputs:
                memory = torch.contiguous_format
                if layout == "channels_last" and x.dim() == 4:
                    memory = torch.channels_last
                inputs.append(x.to(dtype).to(memory_format=memory).requires_grad_(row.backward))
            cells, ratios = [], []
            for backward in (False, True) if row.backward else (False,):
                runs = [runner(f, tuple(inputs), row, backward) for f in (row.ours, row.theirs)]
                ours, theirs = fastest(runs, options.repeats)
                cells += [f"{ours * 1e3:9.2f}{ours / theirs:7.2f}"]
                ratios.append(ours / theirs)
            cells += [" " * 16] * (2 - len(cells))
            cells += [f"{peak(run):8.1f}" for run in runs]
            limit = row.limit()
            over = limit is not None and max(ratios) > limit
            mark = f"  above {limit}" if over else ""
            if over:
                missed.append(f"{row.name} ({layout}) {max(ratios):.2f} > {limit}")
            print(f"{row.name:30}{row.against:16}{layout:14}{''.join(cells)}{mark}", flush=True)
    print("every bar holds" if not missed else "bars missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
