"""The border of reflected pixels as a GPU makes it, tested on the CPU against torch's."""

import pytest
import torch
import torch.nn.functional as F

from styler.network.reflect import _Reflect, reflect


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("size", [(2, 2), (2, 5), (3, 3), (7, 4)])
def test_is_torchs_with_its_gradient(size: tuple[int, int], layout: torch.memory_format) -> None:
    x = torch.randn(2, 4, *size, dtype=torch.float64).to(memory_format=layout).requires_grad_()
    found, expected = _Reflect.apply(x), F.pad(x, (1, 1, 1, 1), mode="reflect")
    assert torch.equal(found, expected)
    assert found.is_contiguous(memory_format=layout)
    weights = torch.randn(found.shape, dtype=torch.float64)
    gradients = [torch.autograd.grad((y * weights).sum(), x)[0] for y in (found, expected)]
    torch.testing.assert_close(*gradients)


def test_a_cpu_takes_torchs() -> None:
    x = torch.randn(1, 2, 3, 4)
    assert torch.equal(reflect(x), F.pad(x, (1, 1, 1, 1), mode="reflect"))
