"""What the experiments' figures share: size, ink, smoothing, and a file that is always the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

DOCS = Path(__file__).parents[2] / "docs"


@contextmanager
def figure(name: str, panels: int = 1) -> Iterator[list[Axes]]:
    """Axes side by side; saved as ``docs/name.svg`` at the end."""
    plt.rcParams.update(
        {
            "svg.hashsalt": "styler",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "legend.frameon": False,
        }
    )
    drawing, axes = plt.subplots(1, panels, figsize=(4.2 * panels, 3.1), squeeze=False)
    yield list(axes[0])
    drawing.tight_layout()
    drawing.savefig(DOCS / f"{name}.svg", metadata={"Date": None, "Creator": None})
    print(f"wrote docs/{name}.svg")


def smooth(values: list[float], over: int) -> list[float]:
    """Each value's mean with the ``over`` before it, as far as there are so many."""
    parts = (values[max(0, i - over) : i + 1] for i in range(len(values)))
    return [sum(part) / len(part) for part in parts]
