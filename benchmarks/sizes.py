"""Whether a preview looks like the painting: one photo painted at 512 pixels and at 3072.

    PYTHONPATH=. python benchmarks/sizes.py VGG16 PHOTO...

Each photo is brought to both long sides and painted in every fourth preset of the shipped model;
the large painting is reduced to the size of the small one. A row holds the style distance of
docs/evaluation.md between the two, on the maps of the VGG-16 of that file, and their PSNR; the last
one the means and the worst.
"""

import sys
from pathlib import Path
from statistics import fmean

import numpy as np
import torch

from styler import Stylizer, presets
from styler.evaluation.metrics import psnr, style_distance
from styler.imaging import read, resize, to_float
from styler.network import load_vgg
from styler.norm.moments import moments

SMALL, LARGE = 512, 3072


def main() -> None:
    vgg, *photos = map(Path, sys.argv[1:])
    judge, stylizer = load_vgg(vgg), Stylizer()
    styles = [preset.name for preset in presets()][::4]

    def statistics(pixels: np.ndarray) -> list[tuple[torch.Tensor, torch.Tensor]]:
        with torch.inference_mode():
            return [moments(x) for x in judge(torch.from_numpy(to_float(pixels)))]

    distances, likeness = [], []
    for photo in photos:
        pixels = read(photo).filled()
        small, large = (resize(pixels, long_side=side, upscale=True) for side in (SMALL, LARGE))
        for preset in styles:
            preview = stylizer.stylize(small, preset)
            painting = stylizer.stylize(large, preset)
            painting = resize(painting, size=preview.shape[1::-1])
            distances.append(style_distance(statistics(preview), statistics(painting)))
            likeness.append(psnr(preview, painting))
            print(f"{photo}  {preset}  {distances[-1]:.4f}  {likeness[-1]:.1f} dB", flush=True)
    print(f"mean {fmean(distances):.4f}, {fmean(likeness):.1f} dB; worst {max(distances):.4f}")


if __name__ == "__main__":
    main()
