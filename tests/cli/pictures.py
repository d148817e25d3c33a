"""Small pictures to paint."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def pixels(width: int = 48, height: int = 32, seed: int = 0) -> NDArray[np.uint8]:
    """Soft blobs of colour, as a photo has."""
    noise = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return np.array(Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC))


def save(path: Path, width: int = 48, height: int = 32, seed: int = 0, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(width, height, seed)).save(path, **options)
    return path


def as_bytes(format: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels()).save(buffer, format)
    return buffer.getvalue()


def read(path: str | Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


STYLIZE = ("stylize", "photos", "--style", "night", "-o", "painted")


def photos(count: int) -> None:
    """A folder of so many photos, ``photos``, which ``STYLIZE`` paints."""
    for index in range(count):
        save(Path(f"photos/{index % 3}/{index:03}.jpg"), seed=index)
