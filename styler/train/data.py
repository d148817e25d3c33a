"""A folder of pictures, decoded once, cropped at random on the device as often as asked."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from styler.errors import ImageError, MissingDependencyError, TrainingError
from styler.imaging import find_pictures, read

from .colour import colourfulness, jitter
from .machine import to_device

__all__ = ["Batch", "Crops", "Folder"]


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
        files = find_pictures(path)
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
        picture = Image.fromarray(read(file).filled())
    except (ImageError, MissingDependencyError) as error:
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
        jitter: how far saturation and gamma vary; 0 leaves them.
        vivid: exponent of a picture's colourfulness in the probability of drawing it; 0 draws all
            alike.
        fixed: crops of each picture that come again and again; 0 makes every crop a new one.
        seed: of the fixed crops.
        device: where the pictures are kept and cropped.
    """

    folder: Folder
    size: int
    recolour: float = 0.0
    jitter: float = 0.0
    vivid: float = 0.0
    fixed: int = 0
    seed: tuple[int, ...] = (0,)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __len__(self) -> int:
        """The number of fixed crops."""
        return len(self.folder) * self.fixed

    def draw(self, count: int, rng: np.random.Generator) -> Batch:
        """``count`` crops; pictures are drawn without replacement as far as they reach."""
        picked = _draw(self._chances, count, rng)
        numbers, own = None, [rng] * count
        if self.fixed:
            numbers = [index * self.fixed + int(rng.integers(self.fixed)) for index in picked]
            own = [np.random.default_rng((*self.seed, number)) for number in numbers]
        squares, looks = [], []
        for index, dice in zip(picked, own, strict=True):
            squares.append(self._cut(index, dice))
            looks.append(self._look(dice))
        return Batch(self._changed(torch.cat(squares), np.array(looks, np.float32)), numbers)

    @cached_property
    def _pixels(self) -> list[Tensor]:
        """``(H, W, 3)`` uint8 each: four times as many fit as in float32."""
        arrays = (np.array(picture) for picture in self.folder.pictures)
        return [torch.from_numpy(array).to(self.device) for array in arrays]

    @cached_property
    def _chances(self) -> NDArray[np.float64]:
        if not self.vivid:
            return np.full(len(self.folder), 1 / len(self.folder))
        weights = np.array([colourfulness(picture) for picture in self.folder.pictures])
        weights = (weights + 1) ** self.vivid  # a grey picture keeps some chance
        return weights / weights.sum()  # type: ignore[no-any-return]

    def _cut(self, index: int, rng: np.random.Generator) -> Tensor:
        """A square of a picture, ``(1, 3, size, size)`` float32, about 0 to 255."""
        picture, size = self._pixels[index], self.size
        height, width, _ = picture.shape
        short = min(height, width)
        side = short if short <= size else round(size * (short / size) ** rng.random())
        left, top = (round(rng.random() * (extent - side)) for extent in (width, height))
        square = picture[None, top : top + side, left : left + side].permute(0, 3, 1, 2).float()
        return F.interpolate(square, (size, size), mode="bicubic", antialias=True)

    def _look(self, rng: np.random.Generator) -> list[float]:
        """Whether a crop is mirrored, its three channels' order, its saturation and its gamma."""
        mirrored = rng.random() < 0.5
        channels = rng.permutation(3) if rng.random() < self.recolour else range(3)
        factors = np.exp(rng.uniform(-self.jitter, self.jitter, 2)) if self.jitter else (1, 1)
        return [mirrored, *channels, *factors]

    def _changed(self, squares: Tensor, looks: NDArray[np.float32]) -> Tensor:
        """All crops with their looks, ``(N, 6)``, in a few operations for the whole batch."""
        looked = to_device(looks, squares.device)
        crops = (squares / 255).clamp(0, 1)
        crops = torch.where(looked[:, :1, None, None] > 0, crops.flip(3), crops)
        if self.recolour:
            channels = looked[:, 1:4].long()
            crops = crops.gather(1, channels[:, :, None, None].expand_as(crops))
        return jitter(crops, looked[:, 4], looked[:, 5]) if self.jitter else crops


def _draw(chances: NDArray[np.float64], count: int, rng: np.random.Generator) -> Sequence[int]:
    population = len(chances)
    rounds = [
        rng.choice(population, min(population, count - start), replace=False, p=chances)
        for start in range(0, count, population)
    ]
    return np.concatenate(rounds).tolist()  # type: ignore[no-any-return]
