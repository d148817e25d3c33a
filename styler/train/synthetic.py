"""Styles drawn by code: what a folder of paintings may lack, in strong colours and plain textures.

Every picture has a palette of a few random hues and is drawn by one of five hands: mosaic,
hatching, dots, flat shapes, strokes.
"""

import colorsys
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

__all__ = ["HANDS", "draw"]

Colour = tuple[int, int, int]
Hand = Callable[[ImageDraw.ImageDraw, list[Colour], int, np.random.Generator], None]


def draw(rng: np.random.Generator, size: int = 320, hand: str | None = None) -> Image.Image:
    """One picture of ``size`` x ``size`` pixels.

    Args:
        rng: everything random comes from here.
        size: side in pixels.
        hand: a name of ``HANDS``; at random by default.
    """
    hand = hand or str(rng.choice(list(HANDS)))
    colours = _palette(rng)
    # Drawn twice as large and reduced: smooth edges.
    picture = Image.new("RGB", (2 * size, 2 * size), colours[0])
    HANDS[hand](ImageDraw.Draw(picture), colours, 2 * size, rng)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def _palette(rng: np.random.Generator) -> list[Colour]:
    """Three to six colours; neighbouring or opposite hues, from pale to deep."""
    base, spread = rng.random(), rng.choice([0.08, 0.2, 0.5])
    colours = []
    for _ in range(rng.integers(3, 7)):
        hue = (base + rng.uniform(-spread, spread)) % 1
        red, green, blue = colorsys.hsv_to_rgb(hue, rng.uniform(0.3, 1), rng.uniform(0.15, 1))
        colours.append((round(255 * red), round(255 * green), round(255 * blue)))
    return colours


def _pick(colours: list[Colour], rng: np.random.Generator) -> Colour:
    return colours[int(rng.integers(len(colours)))]


def _near(colour: Colour, rng: np.random.Generator, by: int = 22) -> Colour:
    red, green, blue = np.clip(np.array(colour) + rng.integers(-by, by + 1, 3), 0, 255)
    return int(red), int(green), int(blue)


def _mosaic(
    canvas: ImageDraw.ImageDraw, colours: list[Colour], size: int, rng: np.random.Generator
) -> None:
    """Small stones in wavy rows, with joints between them; colours change from region to region."""
    stone = int(rng.integers(14, 40))
    waves = rng.uniform(0.5, 2.5, (len(colours), 2)) * 2 * np.pi / size
    phases = rng.uniform(0, 2 * np.pi, len(colours))
    canvas.rectangle((0, 0, size, size), fill=_near((40, 38, 36), rng))
    for y in range(0, size, stone):
        for x in range(0, size, stone):
            fields = np.sin(waves[:, 0] * x + waves[:, 1] * y + phases)
            colour = _near(colours[int(fields.argmax())], rng)
            left, top = x + int(rng.integers(-2, 3)), y + int(rng.integers(-2, 3))
            canvas.rectangle((left, top, left + stone - 4, top + stone - 4), fill=colour)


def _hatching(
    canvas: ImageDraw.ImageDraw, colours: list[Colour], size: int, rng: np.random.Generator
) -> None:
    """Parallel lines over parallel lines, as in an engraving or a pencil drawing."""
    paper, *inks = colours
    canvas.rectangle((0, 0, size, size), fill=_near(paper, rng))
    for ink in inks:
        angle, gap = rng.uniform(0, np.pi), int(rng.integers(6, 22))
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]])
        for offset in range(-size, size, gap):
            start, end = np.sort(rng.uniform(-size, size, 2))
            middle = size / 2 + across * (offset + rng.normal(0, gap / 6))
            line = [tuple(middle + along * start), tuple(middle + along * end)]
            width = int(rng.integers(1, max(2, gap // 3) + 1))
            canvas.line(line, fill=_near(ink, rng), width=width)


def _dots(
    canvas: ImageDraw.ImageDraw, colours: list[Colour], size: int, rng: np.random.Generator
) -> None:
    """Dots of one size, thick as in pointillism or in rows as in a printed screen."""
    radius = int(rng.integers(4, 16))
    centre = rng.uniform(0.2, 0.8, (len(colours), 2)) * size
    for x, y in rng.uniform(0, size, (round(0.9 * (size / radius) ** 2), 2)):
        nearness = np.hypot(*(centre - (x, y)).T) * rng.uniform(0.4, 1.6, len(colours))
        colour = _near(colours[int(nearness.argmin())], rng)
        canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _shapes(
    canvas: ImageDraw.ImageDraw, colours: list[Colour], size: int, rng: np.random.Generator
) -> None:
    """Flat polygons, discs and bars over each other, some outlined: cut paper, hard edges."""
    outline = (20, 20, 20) if rng.random() < 0.5 else None
    width = int(rng.integers(3, 12))
    for _ in range(rng.integers(15, 70)):
        x, y = rng.uniform(0, size, 2)
        reach = size * rng.uniform(0.05, 0.3)
        colour, kind = _pick(colours, rng), rng.integers(3)
        if kind == 0:
            canvas.ellipse((x - reach, y - reach, x + reach, y + reach), colour, outline, width)
        elif kind == 1:
            box = (x, y, x + reach * rng.uniform(0.1, 2), y + reach * rng.uniform(0.1, 2))
            canvas.rectangle(box, colour, outline, width)
        else:
            corners = np.array([x, y]) + rng.uniform(-reach, reach, (int(rng.integers(3, 6)), 2))
            canvas.polygon([tuple(corner) for corner in corners], colour, outline, width)


def _strokes(
    canvas: ImageDraw.ImageDraw, colours: list[Colour], size: int, rng: np.random.Generator
) -> None:
    """Short thick strokes that follow a smooth field, a few bristles of shade in each."""
    length, width = size * rng.uniform(0.03, 0.12), int(rng.integers(6, 24))
    turn = rng.uniform(0.5, 2, 2) * 2 * np.pi / size
    for x, y in rng.uniform(0, size, (round(12 * size**2 / (length * width) / 4), 2)):
        angle = np.sin(turn[0] * x) * 2 + np.cos(turn[1] * y) * 2 + rng.normal(0, 0.15)
        along = np.array([np.cos(angle), np.sin(angle)]) * length / 2
        across = np.array([-along[1], along[0]]) / length * width
        colour = _pick(colours, rng)
        for bristle in (-0.5, 0.0, 0.5):
            middle = np.array([x, y]) + across * bristle
            line = [tuple(middle - along), tuple(middle + along)]
            canvas.line(line, fill=_near(colour, rng), width=max(2, width // 2))


HANDS: dict[str, Hand] = {
    "mosaic": _mosaic,
    "hatching": _hatching,
    "dots": _dots,
    "shapes": _shapes,
    "strokes": _strokes,
}
"""The five ways to draw, by name."""
