"""Pictures to bytes and files: sRGB profile, metadata, transparency."""

from __future__ import annotations

import io
import os
from typing import Any

from PIL import Image

from styler import files
from styler.errors import OutputError, ParameterError
from styler.halt import checkpoint

from .codecs import exif as exifs
from .codecs import formats, png16, tiff
from .colour import icc
from .picture import Metadata, Picture

_OPTIMIZED = 1 << 25
_MAX_JPEG_EXIF = 65_527  # what one marker segment holds


def encode(
    picture: Picture,
    format: str,
    *,
    quality: int | None = None,
    lossless: bool = False,
    bits: int = 8,
    exif: bool = True,
    profile: bool = True,
    background: tuple[int, int, int] = (255, 255, 255),
) -> bytes:
    """Encode as "png", "jpeg", "webp", "avif", "tiff", "bmp" or "gif" (or "heic").

    ``quality`` is 1 to 100 for the lossy formats (default 92, AVIF and HEIC 80; from 90 on without
    chroma subsampling); ``lossless`` is for WebP; ``bits`` 16 for PNG and TIFF. ``exif`` keeps the
    EXIF block, ``profile`` embeds sRGB. Transparency is kept where the format has it and laid over
    ``background`` (sRGB, 0 to 255) elsewhere. The same picture gives the same bytes.

    Raises ``ParameterError`` for options out of range or that the format does not have, and
    ``OutputError`` for pictures that it cannot hold.
    """
    known = formats.by_name(format)
    check_options(known, quality=quality, lossless=lossless, bits=bits)
    longest = max(picture.width, picture.height)
    if known.max_side is not None and longest > known.max_side:
        raise OutputError(
            f"{known.name} holds up to {known.max_side} pixels a side, not {longest}; "
            "use png or tiff, or make the picture smaller"
        )
    picture = picture.to_bits(bits)
    block = picture.metadata.exif if exif and known.metadata else None
    srgb = icc.srgb_profile() if profile and known.metadata else None
    if known.name == "tiff":
        return tiff.encode(picture, profile=srgb, exif=block)
    if bits == 16:
        return png16.encode(picture, profile=srgb, exif=block)
    options = options_of(
        picture, known, quality=quality, lossless=lossless, exif=exif, profile=profile
    )
    image: Any = _image(picture, known, background)
    if known.name == "heic":
        options["chroma"] = 444 if options.pop("subsampling") == "4:4:4" else 420
        image = formats.heif().from_pillow(image)
    else:
        options["format"] = known.pillow
    return saved(image, known, options, "png or tiff")


class _Sink(io.BytesIO):
    """Where most encoders write piece by piece, so that they stop when the work is called off."""

    def write(self, data: Any) -> int:
        checkpoint()
        return super().write(data)


def saved(image: Any, known: formats.Format, options: dict[str, Any], instead: str) -> bytes:
    """What Pillow writes of an image; errors name what to use ``instead``."""
    out = _Sink()
    try:
        image.save(out, **options)
    except (OSError, ValueError, RuntimeError, OverflowError) as error:
        reason = files.printable(" ".join(str(error).split()))
        raise OutputError(f"{known.name} cannot hold it ({reason}); use {instead}") from error
    return out.getvalue()


def options_of(
    picture: Picture,
    known: formats.Format,
    *,
    quality: int | None,
    lossless: bool,
    exif: bool,
    profile: bool = True,
) -> dict[str, Any]:
    """What Pillow is told besides the pixels."""
    block = picture.metadata.exif if exif and known.metadata else None
    srgb = icc.srgb_profile() if profile and known.metadata else None
    options: dict[str, Any] = {"icc_profile": srgb} if srgb else {}
    if known.name == "jpeg":
        level = quality or 92
        own = optimizes(picture.width * picture.height)
        options |= {"quality": level, "subsampling": 0 if level >= 90 else 2, "optimize": own}
    elif known.name == "png":
        options |= {"compress_level": png16.LEVEL}
    elif known.name == "webp":
        options |= {"quality": quality or 92, "lossless": lossless, "exact": True}
    elif known.name in ("avif", "heic"):
        level = quality or 80
        options |= {"quality": level, "subsampling": "4:4:4" if level >= 90 else "4:2:0"}
        if known.name == "avif":  # tiles follow threads: as many on any machine, the same bytes
            options["max_threads"] = 4
    if known.name == "avif" and block and not exifs.rewritable(block):
        block = None
    if block and len(block) < _MAX_JPEG_EXIF:
        options["exif"] = b"Exif\0\0" + block
    if picture.metadata.dpi and known.name in ("jpeg", "png", "bmp"):
        options["dpi"] = picture.metadata.dpi
    return options


def optimizes(pixels: int) -> bool:
    """Whether a JPEG of so many pixels gets codes of its own: a twelfth less bytes, for which its
    encoder holds 6 bytes a pixel more.
    """
    return pixels <= _OPTIMIZED


def check_options(
    known: formats.Format, *, quality: int | None = None, lossless: bool = False, bits: int = 8
) -> None:
    """Raise ``ParameterError`` for options of :func:`encode` that a format does not have."""
    if quality is not None and not 1 <= quality <= 100:
        raise ParameterError(f"quality is {quality}; use 1 to 100")
    if lossless and known.name in ("jpeg", "avif", "heic", "gif"):
        raise ParameterError(f"{known.name} cannot be lossless here; use png, webp or tiff")
    if bits not in (8, 16) or (bits == 16 and not known.bits16):
        raise ParameterError(f"{known.name} cannot hold {bits} bits per sample; use png or tiff")


def _image(
    picture: Picture, known: formats.Format, background: tuple[int, int, int]
) -> Image.Image:
    """Filled by bands, so that there is nothing else as large beside it."""
    clear = picture.alpha is not None
    mode = "RGBA" if clear and known.alpha else "RGB"
    paper = Image.new(mode, (picture.width, picture.height), background if clear else 0)
    for top, samples in picture.bands():
        band = Image.fromarray(samples)
        if clear and not known.alpha:
            paper.paste(band, (0, top), mask=band)
        else:
            paper.paste(band, (0, top))
    return paper


def own_format(photo: Picture | Metadata) -> str:
    """The name of the format to write a painting of a photo in: that of its file, or PNG where that
    is unknown, has too few colours (GIF that does not move) or may not be written here (HEIC).
    """
    metadata = photo.metadata if isinstance(photo, Picture) else photo
    own = metadata.format
    if own not in formats.FORMATS or own == "heic":
        return "png"
    return "png" if own == "gif" and (metadata.frames or 1) == 1 else own


def write(
    picture: Picture,
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    format: str | None = None,
    **options: Any,
) -> None:
    """Encode a picture (options of :func:`encode`) and put it at ``path``, whole or not at all.

    The format is that of the extension unless given. Raises ``OutputError`` if the file exists
    and ``force`` is not set, if the folder is missing or the extension unknown.
    """
    known = formats.by_name(format) if format else formats.by_path(path)
    if not force and os.path.lexists(path):
        raise files.exists(path)  # before the work; the race is decided in write_bytes
    files.write_bytes(encode(picture, known.name, **options), path, force=force)
