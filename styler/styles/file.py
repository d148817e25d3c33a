"""``.style`` files: what is kept of a painting as safetensors, and what is known of it.

The pictures whose brushwork is taken lie in the file, too; those of shipped styles lie beside the
models, once for all of them.
"""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from styler.errors import StyleError
from styler.files import write_bytes
from styler.imaging import Palette
from styler.models import shipped

from .brushwork import Brushwork, Exemplar
from .statistics import FeatureStats
from .style import Style

__all__ = ["PAINTINGS", "SUFFIX", "read", "write"]

SUFFIX = ".style"
FORMAT = 3
KNOWN = ("title", "artist", "year", "source")
MAX_BYTES = 8 << 20
PAINTINGS = "paintings"
"""Folder beside the shipped models, of their styles' pictures."""


def write(
    style: Style, path: str | os.PathLike[str], *, force: bool = False, apart: bool = False
) -> None:
    """:meth:`Style.save`; ``apart`` leaves out the pictures, which then are shipped beside it."""
    tensors: dict[str, NDArray[Any]] = {}
    for site, stats in enumerate(style.statistics):
        tensors[f"{site}.mean"] = stats.mean.astype(np.float32)
        tensors[f"{site}.variance"] = stats.variance.astype(np.float32)
    tensors["palette.mean"] = style.palette.mean.astype(np.float32)
    tensors["palette.covariance"] = style.palette.covariance.astype(np.float32)
    exemplars = [] if apart else style.brushwork.exemplars
    for number, (exemplar, _) in enumerate(exemplars):
        tensors[f"exemplar.{number}"] = np.frombuffer(exemplar.file, np.uint8)
    metadata = {
        "format": FORMAT,
        **{key: getattr(style, key) for key in ("name", "model", *KNOWN)},
        "counts": [stats.count for stats in style.statistics],
        "exemplars": [[part.sha256, weight] for part, weight in style.brushwork.exemplars],
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
            _brushwork(metadata["exemplars"], tensors),
            **{key: None if metadata[key] is None else _text(metadata[key]) for key in KNOWN},
            rank=int(metadata["rank"]) if "rank" in metadata else None,
        )
    except (SafetensorError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}".splitlines()[0]) from None
    if not all(map(_sound, style.statistics)):
        raise ValueError("its statistics are no means and variances")
    palette = style.palette
    if (palette.mean.shape, palette.covariance.shape) != ((3,), (3, 3)) or not all(
        np.isfinite(part).all() for part in (palette.mean, palette.covariance)
    ):
        raise ValueError("its palette is no mean and covariance")
    if not all(0 < weight < 1.001 for _, weight in style.brushwork.exemplars):
        raise ValueError("the weights of its pictures are none")
    return style


def _brushwork(listed: Any, tensors: dict[str, NDArray[Any]]) -> Brushwork:
    return Brushwork(
        tuple(
            (_exemplar(_text(sha256), tensors.get(f"exemplar.{number}")), float(weight))
            for number, (sha256, weight) in enumerate(listed)
        )
    )


def _exemplar(sha256: str, kept: NDArray[Any] | None) -> Exemplar:
    """A picture out of the file, or that of a shipped style."""
    if kept is not None:
        content = kept.tobytes()
    elif re.fullmatch("[0-9a-f]{64}", sha256):
        content = _painting(shipped() / PAINTINGS / f"{sha256[:16]}.webp")
    else:
        raise ValueError("its picture is missing")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError("its picture is damaged")
    return Exemplar(content)


def _painting(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        again = "install styler, or save the style, again"
        raise StyleError(f"cannot read the painting {path}: {error.strerror}; {again}") from None


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
