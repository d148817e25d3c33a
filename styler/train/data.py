"""A folder of pictures, decoded once, cropped at random as often as asked."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from styler.errors import ImageError, TrainingError
from styler.imaging import read

__all__ = ["Folder", "crops"]

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".gif"}


@dataclass(frozen=True)
class Folder:
    """The readable pictures of a folder, in the order of their names.

    Attributes:
        path: the folder; its subfolders count too.
        pictures: the decoded pictures, short side at most ``limit``.
        unreadable: files that look like pictures by name but are none, with the reason.
    """

    path: Path
    pictures: list[Image.Image] = field(repr=False)
    unreadable: list[str] = field(repr=False)

    @classmethod
    def open(cls, path: Path, *, limit: int = 512, minimum: int = 1) -> "Folder":
        """Decode a folder.

        Args:
            path: the folder.
            limit: short side, in pixels, that larger pictures are reduced to.
            minimum: readable pictures to insist on.

        Raises:
            TrainingError: the folder is missing, or holds too few readable pictures.
        """
        if not path.is_dir():
            raise TrainingError(f"{path} is not a folder; give a folder of pictures")
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
        with ThreadPoolExecutor(2) as pool:
            loaded = list(pool.map(lambda file: _load(file, limit), files))
        pictures = [picture for picture in loaded if isinstance(picture, Image.Image)]
        unreadable = [reason for reason in loaded if isinstance(reason, str)]
        if len(pictures) < minimum:
            raise TrainingError(
                f"{path} holds {len(pictures)} readable pictures of {len(files)} files; "
                f"training needs at least {minimum}"
            )
        return cls(path, pictures, unreadable)

    def __len__(self) -> int:
        return len(self.pictures)


def _load(file: Path, limit: int) -> Image.Image | str:
    try:
        picture = Image.fromarray(read(file).rgb)
    except ImageError as error:
        return str(error)
    scale = limit / min(picture.size)
    if scale >= 1:
        return picture
    size = tuple(max(1, round(side * scale)) for side in picture.size)
    return picture.resize(size, Image.Resampling.LANCZOS)  # type: ignore[arg-type]


def crops(
    folder: Folder, count: int, size: int, rng: np.random.Generator, *, recolour: float = 0.0
) -> Tensor:
    """Random square crops at random scale, mirrored half of the time; aspect ratios stay.

    Args:
        folder: where from; pictures are drawn without replacement as far as they reach.
        count: how many crops.
        size: side of a crop in pixels. A crop covers between the whole short side of its picture
            and ``size`` pixels of it, uniformly in the logarithm; only pictures smaller than
            ``size`` are enlarged.
        rng: the only source of randomness.
        recolour: probability of permuting the colour channels, for more palettes than the folder's.

    Returns:
        ``(count, 3, size, size)`` float32 in [0, 1].
    """
    picked = _draw(len(folder), count, rng)
    batch = np.empty((count, size, size, 3), np.uint8)
    for slot, index in enumerate(picked):
        picture = folder.pictures[index]
        short = min(picture.size)
        side = short if short <= size else size * (short / size) ** rng.random()
        left, top = (rng.random() * (extent - side) for extent in picture.size)
        pixels = np.asarray(
            picture.resize(
                (size, size), Image.Resampling.BICUBIC, (left, top, left + side, top + side)
            )
        )
        if rng.random() < 0.5:
            pixels = pixels[:, ::-1]
        if rng.random() < recolour:
            pixels = pixels[:, :, rng.permutation(3)]
        batch[slot] = pixels
    return torch.from_numpy(batch).permute(0, 3, 1, 2).float() / 255


def _draw(population: int, count: int, rng: np.random.Generator) -> Sequence[int]:
    rounds = [rng.permutation(population) for _ in range(-(-count // population))]
    return np.concatenate(rounds)[:count].tolist()  # type: ignore[no-any-return]
