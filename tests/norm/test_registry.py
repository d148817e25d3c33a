"""Names, errors and facts of the registry, and the public face."""

import importlib
import inspect
import pkgutil
from functools import partial

import pytest
import torch
from torch import nn

import styler.norm
from styler.errors import ParameterError
from styler.norm import Entry, GroupNorm, entry, names, norm
from styler.norm.registry import FAMILIES, register


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
        "gradnorm": "keeps weights between steps",
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
