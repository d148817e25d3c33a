"""Batch norm's gap between training and evaluation at batch size 2, and its repair by one number.

    PYTHONPATH=. python benchmarks/norm_experiments/batch_gap.py

A small network learns to tell oriented gratings apart, which come at every contrast and brightness.
With two pictures a batch, training normalizes each picture by statistics that are half its own, but
evaluation by the running ones: another function. Letting the example count by alpha (Summers &
Dinneen 2020, eq. 3) brings the two together again; alpha is chosen on validation data, and the
accuracy shown is that of other, test, data.
"""

import math

import torch
import torch.nn.functional as F
from figure import figure
from torch import Tensor, nn

from styler.norm import WeighedBatchNorm, choose_alpha, norm, weigh_examples

CLASSES, SIDE = 6, 12
ALPHAS = [i / 10 for i in range(11)]


def gratings(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Noisy gratings of six orientations, ``(count, 1, 12, 12)``, and which one each is."""
    g = torch.Generator().manual_seed(seed)
    label = torch.randint(CLASSES, (count,), generator=g)
    angle = label * math.pi / CLASSES + 0.15 * torch.randn(count, generator=g)
    phase, frequency = (torch.rand(2, count, generator=g) + 0.5).unbind()
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    along = angle.cos()[:, None, None] * x + angle.sin()[:, None, None] * y
    wave = torch.sin(frequency[:, None, None] * along + 6.3 * phase[:, None, None])
    noise = 0.6 * torch.randn(count, SIDE, SIDE, generator=g)
    contrast = torch.exp(1.2 * torch.randn(count, 1, 1, generator=g))
    level = 2 * torch.randn(count, 1, 1, generator=g)
    return (contrast * (wave + noise) + level)[:, None], label


def network(width: int = 16) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, stride in ((1, 1), (width, 2), (width, 2)):
        layers += [
            nn.Conv2d(inputs, width, 3, stride, 1, bias=False),
            norm("batch", width),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, CLASSES))


def train(size: int, pictures: int = 9000) -> nn.Sequential:
    torch.manual_seed(0)
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3 * (size / 16) ** 0.5)
    steps = pictures // size
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3 * (size / 16) ** 0.5, steps)
    x, y = gratings(pictures, seed=1)
    for step in range(steps):
        part = slice(step * size, (step + 1) * size)
        optimizer.zero_grad()
        F.cross_entropy(model(x[part]), y[part]).backward()
        optimizer.step()
        schedule.step()
    return model


def error(logits: Tensor, y: Tensor) -> Tensor:
    """Share of wrong answers."""
    return (logits.argmax(1) != y).float().mean()


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor, size: int = 500) -> float:
    parts = zip(x.split(size), y.split(size), strict=True)
    return sum(int((model(a).argmax(1) == b).sum()) for a, b in parts) / len(x)


def main() -> None:
    torch.set_num_threads(1)
    validation, test = gratings(1000, seed=2), gratings(2000, seed=3)
    with figure("norm-batch-gap") as (axis,):
        for size, ink in ((16, "tab:gray"), (2, "tab:red")):
            model = train(size)
            as_trained = accuracy(model.train(), *test, size=size)
            weigh_examples(model.eval())
            curve = []
            for alpha in ALPHAS:
                weigh_examples(model, alpha)
                curve.append(accuracy(model, *test))
            chosen = choose_alpha(model, [validation], error, ALPHAS)
            repaired = accuracy(model, *test)
            assert any(isinstance(m, WeighedBatchNorm) for m in model.modules())
            print(
                f"batch size {size:2}: by the batch, as trained {as_trained:.3f}; evaluated "
                f"{curve[0]:.3f}; with alpha {chosen} chosen on validation data {repaired:.3f}"
            )
            axis.plot(ALPHAS, curve, color=ink, marker=".", label=f"trained at batch size {size}")
            axis.plot(chosen, repaired, "o", color=ink, fillstyle="none", markersize=9)
            axis.axhline(as_trained, color=ink, linestyle=":", linewidth=1)
        axis.set_xlabel("alpha: weight of the example (0 = batch norm)")
        axis.set_ylabel("test accuracy")
        axis.legend()


if __name__ == "__main__":
    main()
