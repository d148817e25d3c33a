"""The engine of the ``[train]`` install: torch on CUDA, MPS or the CPU."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from styler.errors import WeightsError
from styler.inference.adain import Affine
from styler.inference.padding import Window
from styler.models import Model
from styler.network import build
from styler.network.device import device
from styler.styles import FeatureStats

__all__ = ["TorchEngine"]


class TorchEngine:
    """Maps are torch tensors on the device."""

    name = "torch"
    tile = 1 << 20

    def __init__(self, model: Model, threads: int) -> None:
        self.threads = threads
        self.device = device("auto")
        if self.device.type == "cpu":
            torch.set_num_threads(threads)
        self._network = (
            build(model.spec.architecture, norm=model.spec.norm).eval().requires_grad_(False)
        )
        try:
            self._network.load_state_dict(
                {key: torch.from_numpy(t) for key, t in model.tensors().items()}
            )
        except RuntimeError:
            raise WeightsError(
                f"{model.folder} does not hold the architecture its model.json names"
            ) from None
        # Two calls each: `to` has no typed overload for a device and a memory format.
        self._network.to(self.device).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def encode(self, picture: NDArray[np.float32]) -> Sequence[Tensor]:
        maps: Sequence[Tensor] = self._network.style_encoder(self._place(picture))
        return maps

    @torch.inference_mode()
    def run(
        self,
        stage: int,
        x: Tensor | NDArray[np.float32],
        affine: Affine | None,
        aside: Sequence[Tensor | NDArray[np.float32]],
    ) -> Sequence[Tensor]:
        scale, shift = map(self._place, affine.arrays()) if affine else (None, None)
        start, *put = map(self._place, (x, *aside))
        outputs: Sequence[Tensor] = self._network.stages[stage](start, scale, shift, *put)
        return outputs

    def _place(self, array: Tensor | NDArray[np.float32]) -> Tensor:
        if isinstance(array, Tensor):
            return array
        return torch.from_numpy(array).to(self.device).to(memory_format=torch.channels_last)

    def statistics(
        self, x: Tensor, window: Window, mask: NDArray[np.float32] | None = None
    ) -> FeatureStats:
        return FeatureStats.of(self.fetch(x, window)[0], mask)

    @torch.inference_mode()
    def fetch(self, x: Tensor, window: Window) -> NDArray[np.float32]:
        part: NDArray[np.float32] = x[:, :, *window].cpu().contiguous().numpy()
        return part
