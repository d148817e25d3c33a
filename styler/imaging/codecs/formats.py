"""The picture formats, told apart by their first bytes; a file's name is never believed."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from styler.errors import MissingDependencyError, OutputError, ParameterError


@dataclass(frozen=True)
class Format:
    """One format: its extensions, the Pillow plugin that decodes it and what it can hold."""

    name: str
    pillow: str
    plugin: str
    reader: str
    extensions: tuple[str, ...]
    alpha: bool = False
    bits16: bool = False
    lossy: bool = False  # has a quality
    max_side: int | None = None  # the longest that encoder and decoder take
    metadata: bool = True  # holds EXIF and a colour profile


FORMATS = {
    f.name: f
    for f in (
        Format("jpeg", "JPEG", "PIL.JpegImagePlugin", "JpegImageFile",
               (".jpg", ".jpeg", ".jpe", ".jfif"), lossy=True, max_side=65_500),
        Format("png", "PNG", "PIL.PngImagePlugin", "PngImageFile",
               (".png", ".apng"), alpha=True, bits16=True),
        Format("webp", "WEBP", "PIL.WebPImagePlugin", "WebPImageFile",
               (".webp",), alpha=True, lossy=True, max_side=16_383),
        Format("avif", "AVIF", "PIL.AvifImagePlugin", "AvifImageFile",
               (".avif",), alpha=True, lossy=True, max_side=32_768),
        Format("tiff", "TIFF", "PIL.TiffImagePlugin", "TiffImageFile",
               (".tif", ".tiff"), alpha=True, bits16=True),
        Format("bmp", "BMP", "PIL.BmpImagePlugin", "BmpImageFile",
               (".bmp", ".dib"), metadata=False),
        Format("gif", "GIF", "PIL.GifImagePlugin", "GifImageFile",
               (".gif",), alpha=True, metadata=False, max_side=65_535),
        Format("heic", "HEIF", "pillow_heif.as_plugin", "HeifImageFile",
               (".heic", ".heif"), alpha=True, lossy=True),
    )
}  # fmt: skip

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}

RAW = "a camera's raw file"

# What people hand over by mistake, so that the message can name it.
_OTHERS = (
    (b"%PDF", "a PDF"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML file"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"8BPS", "a Photoshop document"),
    (b"version https://git-lfs", "a Git LFS pointer without its content"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\1\0", "an icon"),
    (b"DDS ", "a DirectDraw texture"),
    (b"SIMPLE  =", "a FITS picture"),
    (b"/* XPM */", "an X pixmap"),
    *((b"P%d%c" % (kind, end), "a Netpbm picture") for kind in range(1, 8) for end in b"\t\n\r "),
    (b"v/1\x01", "OpenEXR"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    *((magic, RAW) for magic in (
        b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"\0MRM", b"FOVb",
    )),
)  # fmt: skip


def sniff(head: bytes) -> Format | None:
    """The format that the first bytes (32 are enough) announce, or ``None``."""
    name = None
    if head.startswith(b"\xff\xd8\xff"):
        name = "jpeg"
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        name = "png"
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        name = "webp"
    elif head[4:8] == b"ftyp":
        brands = {head[8:12]} | {head[i : i + 4] for i in range(16, len(head) - 3, 4)}
        if brands & _AVIF_BRANDS:
            name = "avif"
        elif brands & _HEIC_BRANDS:
            name = "heic"
    elif head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        name = "tiff"
    elif head.startswith((b"GIF87a", b"GIF89a")):
        name = "gif"
    elif head.startswith(b"BM"):
        name = "bmp"
    return FORMATS[name] if name else None


def describe(head: bytes) -> str:
    """A few words on what bytes that are no known picture seem to be."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, words in _OTHERS:
        if start.lower().startswith(magic.lower()):
            return words
    if head[4:8] == b"ftyp":
        return RAW if head[8:12] == b"crx " else "a video"
    if start and all(32 <= b < 127 or b in b"\t\r\n" for b in start):
        return "a text file"
    return "no picture format that is known here"


def readable() -> list[str]:
    """Names of the formats that this installation reads, for messages and help."""
    return [name for name in FORMATS if name != "heic" or _has_heif()]


def by_name(name: str) -> Format:
    """The format of that name or extension ("png", ".jpg", "JPEG"). ``ParameterError`` if none."""
    key = name.lower().lstrip(".")
    for known in FORMATS.values():
        if key == known.name or f".{key}" in known.extensions:
            return known
    raise ParameterError(f"unknown picture format {name!r}; use one of {', '.join(FORMATS)}")


def by_path(path: str | os.PathLike[str]) -> Format:
    """The format that a path's extension asks for. ``OutputError`` if it names none."""
    extension = Path(path).suffix.lower()
    for known in FORMATS.values():
        if extension in known.extensions:
            return known
    what = f"unknown extension {extension!r}" if extension else "no extension"
    choices = ", ".join(f.extensions[0] for f in FORMATS.values())
    raise OutputError(f"{os.fspath(path)!r}: {what}; name the file with one of {choices}")


def plugin(known: Format) -> Any:
    """Pillow's reader class for a format, imported when first needed.

    Going past ``PIL.Image.open`` keeps the choice of decoder here (one, by the first bytes) and
    leaves Pillow's process-wide pixel limit and its warning out of it.
    """
    module = heif(known.plugin) if known.name == "heic" else importlib.import_module(known.plugin)
    return getattr(module, known.reader)


def heif(module: str = "pillow_heif") -> Any:
    """A module of the optional package for HEIC. ``MissingDependencyError`` if not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            'HEIC pictures need a package that is not installed; pip install "styler[heic]", '
            "or convert the file to JPEG"
        ) from error


def _has_heif() -> bool:
    import importlib.util

    return importlib.util.find_spec("pillow_heif") is not None


def held(known: Format, image: Any) -> float:
    """Bytes a pixel that Pillow and a decoder hold while an opened picture is decoded."""
    if known.name in ("webp", "avif", "heic"):  # frames as bytes, and those as an image
        return 16 if known.name == "webp" else 12
    own: float = 1 if image.mode in ("1", "L", "P") else 2 if image.mode.startswith("I;16") else 4
    if not image.info.get("progressive"):
        return own
    most: int = max(across * down for _, across, down, _ in image.layer)
    coefficients: float = sum(2 * across * down / most for _, across, down, _ in image.layer)
    return own + coefficients


def webp_size(head: bytes) -> tuple[int, int]:
    """The canvas (width, height) in the first 32 bytes of a WebP file (RFC 9649).

    Raises ``ValueError`` where they hold none.
    """
    kind, body = head[12:16], head[20:]
    if kind == b"VP8X" and len(body) >= 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        packed = int.from_bytes(body[1:5], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(body) >= 10 and body[3:6] == b"\x9d\x01\x2a":
        sides = int.from_bytes(body[6:8], "little"), int.from_bytes(body[8:10], "little")
        return sides[0] & 0x3FFF, sides[1] & 0x3FFF
    raise ValueError("no WebP image header")
