"""One rubric for every entry of the registry.

Each line runs on all entries but those that name it in ``Case.lacks``, with the reason.
"""

import pickle
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.func import functional_call

from styler.errors import ParameterError
from styler.norm import entry, names
from tests.norm.cases import CASES, ELSEWHERE, LINES, Case, random


def cases(line: str) -> Any:
    assert line in LINES
    found = [case for case in CASES.values() if line not in case.lacks]
    return pytest.mark.parametrize("case", found, ids=lambda case: case.name)


def build(case: Case, dtype: torch.dtype = torch.float64) -> Any:
    """The case's module with random parameters and buffers, or its function."""
    torch.manual_seed(0)
    module = case.build()
    if isinstance(module, nn.Module):
        module = module.to(dtype)
        with torch.no_grad():
            for name, p in sorted(module.named_parameters()):
                if "original" not in name:
                    inner = case.layers and p.dim() > 1  # a matrix should not blow its input up
                    p.copy_(torch.rand(p.shape) * 0.8 + (-0.4 if inner else 0.3))
            for name, b in module.named_buffers():
                if name.endswith("running_mean"):
                    b.copy_(torch.rand(b.shape))
                if name.endswith("running_var"):
                    b.copy_(torch.rand(b.shape) + 0.5)
    return module


def strict(a: Tensor, b: Any, tolerance: float) -> None:
    np.testing.assert_allclose(a.detach().double().numpy(), b, rtol=tolerance, atol=tolerance)


def test_every_entry_has_a_case() -> None:
    assert sorted([*CASES, *ELSEWHERE]) == sorted(names())
    for case in CASES.values():
        assert set(case.lacks) <= set(LINES)
        assert all(len(why) > 10 for why in case.lacks.values())


@cases("smoke")
def test_smoke(case: Case) -> None:
    out = case.call(build(case), *case.inputs())
    assert out.isfinite().all()
    assert not torch.equal(out, torch.zeros_like(out))


@cases("shapes")
def test_shapes(case: Case) -> None:
    x, *rest = case.inputs()
    assert case.call(build(case), x, *rest).shape == x.shape
    if case.pictures_only or rest:
        return  # rest: inputs that belong together
    if x.dim() == 4 and case.call.__name__ == "call":
        for shape in ((4, 8, 12), (4, 8, 2, 3, 2)):
            y = x.reshape(4, 8, -1)[..., :12].reshape(shape)
            out = build(case)(y)
            assert out.shape == shape
            flat = build(case)(y.reshape(4, 8, 3, 4))
            torch.testing.assert_close(out.reshape(flat.shape), flat)


@cases("dtypes")
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_dtypes(case: Case, dtype: torch.dtype) -> None:
    inputs = [x.to(dtype) for x in case.inputs()]
    module = build(case, dtype if case.layers else torch.float32)
    wide = deepcopy(module).double() if isinstance(module, nn.Module) else module
    got = case.call(module, *inputs)
    assert got.dtype == dtype
    expected = case.call(wide, *(x.double() for x in inputs))
    step = {torch.bfloat16: 2**-7, torch.float16: 2**-10, torch.float32: 2**-18}[dtype]
    # the result is rounded to the dtype; with layers inside, so is every step on the way
    strict(got, expected.detach().numpy(), step * (16 if case.layers else 3))


@cases("memory_format")
def test_memory_format(case: Case) -> None:
    x, *rest = case.inputs()
    plain = case.call(build(case), x, *rest)
    assert plain.is_contiguous()
    last = case.call(build(case), x.to(memory_format=torch.channels_last), *rest)
    assert last.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(last, plain, rtol=1e-9, atol=1e-9, check_stride=False)
    module = build(case)
    ways: list[tuple[Any, dict[str, Any]]] = []
    if isinstance(module, nn.Module):
        ways.append((module.eval(), {}))
    if case.mask is not None:
        ways.append((build(case), {"mask": case.mask()}))
    if case.stats is not None:
        ways.append((build(case), {"stats": case.stats(module, x)}))
    for module, extra in ways:
        assert case.call(deepcopy(module), x, *rest, **extra).is_contiguous()
        kept = case.call(module, x.to(memory_format=torch.channels_last), *rest, **extra)
        assert kept.is_contiguous(memory_format=torch.channels_last), extra.keys()


@cases("memory_format")
def test_memory_format_of_volumes(case: Case) -> None:
    x, *rest = case.inputs()
    if case.pictures_only or rest:
        return
    volume = x.unsqueeze(2) * torch.linspace(0.5, 1.5, 3, dtype=x.dtype).reshape(3, 1, 1)
    extras: list[dict[str, Tensor]] = [{}]
    if case.mask is not None:
        extras.append({"mask": case.mask().unsqueeze(2)})
    for extra in extras:
        plain = case.call(build(case), volume, **extra)
        assert plain.is_contiguous()
        last = volume.to(memory_format=torch.channels_last_3d)
        kept = case.call(build(case), last, **extra)
        assert kept.is_contiguous(memory_format=torch.channels_last_3d)
        torch.testing.assert_close(kept, plain, rtol=1e-9, atol=1e-9, check_stride=False)


@cases("mask")
def test_mask(case: Case) -> None:
    assert case.mask is not None
    inputs, mask = case.inputs(), case.mask()
    for fits in (mask.double(), mask.float()):
        expected = case.reference(
            build(case), *(x.numpy() for x in inputs), mask=fits.double().numpy()
        )
        strict(case.call(build(case), *inputs, mask=fits), expected, 1e-6)
    everywhere = case.call(build(case), *inputs, mask=torch.ones_like(mask))
    torch.testing.assert_close(everywhere, case.call(build(case), *inputs), rtol=1e-7, atol=1e-7)
    with pytest.raises(ParameterError, match="mask of shape"):
        case.call(build(case), *inputs, mask=torch.ones(7, 1, 3, 4))
    half = [x.bfloat16() for x in inputs]
    module = build(case, torch.bfloat16 if case.layers else torch.float32)
    assert case.call(module, *half, mask=mask).dtype == torch.bfloat16
    hard = [case.call(build(case), *inputs, mask=m) for m in (mask > 0, (mask > 0).double())]
    torch.testing.assert_close(*hard, rtol=1e-9, atol=1e-9)


@cases("stats")
def test_stats(case: Case) -> None:
    """Its own statistics from outside change nothing; other ones do."""
    assert case.stats is not None
    x, *rest = case.inputs()
    stats = case.stats(build(case), x)
    expected = case.call(build(case), x, *rest)
    strict(case.call(build(case), x, *rest, stats=stats), expected.detach().numpy(), 1e-9)
    double = tuple(s * 2 + 1 for s in stats) if isinstance(stats, tuple) else stats * 2 + 1
    other = case.call(build(case), x, *rest, stats=double)
    assert not torch.allclose(other, expected, atol=1e-3)
    wrong = tuple(s[..., None] for s in double) if isinstance(double, tuple) else double[..., None]
    with pytest.raises(ParameterError, match=r"statistics of shape .* do not"):
        case.call(build(case), x, *rest, stats=wrong)


@cases("exceptions")
def test_exceptions(case: Case) -> None:
    for bad in case.bad:
        with pytest.raises(ParameterError) as caught:
            bad()
        assert "\n" not in str(caught.value)
    if case.wrong is not None:
        with pytest.raises(ParameterError):
            case.call(build(case), *case.wrong())
    if case.call.__name__ == "call" and case.name != "normalizer_free":
        x, *rest = case.inputs()
        with pytest.raises(ParameterError, match="floating"):
            case.call(build(case), x.long(), *rest)


@cases("reference")
def test_reference(case: Case) -> None:
    inputs = case.inputs()
    module = build(case)
    expected = case.reference(deepcopy(module), *(x.numpy() for x in inputs))
    strict(case.call(module, *inputs), expected, case.tolerance)


@cases("evaluation")
def test_evaluation(case: Case) -> None:
    """Evaluation by running statistics, against the formula, and without touching them."""
    assert case.evaluation is not None
    inputs = case.inputs()
    module = build(case).eval()
    before = deepcopy(module.state_dict())
    strict(case.call(module, *inputs), case.evaluation(module, *(x.numpy() for x in inputs)), 1e-9)
    assert all(torch.equal(before[k], v) for k, v in module.state_dict().items())
    case.call(module.train(), *inputs)
    assert not all(torch.equal(before[k], v) for k, v in module.state_dict().items())


@cases("gradcheck")
def test_gradcheck(case: Case) -> None:
    """Gradients in the inputs and in all parameters, against finite differences."""
    module = build(case)
    parameters = dict(module.named_parameters()) if isinstance(module, nn.Module) else {}
    keys = [k for k in parameters if "original" not in k]
    small = [x[:2, :, :3, :3] if x.dim() == 4 and x.shape[1] == 8 else x[:2] for x in case.inputs()]
    if case.call.__name__ != "call":
        small = list(case.inputs())
    inputs = [x.clone().requires_grad_() for x in small]
    values = [parameters[k].detach().clone().requires_grad_() for k in keys]

    def function(*args: Tensor) -> Tensor:
        copy = deepcopy(module)  # buffers move in training
        own = dict(zip(keys, args[len(inputs) :], strict=True))
        if case.call.__name__ != "call":
            return case.call(copy, *args[: len(inputs)])
        return functional_call(copy, own, args[: len(inputs)])

    assert torch.autograd.gradcheck(function, (*inputs, *values), fast_mode=True, eps=1e-6)


@cases("counterpart")
def test_counterpart(case: Case) -> None:
    """Equal to torch in value and gradient."""
    assert case.counterpart is not None
    torch.manual_seed(0)
    ours, theirs = case.build(), case.counterpart()
    results = []
    for function in (ours, theirs):
        if isinstance(function, nn.Module):
            function.to(torch.float64)
        x = case.inputs()[0].clone().requires_grad_()
        out = case.call(function, x) if function is ours else function(x)
        if out.requires_grad:
            (out * torch.linspace(0, 1, out.numel(), dtype=out.dtype).view_as(out)).sum().backward()
        results.append((out.detach(), x.grad))
    torch.testing.assert_close(*(out for out, _ in results), rtol=1e-9, atol=1e-9)
    if results[0][1] is not None:
        torch.testing.assert_close(*(grad for _, grad in results), rtol=1e-7, atol=1e-7)
    if isinstance(ours, nn.Module) and isinstance(theirs, nn.BatchNorm2d):
        torch.testing.assert_close(dict(ours.state_dict()), dict(theirs.state_dict()))
        for m in (ours.eval(), theirs.eval()):
            assert not m.training
        torch.testing.assert_close(ours(x), theirs(x))


@cases("compile")
def test_compile(case: Case) -> None:
    """One graph without breaks, forward and backward, equal to eager."""
    torch._dynamo.reset()
    results = []
    for compiled in (False, True):
        module = build(case)
        inputs = [x.clone().requires_grad_() for x in case.inputs()]
        function = lambda *args, m=module: case.call(m, *args)  # noqa: E731
        if compiled:
            function = torch.compile(function, backend="aot_eager", fullgraph=True)
        out = function(*inputs)
        out.square().sum().backward()
        results.append((out.detach(), inputs[0].grad))
    torch.testing.assert_close(*(out for out, _ in results))
    torch.testing.assert_close(*(grad for _, grad in results))


@cases("state_dict")
def test_state_dict(case: Case) -> None:
    inputs = case.inputs()
    first = build(case)
    case.call(first, *inputs)
    torch.manual_seed(1)
    second = case.build().to(torch.float64)
    assert first.state_dict()
    second.load_state_dict(first.state_dict())
    strict(case.call(second.eval(), *inputs), case.call(first.eval(), *inputs).detach(), 0)


@cases("reset")
def test_reset(case: Case) -> None:
    """Whatever was learned and seen, it is as it was built."""
    used, fresh = build(case), case.build().to(torch.float64)
    used.reset_parameters()
    torch.testing.assert_close(used.state_dict(), fresh.state_dict())


@cases("facts")
def test_facts(case: Case) -> None:
    """What the registry says of the batch and of the modes, measured."""
    facts = entry(case.name)
    inputs = [x * 10 if x.dim() > 2 else x for x in case.inputs()]  # far from running statistics
    together = case.call(build(case), *inputs)
    alone = case.call(build(case), *(x[:1] for x in inputs))
    assert torch.allclose(alone, together[:1]) != facts.batch
    assert torch.allclose(case.call(build(case).eval(), *inputs), together) != facts.modes


def by_axes(x: Tensor) -> dict[int, Any]:
    """Which axes of an input may have another length: samples, and all but features and heads."""
    heads = x.dim() == 4 and x.shape[1] == 2
    free = [0, *range(2, 3 if heads else x.dim())] if x.dim() == 4 else [*range(x.dim() - 1)]
    return dict.fromkeys(free, torch.export.Dim.DYNAMIC)


def grown(x: Tensor, samples: int, more: int) -> Tensor:
    """Random values of another number of samples and another size."""
    shape = [samples, *x.shape[1:]]
    for axis in by_axes(x):
        if axis:
            shape[axis] = shape[axis] + more
    return random(*shape, seed=samples) + 0.5


class Called(nn.Module):
    """A case's call as a module; with a mask given, of the call under it too."""

    def __init__(self, case: Case, module: nn.Module) -> None:
        super().__init__()
        self.case, self.module = case, module

    def forward(self, x: Tensor, rest: list[Tensor], mask: Tensor | None) -> list[Tensor]:
        out = [self.case.call(self.module, x, *rest)]
        if mask is not None:
            out.append(self.case.call(self.module, x, *rest, mask=mask))
        return out


@cases("export")
def test_export(case: Case) -> None:
    """Recorded once with free numbers of samples and sizes, equal at two others, masked too."""
    module = Called(case, build(case).eval())
    x, *rest = case.inputs()
    mask = case.mask() if case.mask is not None else None
    masks_maps = mask is not None and mask.dim() == x.dim()
    free = by_axes(mask) if mask is not None and masks_maps and mask.shape[1] == 1 else {}
    shapes = {"x": by_axes(x), "rest": [by_axes(r) for r in rest], "mask": free}
    if mask is None:
        shapes["mask"] = None
    program = torch.export.export(module, (x, rest, mask), dynamic_shapes=shapes).module()
    for samples, more in ((2, 3), (5, 6)):
        others = [grown(r, samples, more) for r in rest]
        covers = grown(mask, samples, more).abs().clamp(0, 1) if free else mask
        inputs = grown(x, samples, more), others, covers
        for got, expected in zip(program(*inputs), module(*inputs), strict=True):
            torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-9)


@cases("large_mean")
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_large_mean(case: Case, memory: torch.memory_format) -> None:
    """A thousand deviations from zero, float32 keeps three digits of what is left."""
    x, *rest = case.inputs()
    far = x / x.std() + 1000
    if x.dim() == 4:
        far = far.to(memory_format=memory)
    module = build(case)
    for m in [module, deepcopy(module).eval()] if isinstance(module, nn.Module) else [module]:
        exact = case.call(deepcopy(m), far.float().double(), *rest)
        single = deepcopy(m).float() if isinstance(m, nn.Module) else m
        got = case.call(single, far.float(), *(r.float() for r in rest))
        scale = max(1.0, float(exact.detach().abs().max()))
        torch.testing.assert_close(got.double(), exact, rtol=0, atol=2e-3 * scale)


@cases("meta")
def test_meta(case: Case) -> None:
    """Built without memory it tells shapes; given memory and reset, or a state, it is as new."""
    inputs = [x.float() for x in case.inputs()]
    with torch.device("meta"):
        module = case.build()
    on_meta = [x.to("meta") for x in inputs]
    expected = case.call(case.build().float(), *inputs)
    got = case.call(module.float(), *on_meta)
    assert got.is_meta and got.shape == expected.shape
    held = module.to_empty(device="cpu")
    for part in held.modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()
    if not case.lacks.get("reset"):
        torch.testing.assert_close(held.state_dict(), case.build().float().state_dict())
    fresh = case.build().float()
    held.load_state_dict(fresh.state_dict())
    strict(case.call(held.eval(), *inputs), case.call(fresh.eval(), *inputs).detach(), 0)


@cases("pickle")
def test_pickle(case: Case) -> None:
    module = build(case)
    inputs = case.inputs()
    case.call(module, *inputs)
    again = pickle.loads(pickle.dumps(module))
    assert repr(again) == repr(module)
    for mode in (True, False):
        first, second = (m.train(mode) for m in (module, again))
        strict(case.call(first, *inputs), case.call(second, *inputs).detach(), 0)


@cases("forward_mode")
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # torch's own use of it
def test_forward_mode(case: Case) -> None:
    """Directional derivatives forward in time, against finite differences; masked too."""
    inputs = case.inputs()
    tangents = tuple(random(*x.shape, seed=7) for x in inputs)
    step = 1e-6
    extras: list[dict[str, Tensor]] = [{}] if case.mask is None else [{}, {"mask": case.mask()}]
    for extra in extras:
        module = build(case)

        def function(*args: Tensor, m: Any = module, extra: Any = extra) -> Tensor:
            return case.call(deepcopy(m), *args, **extra)

        with forward_ad.dual_level():
            dual = (forward_ad.make_dual(x, t) for x, t in zip(inputs, tangents, strict=True))
            moved = forward_ad.unpack_dual(function(*dual)).tangent
        ahead, behind = (
            function(*(x + sign * step * t for x, t in zip(inputs, tangents, strict=True)))
            for sign in (1, -1)
        )
        expected = (ahead - behind) / (2 * step)
        torch.testing.assert_close(moved, expected, rtol=1e-5, atol=1e-5)


@cases("empty")
def test_empty(case: Case) -> None:
    """No samples, or maps without positions: as many come out, nothing is learned from them."""
    x, *rest = case.inputs()
    nothing = [(x[:0], *(r[:0] for r in rest))]
    if x.dim() == 4 and x.shape[1] == 8 and not (case.pictures_only or rest):
        nothing.append((x[:, :, :0],))
    if x.dim() == 3:
        nothing.append((x[:, :0], *rest))
    for inputs in nothing:
        module = build(case)
        before = deepcopy(module.state_dict()) if isinstance(module, nn.Module) else {}
        leaves = [i.clone().requires_grad_() for i in inputs]
        out = case.call(module, *leaves)
        assert out.shape == case.call(module, *inputs).shape
        assert out.numel() == 0
        if out.requires_grad:
            out.sum().backward()
        if isinstance(module, nn.Module):
            for p in module.parameters():
                assert p.grad is None or not p.grad.any()
            torch.testing.assert_close(module.state_dict(), before, rtol=0, atol=0)
            assert case.call(module.eval(), *inputs).numel() == 0


@cases("repr")
def test_repr(case: Case) -> None:
    text = repr(case.build())
    assert text == repr(case.build())
    assert "0x" not in text
    assert text.isprintable() or "\n" in text
