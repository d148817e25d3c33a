"""Names, errors and facts of the registry, and the public face."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import styler.norm
from styler.errors import ParameterError
from styler.norm import Entry, GroupNorm, LayerNorm, RMSNorm, entry, layer_norm, names, norm
from styler.norm.registry import FAMILIES, HINTS, register

ROOT = Path(__file__).parents[2]


def test_builds_by_name_class_partial_and_none() -> None:
    for kind in ("group", "GROUP", "gn", "group_norm", GroupNorm, partial(GroupNorm, eps=1e-5)):
        built = norm(kind, 64, groups=8)
        assert repr(built) == "GroupNorm(64, groups=8, eps=1e-05, affine=True)"
    x = torch.ones(2)
    assert norm(None, 64)(x) is x
    assert norm("none", 64, groups=8)(x) is x
    assert isinstance(norm(nn.BatchNorm2d, 3), nn.BatchNorm2d)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("gruop", "did you mean 'group'?"),
        ("instnce", "did you mean 'instance'?"),
        ("spectrl", "did you mean 'spectral'?"),
        ("qwerty", "styler.norm.names()"),
    ],
)
def test_unknown_names_suggest(name: str, suggestion: str) -> None:
    for ask in (norm, entry):
        with pytest.raises(ParameterError, match=f"unknown norm {name!r}") as caught:
            ask(name)
        assert suggestion in str(caught.value)


def test_unknown_options_suggest() -> None:
    with pytest.raises(ParameterError, match="no option 'gruops': did you mean 'groups'"):
        norm("group", 64, gruops=8)
    with pytest.raises(ParameterError, match="no option 'gruops'"):
        norm(partial(GroupNorm, 64), gruops=8)
    with pytest.raises(ParameterError, match="missing a required argument: 'num_features'"):
        norm("group")
    with pytest.raises(ParameterError, match="not int"):
        norm(3)  # type: ignore[arg-type]


def test_groups_by_default_always_divide() -> None:
    for channels in (1, 3, 24, 48, 64, 96, 100):
        assert norm("group", channels)(torch.randn(1, channels, 2, 2)).shape[1] == channels
    assert norm("group", 64).groups == 32


def test_every_entry_is_complete() -> None:
    assert {entry(name).family for name in names()} == set(FAMILIES)
    assert [name for family in FAMILIES for name in names(family)] == names()
    for name in names():
        facts = entry(name)
        assert isinstance(facts, Entry)
        assert callable(facts.build)
        for text in (facts.axes, facts.formula, facts.shines, facts.source):
            assert text.strip() and "\n" not in text
        assert (facts.build.__doc__ or "").strip(), name
        if facts.functional is not None:
            assert (facts.functional.__doc__ or "").strip(), name
        for alias in facts.aliases:
            assert entry(alias) is facts


def test_torch_counterparts_exist() -> None:
    for name in names():
        path = entry(name).torch
        if path:
            module, _, attribute = path.rpartition(".")
            assert hasattr(importlib.import_module(module), attribute)


def test_no_name_is_taken_twice() -> None:
    with pytest.raises(ParameterError, match="registered already"):
        register("gn", "activation", axes="", formula="", shines="", source="")(nn.Identity)
    assert "gn" not in names()


def test_public_face_is_what_the_modules_export() -> None:
    exported: set[str] = set()
    for found in pkgutil.walk_packages(styler.norm.__path__, "styler.norm."):
        module = importlib.import_module(found.name)
        for name in getattr(module, "__all__", []):
            if hasattr(styler.norm, name):
                assert getattr(styler.norm, name) is getattr(module, name)
                exported.add(name)
    assert exported == set(styler.norm.__all__)


def test_every_method_of_the_survey_is_there() -> None:
    survey = """min_max mean z_score robust unit_length batch batch_weighed ghost_batch batch_renorm
    batch_group layer sample_layer pixel_layer rms partial_rms adaptive_layer adaptive_layer_zero
    group instance conditional_instance adain spade adalin local_response local_contrast divisive
    global_response filter_response evo_s0 switchable dynamic_tanh weight weight_standardization
    scaled_weight_standardization spectral spectral_clip pre_norm post_norm sandwich_norm fix scale
    qk gradient_vector gradient_clip adaptive_gradient_clip gradnorm normalizer_free none"""
    assert set(survey.split()) <= set(names())


def test_every_class_has_its_function_but_those_made_of_layers() -> None:
    reasons = {
        "adaptive_layer_zero": "a branch with its gate",
        "deep_norm": "a branch",
        "fixup": "convolutions",
        "skip_init": "a branch",
        "gradnorm": "keeps weights between steps",
        "sync_batch": "talks to other processes",
        "none": "nothing to compute",
        "normalizer_free": "convolutions",
        "spade": "convolutions of a label map",
        "pre_norm": "a branch",
        "post_norm": "a branch",
        "sandwich_norm": "a branch",
    }
    for name in names():
        facts = entry(name)
        is_function = inspect.isfunction(facts.build)
        assert (facts.functional is not None or is_function) != (name in reasons), name


def test_every_method_says_its_formula_its_source_and_what_torch_has() -> None:
    for name in names():
        facts = entry(name)
        method = facts.functional or facts.build
        text = inspect.getdoc(method.func if isinstance(method, partial) else method) or ""
        for part in (".. math::", "Source:", "torch"):
            assert part in text, (name, part)


def test_features_come_first_everywhere() -> None:
    """What ``norm(name, 64)`` builds has 64 features, or asks for what it lacks."""
    for family in ("activation", "transformer"):
        for name in names(family):
            if name == "none":
                continue
            try:
                built = norm(name, 64)
            except ParameterError as error:
                assert "missing a required argument" in str(error), name
            else:
                assert built.num_features == 64, name
    for name in ("adain", "unit_length", "local_response", "local_contrast", "divisive", "fix"):
        with pytest.raises(ParameterError, match="expected 64 features"):
            x = torch.ones(2, 8, 5, 6)
            norm(name, 64)(x, *([x] if name == "adain" else []))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LayerNorm", "layer"),
        ("BatchNorm2d", "batch"),
        ("SyncBatchNorm", "sync_batch"),
        ("InstanceNorm3d", "instance"),
        ("RMSNorm", "rms"),
        ("LayerNorm2d", "pixel_layer"),
        ("GroupNorm1", "sample_layer"),
        ("RmsNorm", "rms"),
        ("EvoNorm2dS0", "evo_s0"),
        ("FilterResponseNormTlu2d", "filter_response"),
        ("GlobalResponseNorm", "global_response"),
        ("WeightNorm", "weight"),
        ("SpectralNorm", "spectral"),
        ("GroupNormalization", "group"),
        ("UnitNormalization", "unit_length"),
        ("layer-norm", "layer"),
    ],
)
def test_names_of_other_libraries_are_understood(name: str, meant: str) -> None:
    assert entry(name) is entry(meant)


COMPOSED = {
    "RmsNorm2d": 'norm("rms", channels, channel_dim=1)',
    "RmsNormFp32": 'Float32(norm("rms", channels))',
    "LayerNorm2dFp32": 'Float32(norm("pixel_layer", channels))',
    "LayerNormExp2d": 'norm("pixel_layer", channels)',
    "BatchNormAct2d": 'norm_act("batch", channels, act="relu")',
    "SyncBatchNormAct": 'norm_act("sync_batch", channels, act="relu")',
    "FrozenBatchNormAct2d": 'norm_act(lambda c: norm("batch", c).freeze(), channels)',
    "GroupNorm1Act": 'norm_act("sample_layer", channels, act="relu")',
    "LayerNormAct2d": 'norm_act("pixel_layer", channels, act="relu")',
    "RmsNormAct2dFp32": 'Float32(norm_act("rms", channels, channel_dim=1, act="relu"))',
    "FilterResponseNormAct2d": 'norm_act("filter_response", channels, threshold=False, act="relu")',
    "EvoNorm2dS0a": 'norm("evo_s0", channels, eps=1e-3)',
    "SimpleNorm2dFp32": "rms_norm(x, weight, stats=x.var(-1, keepdim=True))",
}


@pytest.mark.parametrize(("name", "use"), [*HINTS.items(), *COMPOSED.items()])
def test_names_that_are_no_single_method_get_the_right_hint(name: str, use: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(f"use {use}") + "$"):
        norm(name, 8)


def test_every_hint_can_be_run() -> None:
    x, weight = torch.ones(2, 8), torch.ones(8)
    for hint in (*HINTS.values(), *COMPOSED.values()):
        if "(" in hint and "nn." not in hint:
            scope = dict(vars(styler.norm), channels=8, x=x, weight=weight)
            assert isinstance(eval(hint.replace("...", "2"), scope), (nn.Module, torch.Tensor))


def test_arguments_by_the_names_of_torch() -> None:
    for build in (GroupNorm, partial(norm, "group")):
        assert build(num_channels=8, num_groups=4).groups == 4
    for kind in (LayerNorm, RMSNorm):
        assert kind(normalized_shape=8, elementwise_affine=False).weight is None
        assert kind(normalized_shape=(8,)).weight.shape == (8,)
    assert norm(partial(GroupNorm, 8), num_groups=2).groups == 2
    x = torch.randn(3, 8)
    torch.testing.assert_close(layer_norm(x, 8), layer_norm(x, (8,)))
    for dtype in (torch.float32, torch.bfloat16):
        own, theirs = RMSNorm(8, eps=None, dtype=dtype), nn.RMSNorm(8, dtype=dtype)
        small = x.to(dtype) * 1e-3  # where eps counts
        torch.testing.assert_close(own(small), theirs(small))
    with pytest.raises(ParameterError, match="'num_groups' and 'groups' mean the same"):
        norm("group", 8, groups=2, num_groups=2)


def test_counts_of_numpy_are_counts() -> None:
    eight, four = np.int64(8), np.int32(4)
    x = torch.randn(2, 8, 3, 3)
    for built in (norm("group", eight, groups=four), norm("batch", eight), norm("instance", eight)):
        assert built(x).shape == x.shape
    assert norm("layer", (np.int64(3),))(x).shape == x.shape
    assert "np." not in repr(norm("group", eight, groups=four))
    for bad in (True, 2.0, np.float64(8), "8", 0, None):
        with pytest.raises(ParameterError, match="must be a positive integer"):
            norm("batch", bad)


def test_a_wrong_value_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="unknown norm"):
        norm("nothing like it")


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(ParameterError, match="family must be one of data, activation"):
        names("foo")  # type: ignore[arg-type]


def test_without_torch_one_line_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "try:\n    import styler.norm\n"
        "except ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == 'styler.norm needs torch; pip install "styler[norm]"\n'
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert [r.split(">")[0] for r in project["project"]["optional-dependencies"]["norm"]] == [
        "torch"
    ]


def test_the_readme_shows_the_library_at_work() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if "styler.norm" in block]
    scope: dict[str, object] = {}
    exec(block, scope)
    assert isinstance(scope["y"], torch.Tensor) and scope["y"].shape == (2, 64, 32, 32)
