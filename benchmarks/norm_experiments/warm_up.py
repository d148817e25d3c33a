"""Post-norm transformers need a learning rate that warms up, pre-norm ones do not.

    PYTHONPATH=. python benchmarks/norm_experiments/warm_up.py

Deep, narrow transformers learn to tell, at every place of a sequence, the token that came two
places before (Xiong et al. 2020 show the effect on translation). Same data, seed, and peak
learning rate.
"""

import torch
import torch.nn.functional as F
from figure import figure, smooth
from torch import Tensor, nn

from styler.norm import TransformerBlock, WarmUp, norm

TOKENS, LENGTH, WIDTH, DEPTH = 12, 16, 32, 12
STEPS, WARM, RATE, BATCH = 110, 60, 1e-2, 16


class Model(nn.Module):
    """Embedding, blocks, and a last norm where the placement leaves the sum bare."""

    def __init__(self, placement: str) -> None:
        super().__init__()
        self.embedding = nn.Embedding(TOKENS, WIDTH)
        self.position = nn.Parameter(torch.randn(LENGTH, WIDTH) * 0.5)
        blocks = [
            TransformerBlock(WIDTH, 4, placement=placement, hidden=64, causal=True)
            for _ in range(DEPTH)
        ]
        self.blocks = nn.Sequential(*blocks)
        self.last = norm("none" if placement == "post" else "layer", WIDTH)
        self.head = nn.Linear(WIDTH, TOKENS)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.last(self.blocks(self.embedding(x) + self.position)))
        return logits


def train(placement: str, warm: bool) -> list[float]:
    torch.manual_seed(0)
    model = Model(placement)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE, betas=(0.9, 0.98))
    schedule = WarmUp(optimizer, WARM if warm else 1)
    losses = []
    for _ in range(STEPS):
        x = torch.randint(TOKENS, (BATCH, LENGTH))
        loss = F.cross_entropy(model(x)[:, 2:].flatten(0, 1), x[:, :-2].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return losses


def main() -> None:
    torch.set_num_threads(1)
    with figure("norm-warm-up") as (axis,):
        for placement, ink in (("post", "tab:red"), ("pre", "tab:blue")):
            for warm in (True, False):
                losses = train(placement, warm)
                name = f"{placement}-norm, {'with' if warm else 'without'} warm-up"
                print(f"{name:32} loss {sum(losses[-20:]) / 20:.3f}")
                axis.plot(smooth(losses, 8), color=ink, linestyle="-" if warm else "--", label=name)
        axis.set_xlabel("step")
        axis.set_ylabel("cross entropy")
        axis.set_ylim(0, 4.2)  # room for the legend above the curves
        axis.legend(loc="upper right")


if __name__ == "__main__":
    main()
