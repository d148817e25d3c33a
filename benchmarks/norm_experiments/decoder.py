"""Normalizers in a style decoder: what each does to what it is asked to paint.

    PYTHONPATH=. python benchmarks/norm_experiments/decoder.py

A fixed random encoder takes generated pictures to features at a quarter of their size; AdaIN gives
the features one picture's shapes and another's statistics; a small decoder of two residual blocks,
alike but for its norm, learns to turn features back into pictures (the first phase of training a
style network). Measured on pictures it has not seen: the error of reconstruction, and how far the
statistics of a stylized picture's features are from the style's.
"""

import torch
import torch.nn.functional as F
from figure import figure, smooth
from torch import Tensor, nn

from styler.norm import adain, moments, norm

NORMS = ["none", "batch", "group", "instance", "sample_layer", "pixel_layer", "filter_response"]
WIDTH, STEPS, BATCH, SIDE = 24, 160, 8, 32


def pictures(count: int, generator: torch.Generator) -> Tensor:
    """Soft coloured blobs, each picture with its own palette and contrast, ``(N, 3, 32, 32)``."""
    coarse = torch.randn(count, 3, 5, 5, generator=generator)
    fine = torch.randn(count, 3, 12, 12, generator=generator) * 0.4
    size = (SIDE, SIDE)
    field = F.interpolate(coarse, size, mode="bicubic") + F.interpolate(fine, size, mode="nearest")
    contrast = torch.rand(count, 3, 1, 1, generator=generator) * 1.5 + 0.2
    level = torch.randn(count, 3, 1, 1, generator=generator) * 0.7
    return torch.sigmoid(field * contrast + level)


def encoder() -> nn.Sequential:
    model = nn.Sequential(
        nn.Conv2d(3, WIDTH, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(WIDTH, WIDTH, 4, 2, 1)
    )
    for layer in model:
        if isinstance(layer, nn.Conv2d):
            nn.init.orthogonal_(layer.weight, 1.4)
    return model.requires_grad_(False)


class Block(nn.Module):
    """A residual block with the norm under trial after each convolution."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1),
            norm(kind, WIDTH),
            nn.ReLU(),
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1),
            norm(kind, WIDTH),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


def decoder(kind: str) -> nn.Sequential:
    """Blocks at a quarter of the size, where the norms see most of the picture's contrast."""
    return nn.Sequential(
        nn.Conv2d(WIDTH, WIDTH, 3, padding=1),
        norm(kind, WIDTH),
        nn.ReLU(),
        Block(kind),
        Block(kind),
        nn.Conv2d(WIDTH, 48, 3, padding=1),
        nn.PixelShuffle(4),
    )


def train(kind: str, eye: nn.Module) -> tuple[list[float], float, float]:
    """Curve of the error, error on unseen pictures, and distance to the style's statistics."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    model = decoder(kind)
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    curve = []
    for _ in range(STEPS):
        x = pictures(BATCH, generator)
        loss = (model(eye(x)) - x).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        curve.append(loss.item())
    model.eval()
    unseen = torch.Generator().manual_seed(2)
    content, style = pictures(64, unseen), pictures(64, unseen)
    with torch.no_grad():
        error = (model(eye(content)) - content).abs().mean().item()
        painted = model(adain(eye(content), eye(style)))
        wanted, got = moments(eye(style)), moments(eye(painted))
    gap = sum(float((a - b).abs().mean()) for a, b in zip(wanted, got, strict=True))
    return curve, error, gap


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    eye = encoder()
    with figure("norm-decoder", 2) as (left, right):
        for kind in NORMS:
            curve, error, gap = train(kind, eye)
            print(
                f"{kind:16} error on unseen pictures {error:.4f}, distance to the style {gap:.4f}"
            )
            (line,) = left.plot(smooth(curve, 12), linewidth=1)
            right.plot(error, gap, "o", color=line.get_color(), label=kind)
        left.set(xlabel="step", ylabel="reconstruction error (mean absolute)", yscale="log")
        ticks = [0.1, 0.2, 0.4, 0.8]
        left.set_yticks(ticks, labels=map(str, ticks))
        left.minorticks_off()
        right.set(
            xlabel="reconstruction error, unseen pictures",
            ylabel="distance to the style's statistics",
        )
        right.margins(0.1)
        right.legend(loc="upper left")


if __name__ == "__main__":
    main()
