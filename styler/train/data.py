"""A folder of pictures, decoded once, cropped at random as often as asked."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from styler.errors import ImageError, TrainingError
from styler.imaging import read

__all__ = ["Batch", "Crops", "Folder"]

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


@dataclass(frozen=True)
class Batch:
    """Crops and, where the same ones come again, the number of each.

    Attributes:
        pictures: ``(N, 3, size, size)`` float32 in [0, 1].
        numbers: one for each crop among all fixed crops of the folder, or ``None``.
    """

    pictures: Tensor
    numbers: list[int] | None = None


@dataclass(frozen=True)
class Crops:
    """The random square crops of a folder: random scale, mirrored half of the time.

    Attributes:
        folder: where from.
        size: side of a crop in pixels. A crop covers between the whole short side of its picture
            and ``size`` pixels of it, uniformly in the logarithm, its aspect ratio kept; only
            pictures smaller than ``size`` are enlarged.
        recolour: probability of permuting the colour channels, for more palettes than the folder's.
        fixed: crops of each picture that come again and again; 0 makes every crop a new one.
        seed: of the fixed crops.
    """

    folder: Folder
    size: int
    recolour: float = 0.0
    fixed: int = 0
    seed: tuple[int, ...] = (0,)

    def __len__(self) -> int:
        """The number of fixed crops."""
        return len(self.folder) * self.fixed

    def draw(self, count: int, rng: np.random.Generator) -> Batch:
        """``count`` crops; pictures are drawn without replacement as far as they reach."""
        picked = _draw(len(self.folder), count, rng)
        if not self.fixed:
            return Batch(_stack([self._cut(index, rng) for index in picked]))
        numbers = [index * self.fixed + int(rng.integers(self.fixed)) for index in picked]
        again = [np.random.default_rng((*self.seed, number)) for number in numbers]
        cut = [self._cut(index, own) for index, own in zip(picked, again, strict=True)]
        return Batch(_stack(cut), numbers)

    def _cut(self, index: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        picture, size = self.folder.pictures[index], self.size
        short = min(picture.size)
        side = short if short <= size else size * (short / size) ** rng.random()
        left, top = (rng.random() * (extent - side) for extent in picture.size)
        box = (left, top, left + side, top + side)
        pixels = np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC, box))
        if rng.random() < 0.5:
            pixels = pixels[:, ::-1]
        if rng.random() < self.recolour:
            pixels = pixels[:, :, rng.permutation(3)]
        return pixels


def _stack(crops: list[NDArray[np.uint8]]) -> Tensor:
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 255


def _draw(population: int, count: int, rng: np.random.Generator) -> Sequence[int]:
    rounds = [rng.permutation(population) for _ in range(-(-count // population))]
    return np.concatenate(rounds)[:count].tolist()  # type: ignore[no-any-return]
