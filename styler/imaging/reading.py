"""Files, bytes and streams to :class:`Picture`, with every cap checked before decoding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image

from styler.errors import ImageError, ParameterError, TooLargeError
from styler.files import printable

from . import scratch
from .arrays import Narrowed, fit, narrows
from .codecs import directories, exif, formats, sixteen
from .codecs.containers import NO_PROFILE, Essence, essence
from .codecs.frames import count as counted
from .colour import icc, modes
from .picture import Header, Metadata, Picture, Pixels, to_bits
from .scratch import bands
from .streams import Source, label_of, opened, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_PIXELS = 178_000_000
MAX_BYTES = 1 << 30
MAX_FRAMES = 1000
_DURATION = 100.0  # milliseconds of a frame that does not say, as browsers have it
_OPAQUE = ("L", "RGB", "CMYK", "YCbCr")  # modes without alpha
_MAX_PROFILE = 4 << 20  # the largest press profiles have 3 MB


def read(
    source: Source,
    *,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    frame: int | None = None,
    max_frames: int = MAX_FRAMES,
    bits: int | None = 8,
    disk: bool = False,
    enough: int | None = None,
) -> Picture:
    """Decode a picture: upright, in sRGB, one frame, whatever its format, mode and profile.

    ``source`` is a path, the encoded bytes, or a binary stream (read to its end). ``name`` is how
    errors call it. ``frame`` is which of several frames or pages, from 0; by default the first,
    unless that is a reduced copy of another. ``bits`` is 8 or 16 per sample of the result, or
    ``None`` for as many as the file has. The format is told by the first bytes, never by the name,
    and only JPEG, PNG, WebP, AVIF, TIFF, BMP, GIF and, where pillow-heif is installed, HEIC are
    decoded.

    It takes about 7 bytes of memory per pixel, 14 for 16 bits, the result included, besides the
    file. With ``disk`` the pixels of the result lie in a file among the temporary ones, and are
    read from there as they are needed: about 4 bytes, and 8.

    ``enough`` are the pixels of a short side for who makes the picture smaller in any case: a large
    one that is opaque, upright and of 8 bits is so already as it is converted, to what
    :func:`~styler.imaging.resize` would make of it, and takes about 4 bytes.

    Raises ``TooLargeError`` over ``max_pixels``, ``max_bytes`` or ``max_frames`` (checked on the
    header, before any pixel is decoded) and ``ImageError`` for all that is not a sound picture.
    """
    if bits not in (8, 16, None):
        raise ParameterError(f"bits is {bits}; use 8 or 16")
    if frame is not None and not 0 <= frame < max_frames:
        raise ParameterError(f"frame is {frame}; use 0 to {max_frames - 1}")
    where = printable(name or label_of(source))
    with opened(source, where, max_bytes) as stream, typed(where):
        known, image, found = _header(stream, where, max_pixels, frame)
        frames = _counted(known, image, stream, where, max_frames)

        def reopen() -> Any:
            found.stream.seek(0)
            again = formats.plugin(known)(found.stream)
            again.seek(frame or 0)
            return again

        _turn_to(image, frame, frames, where)
        if frame:
            _check_size(image.size, where, max_pixels)
        if known.name in ("webp", "avif"):
            image.load()
            image.fp = image._decoder = None  # their plugins keep up to 12 bytes a pixel in these
        if found.otherwise:
            _check_complete(image, formats.plugin(known)(found.otherwise), where)
        return _decode(
            known.name, image, reopen, bits, frames, found.notes, disk=disk, enough=enough
        )


def frames_of(
    source: Source,
    *,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    max_frames: int = MAX_FRAMES,
) -> Iterator[tuple[Picture, float, int | None]]:
    """All frames of a moving picture at 8 bits, each with its milliseconds and how often all run.

    Arguments and errors as those of :func:`read`.
    """
    where = printable(name or label_of(source))
    with opened(source, where, max_bytes) as stream, typed(where):
        known, image, found = _header(stream, where, max_pixels, None)
        count = _counted(known, image, stream, where, max_frames)
        beside = int(bool(image.info.get("default_image")))  # a PNG's picture for who cannot move
        for number in range(beside, count):
            image.seek(number)
            _check_size(image.size, where, max_pixels)
            image.load()
            shown = image.copy()
            if found.profile:
                shown.info["icc_profile"] = found.profile
            frame = _decode(known.name, shown, shown.copy, 8, count - beside, found.notes)
            yield frame, float(image.info.get("duration") or _DURATION), image.info.get("loop")


def dimensions(
    source: Source,
    *,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    frame: int | None = None,
) -> tuple[int, int]:
    """(width, height) of a picture, upright, from its header; nothing is decoded.

    Arguments as those of :func:`read`, which may still find damage behind the header. A PNG's
    orientation counts where it stands before the pixels, as it nearly always does. Raises
    ``TooLargeError`` and ``ImageError`` as :func:`read` does.
    """
    caps = {"max_pixels": max_pixels, "max_bytes": max_bytes}
    found = header(source, name=name, frame=frame, **caps)
    return found.width, found.height


def header(
    source: Source,
    *,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    frame: int | None = None,
) -> Header:
    """What the first bytes tell of a picture. Arguments and errors as of :func:`dimensions`."""
    where = printable(name or label_of(source))
    with opened(source, where, max_bytes) as stream, typed(where):
        known, image, _ = _header(stream, where, max_pixels, frame)
        if frame is not None:
            _turn_to(image, frame, _counted(known, image, stream, where, MAX_FRAMES), where)
        width, height = image.size
        tiff = hasattr(image, "tag_v2")  # that plugin has turned the size already
        if not tiff and 5 <= _exif(image, ahead=True)[1] <= 8:
            width, height = height, width
        bits = 16 if sixteen.is_deep(image) and image.mode not in ("YCbCr", "LAB") else 8
        alpha = image.mode[-1:] in "Aa" or "transparency" in image.info
        held = formats.held(known, image) * (2 if bits == 16 and image.mode[:3] == "RGB" else 1)
        return Header(width, height, known.name, image.mode, bits, alpha, held)


def _turn_to(image: Any, frame: int | None, frames: int, where: str) -> None:
    """Go to one of a picture's frames or pages."""
    if frame is not None and frame >= frames:
        raise ParameterError(
            f"{where}: there is no page {frame + 1} (frame {frame}); it has {frames}"
        )
    if frame:
        image.seek(frame)


def _header(
    stream: BinaryIO, where: str, max_pixels: int, frame: int | None
) -> tuple[formats.Format, Any, Essence]:
    """Open what the first bytes announce and hold its size against the cap."""
    stream.seek(0)
    head = stream.read(32)
    if not head:
        raise ImageError(f"{where}: the file is empty; get a fresh copy")
    known = formats.sniff(head)
    if known is None:
        what = formats.describe(head)
        remedy = f"use one of {', '.join(formats.readable())}"
        if what == formats.RAW:
            remedy = "develop it first and take the TIFF or JPEG"
        raise ImageError(f"{where}: {what}; {remedy}")
    reader = formats.plugin(known)
    if known.name == "webp":  # its plugin allocates the canvas when it opens
        _check_size(formats.webp_size(head), where, max_pixels)
    if known.name == "tiff":
        directories.check(stream, where, any_page=frame is not None)
    found = essence(known.name, stream, where)
    found.stream.seek(0)
    image = reader(found.stream)
    if found.profile:
        image.info["icc_profile"] = found.profile
    _check_size(image.size, where, max_pixels)
    return known, image, found


def _counted(
    known: formats.Format, image: Any, stream: BinaryIO, where: str, max_frames: int
) -> int:
    """How many frames there are, held against the cap."""
    frames = counted(known.name, image, stream, max_frames)
    if frames > max_frames:
        raise TooLargeError(
            f"{where}: over {max_frames} frames; make it shorter or raise the limit"
        )
    return frames


def _check_size(size: tuple[int, int], where: str, max_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"{where}: {width}x{height} pixels; get a fresh copy")
    if width * height > max_pixels:
        raise TooLargeError(
            f"{where}: {width}x{height} is {width * height / 1e6:.1f} megapixels, over the limit "
            f"of {max_pixels / 1e6:g}; make the picture smaller or raise the limit"
        )


def _check_complete(image: Any, other: Any, where: str) -> None:
    """Refuse a picture whose pixels depend on what would stand behind the end of its file."""
    for decoded in (image, other):
        _load(decoded)
    for rows in bands(image.height, image.width):
        own, others = (sixteen.rows(one, rows.start, rows.stop) for one in (image, other))
        if not np.array_equal(own, others):
            raise ImageError(
                f"{where}: damaged or incomplete (pixels are missing at its end); get a fresh copy"
            )


def from_pil(image: Image.Image, *, bits: int | None = 8) -> Picture:
    """A Pillow image of any mode as a :class:`Picture`: what :func:`read` makes of its file.

    EXIF orientation and the colour profile in ``image.info`` are applied. Raises ``ImageError``
    where the image cannot be decoded.
    """
    with typed("the image"):
        _check_size(image.size, "the image", MAX_PIXELS)
        image.load()  # what Pillow holds in 8 bits stays 8 bits
        return _decode((image.format or "").lower(), image, image.copy, bits, None, ())


def _decode(
    name: str,
    image: Any,
    reopen: Callable[[], Any],
    bits: int | None,
    frames: int | None,
    notes: tuple[str, ...],
    *,
    disk: bool = False,
    enough: int | None = None,
) -> Picture:
    stored, mode = image.size, image.mode
    tiff = hasattr(image, "tag_v2")  # that plugin turns the pixels and drops the tag as it loads
    block, turn = (_exif(image)[0], 1) if tiff else (None, 1)
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or len(profile) > _MAX_PROFILE or mode == "LAB":
        profile = None
    deep = sixteen.is_deep(image)
    if sixteen.is_narrowed(image):
        notes = (*notes, "of its 16 bits 8 are read (compressed planes)")
    own = 16 if deep and mode not in ("YCbCr", "LAB") else 8
    bits = bits or own
    samples = sixteen.samples(image, reopen, _load) if deep else None
    _load(image)
    if not tiff:  # a PNG may carry its block behind the pixels
        block, turn = _exif(image)
    alpha: Pixels | None = None
    plain = mode in _OPAQUE and "transparency" not in image.info
    narrowed = None
    if enough is not None and plain and bits == 8 and not deep and turn == 1:
        narrowed = _narrowed(image.width, image.height, enough)
    if narrowed:
        rgb, used = _reduced(image, profile, narrowed)
    else:
        rgb, alpha, used = _converted(image, samples, profile, bits, turn, disk)
    undeclared = name == "bmp" or (tiff and 338 not in image.tag_v2)  # 338 is ExtraSamples
    if alpha is not None and undeclared and not alpha.any():
        alpha = None  # a fourth channel that nothing was written to
    size = (rgb.shape[1], rgb.shape[0])
    kept = exif.corrected(block, size) if block else None
    if "icc_profile" in image.info and used is None and mode != "LAB":
        notes = (*notes, NO_PROFILE)
    if ("exif" in image.info and kept is None) or (tiff and not exif.is_whole(image)):
        notes = (*notes, "its EXIF data are left out (damaged)")
    metadata = Metadata(
        exif=kept,
        dpi=_dpi(image),
        format=name or None,
        mode=mode,
        bits=own,
        size=stored,
        frames=frames,
        profile=used,
        notes=tuple(dict.fromkeys(notes)),
    )
    return Picture(rgb, alpha, metadata)


def _converted(
    image: Any,
    deep: sixteen.Samples | None,
    profile: bytes | None,
    bits: int,
    turn: int,
    disk: bool,
) -> tuple[Pixels, Pixels | None, str | None]:
    """Convert in bands of rows, so that no second copy of the picture is held."""
    width, height = image.size
    sides = (width, height) if 5 <= turn <= 8 else (height, width)
    rgb = scratch.empty((*sides, 3), np.uint8 if bits == 8 else np.uint16, disk=disk)
    alpha: Pixels | None = None
    opaque, clear, used = np.iinfo(rgb.dtype).max, False, None
    for rows in bands(height, width):
        part: Pixels
        cover: Pixels | None
        if deep:
            values, cover = deep.band(rows.start, rows.stop)
            part, used = icc.deep_to_srgb(values, deep.mode, profile)
        else:
            part, cover, used = modes.to_srgb(
                image.crop((0, rows.start, width, rows.stop)), profile
            )
        exif.as_stored(rgb, turn)[rows] = to_bits(part, bits)
        if cover is not None:
            if alpha is None:
                alpha = scratch.like(rgb, sides)
            cover = to_bits(cover, bits)
            clear = clear or bool(cover.min() < opaque)
            exif.as_stored(alpha, turn)[rows] = cover
        scratch.release(rgb, alpha)
    return rgb, alpha if clear else None, used


def _narrowed(width: int, height: int, short_side: int) -> Narrowed | None:
    """What makes a picture smaller by bands, where that is worth it."""
    size = fit(width, height, short_side=short_side)
    return Narrowed(size, height, "RGB") if narrows(width, height, size) else None


def _reduced(image: Any, profile: bytes | None, narrowed: Narrowed) -> tuple[Pixels, str | None]:
    """An opaque picture converted in bands of rows that are made narrower at once."""
    used = None
    for rows in bands(image.height, image.width):
        band = image.crop((0, rows.start, image.width, rows.stop))
        part, _, used = modes.to_srgb(band, profile)
        narrowed.put(rows.start, Image.fromarray(part))
    return np.asarray(narrowed.resized()), used


def _load(image: Any) -> None:
    """Decode, giving a TIFF its canvas: its plugin then skips a check against Pillow's
    process-wide pixel limit, which is not ours."""
    if hasattr(image, "tag_v2") and image._im is None:
        image.im = Image.new(image.mode, getattr(image, "_tile_size", image.size)).im
    image.load()


def _exif(image: Any, *, ahead: bool = False) -> tuple[bytes | None, int]:
    """The raw EXIF block and the orientation; damaged metadata never costs the picture.

    ``ahead`` of the pixels only: a PNG, where the block may stand behind them, is not decoded.
    """
    block = image.info.get("exif")
    try:
        parsed = Image.Image.getexif(image) if ahead else image.getexif()
        turn = int(parsed.get(0x0112, 1))
        if hasattr(image, "tag_v2"):
            block = exif.of_tiff(image)
    except Exception:
        return None, 1
    return block if isinstance(block, bytes) else None, turn


def _dpi(image: Any) -> tuple[float, float] | None:
    try:
        x, y = (float(v) for v in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    return (x, y) if 1 < x < 1e5 and 1 < y < 1e5 else None  # 1 is "no unit"
