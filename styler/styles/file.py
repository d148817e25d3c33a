"""``.style`` files: what is kept of a painting as safetensors, and what is known of it."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from styler.errors import StyleError
from styler.files import write_bytes
from styler.imaging import Palette

from .brushwork import Brushwork
from .statistics import FeatureStats
from .style import Style

__all__ = ["SUFFIX", "read", "write"]

SUFFIX = ".style"
FORMAT = 2
KNOWN = ("title", "artist", "year", "source")
MAX_BYTES = 1 << 20


def write(style: Style, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """:meth:`Style.save`."""
    tensors: dict[str, NDArray[np.float32]] = {}
    for site, stats in enumerate(style.statistics):
        tensors[f"{site}.mean"] = stats.mean.astype(np.float32)
        tensors[f"{site}.variance"] = stats.variance.astype(np.float32)
    tensors["palette.mean"] = style.palette.mean.astype(np.float32)
    tensors["palette.covariance"] = style.palette.covariance.astype(np.float32)
    metadata = {
        "format": FORMAT,
        **{key: getattr(style, key) for key in ("name", "model", *KNOWN)},
        "counts": [stats.count for stats in style.statistics],
        "brushwork": [style.brushwork.luma, style.brushwork.chroma],
        **({} if style.rank is None else {"rank": style.rank}),
    }
    # One entry, because safetensors writes several in any order.
    write_bytes(save(tensors, {"style": json.dumps(metadata)}), path, force=force)


def read(path: str | os.PathLike[str]) -> Style:
    """:meth:`Style.load`."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        return _parse(content)
    except OSError as error:
        raise StyleError(f"cannot read the style {path}: {error.strerror}") from None
    except ValueError as error:
        raise StyleError(f"{path} is not a style: {error}; save it anew") from None


def _parse(content: bytes) -> Style:
    """A style from the bytes of its file; ValueError for whatever is wrong with them."""
    if len(content) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES} bytes")
    try:
        tensors = load(content)
        # The library checks the header but, from bytes, hands out no metadata.
        length = int.from_bytes(content[:8], "little")
        metadata = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["style"])
        if metadata["format"] != FORMAT:
            raise ValueError(f"its format is {metadata['format']!r:.9}, not {FORMAT}")
        statistics = tuple(
            FeatureStats(
                float(count),
                _wide(tensors[f"{site}.mean"]),
                _wide(tensors[f"{site}.variance"]),
            )
            for site, count in enumerate(metadata["counts"])
        )
        style = Style(
            _text(metadata["name"]),
            _text(metadata["model"]),
            statistics,
            Palette(*(_wide(tensors[f"palette.{part}"]) for part in ("mean", "covariance"))),
            Brushwork(*map(float, metadata["brushwork"])),
            **{key: None if metadata[key] is None else _text(metadata[key]) for key in KNOWN},
            rank=int(metadata["rank"]) if "rank" in metadata else None,
        )
    except (SafetensorError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}".splitlines()[0]) from None
    if not all(map(_sound, style.statistics)):
        raise ValueError("its statistics are no means and variances")
    palette, brushwork = style.palette, style.brushwork
    if (palette.mean.shape, palette.covariance.shape) != ((3,), (3, 3)) or not all(
        np.isfinite(part).all() for part in (palette.mean, palette.covariance)
    ):
        raise ValueError("its palette is no mean and covariance")
    if not (0 <= brushwork.luma < np.inf and 0 <= brushwork.chroma < np.inf):
        raise ValueError("its brushwork is no deviation")
    return style


def _wide(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # a damaged value may be a signalling NaN
        return values.astype(np.float64)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _sound(stats: FeatureStats) -> bool:
    return bool(
        stats.mean.ndim == 1
        and stats.mean.shape == stats.variance.shape
        and 0 < stats.count < np.inf
        and np.isfinite(stats.mean).all()
        and np.isfinite(stats.variance).all()
        and (stats.variance >= 0).all()
    )
