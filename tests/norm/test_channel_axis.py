"""Channels on another axis: the same numbers, and a contiguous tensor stays one."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm import BatchNorm, ChannelAxis, GroupNorm, entry, names, norm
from tests.norm.cases import CASES
from tests.norm.test_rubric import build

NAMES = [name for name in names() if entry(name).channel_dim is not None]


def test_all_norms_of_maps_and_tokens_say_where_their_channels_are() -> None:
    without = set(names()) - set(NAMES)
    assert without == {
        *names("data"),  # take ``dim``
        *names("weight"),
        *names("gradient"),
        "dynamic_tanh",  # takes ``channel_dim`` itself
        "none",
        "normalizer_free",  # of convolutions, as torch has them
        "fixup",
        "layer_scale",  # takes ``channel_dim`` itself
        "deep_norm",  # of their branch
        "hypersphere",
        "skip_init",
        "head_qk",  # of heads
        "pre_norm",  # of their branch
        "post_norm",
        "sandwich_norm",
        "qk",  # two tensors, of attention
    }


@pytest.mark.parametrize("name", NAMES)
def test_moved_channels_change_no_number(name: str) -> None:
    case, native = CASES[name], entry(name).channel_dim
    assert native is not None
    other = -native  # last for maps, second for tokens
    x, *rest = case.inputs()

    def there(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(there(v) for v in value)
        alike = isinstance(value, Tensor) and value.dim() == x.dim()
        return value.movedim(native, other).contiguous() if alike else value

    options: list[dict[str, Any]] = [{}]
    if case.mask is not None:
        options.append({"mask": case.mask()})
    if case.stats is not None:
        options.append({"stats": case.stats(build(case), x)})
    for extra in options:
        moved = {key: there(value) for key, value in extra.items()}
        out = ChannelAxis(build(case), other, native)(there(x), *map(there, rest), **moved)
        assert out.is_contiguous()
        expected = case.call(build(case), x, *rest, **extra)
        torch.testing.assert_close(out, there(expected), rtol=1e-9, atol=1e-9)


def test_is_built_by_an_option() -> None:
    for kind in ("group", GroupNorm):
        built = norm(kind, 8, groups=4, channel_dim=-1)
        assert repr(built.norm) == repr(GroupNorm(8, groups=4))
        assert built(torch.randn(2, 5, 6, 8)).shape == (2, 5, 6, 8)
    assert isinstance(norm("group", 8, channel_dim=1), GroupNorm)
    assert norm("rms", 8, channel_dim=1)(torch.randn(2, 8, 3, 4)).shape == (2, 8, 3, 4)
    assert norm("dynamic_tanh", 8, channel_dim=1).channel_dim == 1
    with pytest.raises(ParameterError, match="no option 'channel_dim'"):
        norm("spectral", nn.Linear(2, 2), channel_dim=-1)


def test_wraps_norms_of_torch_and_takes_rows() -> None:
    x = torch.randn(6, 5, 4, 3)
    theirs = ChannelAxis(nn.BatchNorm2d(3))
    torch.testing.assert_close(theirs(x), norm("batch", 3, channel_dim=-1)(x))
    rows = torch.randn(6, 3)
    torch.testing.assert_close(ChannelAxis(BatchNorm(3))(rows), BatchNorm(3)(rows))
