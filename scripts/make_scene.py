"""Paint a photo-like landscape, so that a fresh clone has a picture to stylize.

    python scripts/make_scene.py scene.png
    python scripts/make_scene.py scene.jpg --size 1024 --seed 3
    python scripts/make_scene.py server/page/lake.webp --size 800    what the page offers

A mountain lake at evening, rendered from noise: a height field seen in perspective, lit by a low
sun and veiled by haze, under clouds, mirrored in rippled water, framed by conifers. The same size
and seed give the same picture. Needs numpy and Pillow only.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Array = NDArray[np.float64]

HORIZON = 0.53  # share of the picture above the horizon
VIEW = 0.62  # tangent of half the horizontal angle of view
EYE = 0.06  # height of the camera over the lake
FAR = 14.0
TO_SUN = np.array([0.72, 0.42, -0.40]) / np.linalg.norm([0.72, 0.42, -0.40])  # right, up, ahead
GLOW = (0.62, 0.20)  # where the sky is brightest: right of the middle, slope over the horizon

# Colours as linear RGB; a pair is a range that noise fills.
SKY_TOP = np.array([0.07, 0.20, 0.46])
SKY_LOW = np.array([0.80, 0.66, 0.52])
CLOUD_SHADE = np.array([0.36, 0.36, 0.46])
CLOUD_LIT = np.array([1.45, 1.08, 0.80])
SUNLIGHT = np.array([1.80, 1.20, 0.70])
SKYLIGHT = np.array([0.17, 0.24, 0.38])
HAZE = np.array([0.46, 0.50, 0.60])
ROCK = np.array([[0.15, 0.135, 0.13], [0.33, 0.29, 0.26]])
MEADOW = np.array([[0.10, 0.13, 0.03], [0.26, 0.22, 0.06]])
FOREST = np.array([[0.010, 0.028, 0.014], [0.075, 0.11, 0.035]])
SNOW = np.array([0.80, 0.82, 0.86])
DEEP = np.array([0.012, 0.045, 0.062])
SHALLOW = np.array([0.12, 0.12, 0.08])


def smoothstep(low: float, high: float, x: Array) -> Array:
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a: Array, b: Array, share: Array) -> Array:
    return a + (b - a) * share[..., None]


class Noise:
    """Value noise on a lattice of random numbers."""

    def __init__(self, seed: int) -> None:
        self.lattice = np.random.default_rng(seed).random((256, 256))

    def __call__(self, x: Array, y: Array) -> Array:
        """Smooth noise in [0, 1] with features of about one unit."""
        column, row = np.floor(x).astype(int), np.floor(y).astype(int)
        u, v = x - column, y - row
        u, v = u**3 * (u * (6 * u - 15) + 10), v**3 * (v * (6 * v - 15) + 10)
        left, right, top, low = column & 255, (column + 1) & 255, row & 255, (row + 1) & 255
        upper = self.lattice[top, left] * (1 - u) + self.lattice[top, right] * u
        lower = self.lattice[low, left] * (1 - u) + self.lattice[low, right] * u
        return upper * (1 - v) + lower * v

    def fractal(self, x: Array, y: Array, octaves: int, ridged: bool = False) -> Array:
        """Octaves of noise in [0, 1]; `ridged` folds them into crests."""
        total, weight, norm, carry = np.zeros(x.shape), 1.0, 0.0, np.ones(x.shape)
        for octave in range(octaves):
            angle, scale = (
                0.5 + 1.1 * octave,
                2.03**octave,
            )  # turning every octave hides the lattice
            right = (np.cos(angle) * x - np.sin(angle) * y) * scale + 17.3 * octave
            ahead = (np.sin(angle) * x + np.cos(angle) * y) * scale + 9.1
            value = self(right, ahead)
            if ridged:
                value = (1 - np.abs(2 * value - 1)) ** 2 * carry
                carry = np.clip(value * 2, 0, 1)
            total += weight * value
            norm += weight
            weight *= 0.5
        return total / norm


class Scene:
    """The landscape and the camera in it; linear light throughout.

    A pixel's ray is its ``across`` (to the right) and ``slope`` (up) per unit of depth; pixels
    are worked on as flat lists, those of the sky, the land and the lake apart.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.noise = Noise(seed)
        self.size = size
        pixel = (np.arange(size) + 0.5) / size
        self.slope = np.broadcast_to((HORIZON - pixel[:, None]) * 2 * VIEW, (size, size))
        self.across = np.broadcast_to((2 * pixel - 1) * VIEW, (size, size))

    def render(self) -> Array:
        """Sky, land and lake together; (size, size, 3)."""
        depth = self.look()
        picture = np.empty((self.size, self.size, 3))
        sky = np.isinf(depth)
        picture[sky] = self.sky(self.across[sky], self.slope[sky])
        x, z = depth[~sky] * self.across[~sky], depth[~sky]
        ground = np.full(depth.shape, np.inf)
        ground[~sky] = self.height(x, z)
        land = ~sky & (ground >= 0)
        picture[land] = self.land(self.across[land], depth[land], ground[land])
        lake = ground < 0
        picture[lake] = self.lake(lake, depth[lake], ground[lake], picture)
        return picture

    def height(self, x: Array, z: Array, octaves: int = 10) -> Array:
        """Ground over the lake's surface, `x` to the right and `z` ahead; below 0 is lake bed."""
        shore = z + 0.5 * np.abs(x - 0.2) + 1.2 * self.noise(x * 0.9 + 40, z * 0.9)
        land = smoothstep(2.6, 4.6, shore)
        valley = 0.30 + 0.70 * smoothstep(0.2, 2.6, np.abs(x - 0.06 * z))
        peaks = self.noise.fractal(x * 0.40 + 3.1, z * 0.40 + 7.7, octaves, ridged=True)
        hills = self.noise.fractal(x * 1.1 + 20, z * 1.1, min(octaves, 8))
        rise = smoothstep(3.0, 10, z) * valley
        return land * (0.05 + 0.36 * hills * valley + 3.6 * rise * peaks) - 0.16 * (1 - land)

    def look(self) -> Array:
        """For every pixel how far ahead its ray meets ground or water; infinite for sky."""
        depths = np.geomspace(0.1, FAR, 700)
        z = np.broadcast_to(depths[:, None], (len(depths), self.size))
        surface = np.maximum(self.height(z * self.across[0], z), 0)
        skyline = np.maximum.accumulate((surface - EYE) / z, axis=0)
        skyline += 1e-9 * np.arange(len(depths))[:, None]  # strictly rising, to search in
        met = np.full((self.size, self.size), np.inf)
        for column in range(self.size):
            line, rays = skyline[:, column], self.slope[:, column]
            seen = rays < line[-1]
            met[seen, column] = np.interp(rays[seen], line, depths)
        return met

    def sky(self, across: Array, slope: Array) -> Array:
        """A gradient, a glow towards the sun, and clouds on a plane overhead."""
        up = np.clip(slope, 0.004, None)
        color = mix(SKY_LOW, SKY_TOP, np.clip(up / 0.62, 0, 1) ** 0.55)
        away = np.hypot(across - GLOW[0], 1.6 * (up - GLOW[1]))
        color = color + np.array([0.75, 0.42, 0.13]) * np.exp(-3.0 * away)[:, None]
        x, z = across / (up + 0.10), 1 / (up + 0.10)
        warp = self.noise.fractal(x * 0.5 + 60, z * 0.5, 4)

        def density(x: Array, z: Array, scale: float, cover: float) -> Array:
            field = self.noise.fractal(x * scale + 2 * warp + 5, z * scale * 1.7 + warp, 7)
            return smoothstep(cover, cover + 0.24, field)

        for scale, cover, thick in ((0.75, 0.46, 1.0), (2.3, 0.57, 0.5)):
            body = density(x, z, scale, cover)
            lit = np.clip(0.5 + 1.3 * (body - density(x + 0.22, z + 0.06, scale, cover)), 0, 1)
            shade = mix(CLOUD_SHADE, CLOUD_LIT, lit)
            color = mix(color, shade, 0.94 * thick * body * smoothstep(0.0, 0.10, up))
        return color

    def land(self, across: Array, z: Array, here: Array) -> Array:
        """Rock, snow, meadow and forest, with sunlight, cast shadows and haze."""
        x = z * across
        step = 0.0015 * z + 0.001
        right = (self.height(x + step, z) - here) / step
        ahead = (self.height(x, z + step) - here) / step
        flat = 1 / np.sqrt(right**2 + ahead**2 + 1)
        sun = np.clip(flat * (TO_SUN[1] - right * TO_SUN[0] - ahead * TO_SUN[2]), 0, 1)
        light = SUNLIGHT * (sun * self.lit(x, z, here))[:, None]
        light = light + SKYLIGHT * (0.45 + 0.55 * flat)[:, None]
        grain = self.noise.fractal(x * 9, z * 9, 6)
        color = mix(ROCK[0], ROCK[1], grain)
        meadow = smoothstep(0.62, 0.80, flat) * smoothstep(1.0, 0.5, here)
        color = mix(color, mix(MEADOW[0], MEADOW[1], grain), meadow)
        crowns = self.noise(x * 60, z * 38) * self.noise(x * 23 + 5, z * 17)
        wooded = smoothstep(0.38, 0.50, self.noise.fractal(x * 1.5 + 9, z * 1.5, 5))
        wooded = wooded * smoothstep(0.75, 0.35, here + 0.35 * (grain - 0.5))
        color = mix(color, mix(FOREST[0], FOREST[1], crowns), wooded)
        snow = smoothstep(1.0, 1.4, here + 0.9 * (grain - 0.5)) * smoothstep(0.42, 0.62, flat)
        color = mix(color, SNOW, snow)
        thin = np.exp(-0.8 * np.clip(here, 0, None))
        veil = 1 - np.exp(-0.065 * np.clip(z - 1.0, 0, None) * thin)
        haze = HAZE + np.array([0.34, 0.17, 0.0]) * np.exp(-2.2 * np.abs(across - GLOW[0]))[:, None]
        return mix(color * light, haze, veil)

    def lit(self, x: Array, z: Array, here: Array) -> Array:
        """The share of the sun that reaches the ground past what stands between; soft shadows."""
        clear = np.ones(x.shape)
        for way in np.geomspace(0.05, 2.4, 10):
            over = self.height(x + way * TO_SUN[0], z + way * TO_SUN[2], 5)
            gap = here + way * TO_SUN[1] - over
            clear = np.minimum(clear, smoothstep(-0.04, 0.03 + 0.03 * way, gap))
        return 0.06 + 0.94 * clear

    def lake(self, where: NDArray[np.bool_], z: Array, ground: Array, picture: Array) -> Array:
        """The picture over the horizon, mirrored in ripples that calm down with distance."""
        rows, columns = np.nonzero(where)
        x = z * self.across[where]
        ripple = self.noise.fractal(x * 9, z * 26, 5) - 0.5
        swell = self.noise.fractal(x * 2.5 + 8, z * 5, 3) - 0.5
        tilt = (0.060 * ripple + 0.03 * swell) * np.clip(0.9 / (z + 0.25), 0.05, 1.6) * self.size
        mirrored = 2 * HORIZON * self.size - 1 - rows - 1.4 * np.abs(tilt) + 0.4 * tilt
        row = np.clip(mirrored, 0, HORIZON * self.size - 1).astype(int)
        column = np.clip(columns + 0.25 * tilt, 0, self.size - 1).astype(int)
        slant = np.clip(-self.slope[where], 0, 1)
        bed = mix(DEEP, SHALLOW, np.exp(-14 * np.clip(-ground, 0, None)))
        color = mix(bed, picture[row, column], 0.90 - 0.72 * smoothstep(0.02, 0.62, slant))
        return mix(color, HAZE, 0.14 * smoothstep(1.0, 4.0, z))


def conifer(
    draw: ImageDraw.ImageDraw, rng: np.random.Generator, x: float, foot: float, tall: float
) -> None:
    """A spruce against the light: whorls of hanging branches, lit from the right."""
    draw.line([(x, foot), (x, foot - tall)], fill=(14, 12, 10), width=max(1, round(tall / 55)))
    levels = max(12, round(tall / 5))
    for level in range(levels):
        share = level / levels
        reach = tall * 0.19 * (1 - share) ** 0.85 * rng.uniform(0.65, 1.15) + tall * 0.004
        y = foot - tall * (0.06 + 0.94 * share)
        for _ in range(9):
            side = rng.uniform(-1, 1)
            droop = tall * 0.05 * abs(side) * rng.uniform(0.4, 1.3) * (1.2 - share)
            lit = max(0.0, side) ** 2 * rng.uniform(0.2, 1.0)
            color = tuple(
                round(a + b * lit) for a, b in zip((9, 17, 11), (62, 54, 18), strict=True)
            )
            tip = (x + side * reach, y + droop)
            draw.line([(x, y), tip], fill=color, width=max(1, round(tall / 90)))
            for twig in (0.45, 0.75):
                middle = (x + side * reach * twig, y + droop * twig)
                draw.line(
                    [middle, (middle[0] + side * tall * 0.012, middle[1] + tall * 0.02)],
                    fill=color,
                    width=max(1, round(tall / 130)),
                )


def foreground(picture: Image.Image, seed: int) -> None:
    """A grassy bank with conifers at the near shore, left, and grasses on the right."""
    rng = np.random.default_rng(seed + 1)
    size = picture.width
    draw = ImageDraw.Draw(picture)
    bank = np.cumsum(rng.normal(0, 1, size))
    bank = 0.004 * size * (bank - np.linspace(0, bank[-1], size)) / np.abs(bank).max()
    share = np.linspace(0, 1, size)
    top = size * (0.865 + 0.13 * share**0.7 - 0.05 * np.exp(-(((share - 1) / 0.16) ** 2))) + bank
    for trees in ((0.42, 0.09, 9), (0.30, 0.20, 5), (0.20, 0.50, 3)):
        reach, tall, count = trees
        for x in np.sort(rng.uniform(-0.01, reach, count)):
            foot = float(np.interp(x, share, top)) + 0.004 * size
            conifer(draw, rng, x * size, foot, size * tall * rng.uniform(0.75, 1.15))
    for x in range(size):
        draw.line([(x, top[x]), (x, size)], fill=(20, 22, 12))
    for _ in range(size * 14):
        x = rng.uniform(0, size)
        y = rng.uniform(np.interp(x / size, share, top), size * 1.04)
        long = size * rng.uniform(0.006, 0.03) * (0.5 + 2.0 * (y / size - 0.85))
        lit = rng.random() ** 2.5
        color = tuple(round(a + b * lit) for a, b in zip((22, 27, 12), (120, 98, 40), strict=True))
        lean = rng.normal(0.25, 0.35) * long
        draw.line([(x, y), (x + lean, y - long)], fill=color, width=max(1, size // 900))


def develop(linear: Array) -> Image.Image:
    """Linear light to 8-bit pixels: richer colour, a filmic curve, gamma."""
    grey = linear @ np.array([0.2126, 0.7152, 0.0722])
    exposed = np.clip(mix(grey[..., None] * np.ones(3), linear, np.full(grey.shape, 1.22)), 0, None)
    toned = exposed * (2.51 * exposed + 0.03) / (exposed * (2.43 * exposed + 0.59) + 0.14)
    encoded = np.clip(toned, 0, 1) ** (1 / 2.2)
    return Image.fromarray((255 * encoded + 0.5).astype(np.uint8))


def finish(picture: Image.Image, size: int, seed: int) -> Image.Image:
    """Bring to size, darken the corners a little, add the sensor's grain."""
    small = np.asarray(picture.resize((size, size), Image.Resampling.LANCZOS), np.float64)
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    grain = np.random.default_rng(seed + 2).normal(0, 2.0, (size, size, 1))
    shown = small * (1 - 0.13 * (x**2 + y**2) ** 1.2)[..., None] + grain
    return Image.fromarray(np.clip(shown + 0.5, 0, 255).astype(np.uint8))


def make_scene(size: int = 512, seed: int = 23) -> Image.Image:
    """The landscape as an RGB picture of `size` x `size` pixels."""
    fine = 2 * size
    picture = develop(Scene(fine, seed).render())
    foreground(picture, seed)
    return finish(picture.filter(ImageFilter.GaussianBlur(0.6)), size, seed)


def main() -> None:
    parser = argparse.ArgumentParser(description="Paint a photo-like landscape.")
    parser.add_argument("path", type=Path, help="picture to write, such as scene.png")
    parser.add_argument("--size", type=int, default=512, help="side in pixels (default: 512)")
    parser.add_argument("--seed", type=int, default=23, help="another seed, another place")
    options = parser.parse_args()
    make_scene(options.size, options.seed).save(options.path)


if __name__ == "__main__":
    main()
