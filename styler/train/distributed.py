"""Several processes, one run: ``torchrun --nproc-per-node N -m styler.cli train ...``.

Every process paints a batch of its own; their gradients are averaged before the step, so all hold
the same network. The first one alone writes.
"""

import importlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

__all__ = ["ProcessGroup", "process_group"]


@dataclass(frozen=True)
class ProcessGroup:
    """The processes of a run.

    Attributes:
        rank: of this one; the one of rank 0 writes.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    def average_(self, parameters: Iterable[nn.Parameter]) -> None:
        """Average the gradients over all processes, in place."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        means = self._mean(torch.cat([gradient.flatten() for gradient in gradients]))
        parts = torch.split(means, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def mean(self, losses: dict[str, float]) -> dict[str, float]:
        """The losses averaged over all processes."""
        if self.size == 1:
            return losses
        # In the hosts' memory: no GPU waits for it.
        values = self._mean(torch.tensor(list(losses.values())))
        return dict(zip(losses, values.tolist(), strict=True))

    def any(self, flag: bool) -> bool:
        """Whether it is so for one of the processes: they must leave the loop together."""
        return self.mean({"flag": float(flag)})["flag"] > 0

    def _mean(self, values: Tensor) -> Tensor:
        dist.all_reduce(values)
        return values / self.size


@contextmanager
def process_group() -> Iterator[ProcessGroup]:
    """The processes that ``torchrun`` started with this one; a team of one without it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ProcessGroup()
        return
    backend = "gloo"
    if torch.cuda.is_available():
        backend = "cpu:gloo,cuda:nccl"
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    # Its functions take the group of that moment as a default. Imported later, as torch does by
    # itself, they would keep the group beyond its end, and gloo's threads at work while Python
    # exits, which now and then aborts the process.
    importlib.import_module("torch.distributed.nn")
    dist.init_process_group(backend)
    try:
        yield ProcessGroup(dist.get_rank(), size)
    finally:
        dist.destroy_process_group()
