"""How much is done, counted: time is measured by ``benchmarks/norm.py``."""

from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from styler.norm import norm


class Count(TorchDispatchMode):
    """Operations that run within."""

    total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.total += 1
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", ["switchable", "batch", "instance", "layer", "batch_renorm"])
def test_rows_take_as_many_operations_however_many_there_are(name: str) -> None:
    def operations(rows: int) -> int:
        module = norm(name, 8)
        x = torch.randn(rows, 8, requires_grad=True)
        with Count() as count:
            module(x).square().sum().backward()
        return int(count.total)

    assert operations(8) == operations(512)


@pytest.mark.parametrize("name", ["local_contrast", "divisive", "subtractive_divisive"])
def test_a_window_costs_by_its_side_and_not_by_its_area(name: str) -> None:
    x = torch.randn(1, 8, 64, 64)

    def work(size: int) -> int:
        with FlopCounterMode(display=False) as counter:
            norm(name, size=size)(x)
        return int(counter.get_total_flops())

    assert 0 < work(31) < 5 * work(9)
