"""Photos as a painter is given them: with brushwork of all kinds."""

import numpy as np
import torch
from torch import Tensor

from styler.controls import Controls
from styler.inference.brushwork import brush
from styler.styles import Brushwork

__all__ = ["brushed"]

WIDTHS = 2.0, 5.5
"""Of strokes in pixels, from the narrowest to the widest."""


def brushed(pictures: Tensor, share: float, rng: np.random.Generator) -> Tensor:
    """``(N, 3, H, W)`` pictures in [0, 1], a share of them with brushwork, each with its own."""
    found = []
    for picture in torch.split(pictures, 1):
        drawn = rng.random() < share
        width = WIDTHS[0] * (WIDTHS[1] / WIDTHS[0]) ** rng.random()
        kind = Brushwork(*rng.uniform(0, (0.1, 0.08)))
        boldness = float(rng.choice([0.0, 0.0, 0.0, 0.5, 1.0]))
        seed = int(rng.integers(2**16))
        if drawn:
            short = min(picture.shape[2:])
            size = float(np.clip(256 * width / 1.75 / short, 0.25, 4.0))
            controls = Controls(stroke_size=size, boldness=boldness)
            strokes = brush(picture.cpu().numpy(), [kind], controls, seed=seed)
            picture = torch.from_numpy(strokes).to(pictures)
        found.append(picture)
    # In one layout, whichever of them were drawn on: another one would be compiled anew.
    return torch.cat(found).contiguous(memory_format=torch.channels_last)
