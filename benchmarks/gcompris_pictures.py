"""Ten photos and ten paintings for `second_judge.py`, from Debian's package gcompris-qt-data 3.1-2.

    apt-get download gcompris-qt-data && dpkg-deb -x gcompris-qt-data_*.deb gcompris
    python benchmarks/gcompris_pictures.py gcompris/usr/share/gcompris-qt/rcc PHOTOS PAINTINGS

The photos are every fifth of the monuments to explore, by name; the paintings lie there in pieces,
as a jigsaw puzzle, and are put together. All are cut to squares and scaled to 512x512.
"""

import re
import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

PUZZLES = (1, 3, 6, 11, 15, 16, 18, 19, 21, 22)
"""Of Renoir (Moulin de la Galette), Arcimboldo (Librarian), Hokusai (Ejiri, Poppies), Bellini
(Pesaro Altarpiece), Dürer (Lion), Renoir (Girls at the Piano), Kandinsky (Composition VIII),
Cassatt (Summertime) and Van Gogh (Village Street in Auvers)."""

FOLDER, ZLIB = 2, 1


def unpack(path: Path) -> dict[str, bytes]:
    """The files in one of Qt's binary resources, by name; versions 2 and 3 of the format."""
    blob = path.read_bytes()
    magic, _, tree, data, names = struct.unpack_from(">4sIIII", blob)
    if magic != b"qres":
        raise SystemExit(f"{path} is not a Qt resource")
    files = {}

    def walk(number: int, folder: str) -> None:
        at = tree + 22 * number
        where, flags, first, second = struct.unpack_from(">IHII", blob, at)
        (length,) = struct.unpack_from(">H", blob, names + where)
        name = blob[names + where + 6 :][: 2 * length].decode("utf-16-be")
        inside = f"{folder}/{name}" if number else ""
        if flags & FOLDER:
            for child in range(second, second + first):
                walk(child, inside)
            return
        start = data + second
        (size,) = struct.unpack_from(">I", blob, start)
        packed = blob[start + 4 : start + 4 + size]
        files[inside] = zlib.decompress(packed[4:]) if flags & ZLIB else packed

    walk(0, "")
    return files


def together(files: dict[str, bytes], board: str) -> Image.Image:
    """A painting from its pieces, each of which has its middle where the board says."""
    width, height = (
        int(re.search(rf'"{side}" *: *(\d+)', board)[1]) for side in ("width", "height")
    )
    canvas = Image.new("RGBA", (width, height))
    for file, *middle in re.findall(
        r'"(image/[^"]*webp)",\s*"x" *: *"(.*?)",\s*"y" *: *"(.*?)"', board
    ):
        piece = Image.open(BytesIO(next(raw for name, raw in files.items() if name.endswith(file))))
        x, y = (float(m) * side for m, side in zip(middle, canvas.size, strict=True))
        corner = (max(round(x - piece.width / 2), 0), max(round(y - piece.height / 2), 0))
        canvas.alpha_composite(piece.convert("RGBA"), corner)
    return canvas.crop(canvas.getbbox()).convert("RGB")


def main(resources: Path, photos: Path, paintings: Path) -> None:
    monuments = unpack(resources / "explore_monuments.rcc")
    puzzles = unpack(resources / "paintings.rcc")
    pictures = {
        photos / Path(name).stem: Image.open(BytesIO(monuments[name])).convert("RGB")
        for name in sorted(name for name in monuments if name.endswith(".webp"))[::5]
    }
    for number in PUZZLES:
        board = next(raw for name, raw in puzzles.items() if name.endswith(f"/board{number}_0.qml"))
        pictures[paintings / f"{number:02}"] = together(puzzles, board.decode())
    for path, picture in pictures.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        ImageOps.fit(picture, (512, 512), Image.Resampling.LANCZOS).save(f"{path}.png")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
