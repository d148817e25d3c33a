"""Pictures of every format and mode, with what each must look like in float64.

Every maker returns the encoded bytes and the reference: sRGB (H, W, 3) and alpha (H, W) in
[0, 1], as stored, before any orientation.
"""

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests.imaging import profiles

ALL = {
    "srgb": profiles.matrix_profile("srgb", "srgb"),
    "p3": profiles.matrix_profile("p3", "srgb"),
    "adobe": profiles.matrix_profile("adobe", 2.19921875, version=2),
    "linear": profiles.matrix_profile("srgb", 1.0, version=2),
    "grey": profiles.grey_profile(1.8),
    "cmyk": profiles.cmyk_profile(),
}
SIZES = ((1, 1), (1, 7), (31, 2), (17, 33))  # width, height
WITH_EXIF = ("jpeg", "png", "webp", "avif", "tiff")
LOSSY = ("jpeg", "avif")


@dataclass(frozen=True)
class Case:
    format: str
    mode: str
    make: object  # (size, save options) -> bytes, sRGB, alpha or None

    def __str__(self):
        return f"{self.format}-{self.mode}"


def _patches(size, channels, step=1, seed=0):
    """Colours in 16x16 patches, so that lossy formats keep them, from black to white."""
    width, height = size
    random = np.random.default_rng(seed)
    small = random.integers(0, 255 // step + 1, (height // 16 + 1, width // 16 + 1, channels))
    small[0, 0] = 255 // step * (random.integers(0, 2, channels))
    large = np.kron(small, np.ones((16, 16, 1), int))[:height, :width]
    return (step * large).astype(np.uint8)


def _save(image, format, options):
    out = io.BytesIO()
    image.save(out, format.upper(), **options)
    return out.getvalue()


def _options(format, options):
    extra = {
        "jpeg": {"quality": 100, "subsampling": 0},
        "webp": {"lossless": True, "exact": True},
        "avif": {"quality": 100, "subsampling": "4:4:4", "speed": 10, "max_threads": 1},
    }
    return extra.get(format, {}) | options


def _coloured(values, space, options):
    """The reference of samples in [0, 1] under the profile in the save options, if it fits."""
    data = options.get("icc_profile")
    used = next((p for p in ALL.values() if p.data == data), None)
    if space == "CMYK":
        if used and used.space == "CMYK":
            return used.reference(values)
        return (1 - values[..., :3]) * (1 - values[..., 3:])
    if used and used.space == space:
        values = used.reference(values)
    elif used and used.space == "RGB" and space == "L":
        values = used.reference(np.repeat(values, 3, 2))
    return np.broadcast_to(values, (*values.shape[:2], 3))


def _simple(format, mode):
    channels = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]

    def make(size, options):
        values = _patches(size, channels, 51 if mode == "CMYK" else 1)
        if mode == "1":
            values = np.where(values < 128, 0, 255).astype(np.uint8)
        if mode == "CMYK":
            image = Image.frombytes("CMYK", size, values.tobytes())
        else:
            image = Image.fromarray(np.squeeze(values, 2) if channels == 1 else values)
        data = _save(
            image.convert("1") if mode == "1" else image, format, _options(format, options)
        )
        if format in LOSSY:  # judge the colours, not the codec
            values = np.asarray(Image.open(io.BytesIO(data))).reshape(*values.shape[:2], -1)
        values = values / 255
        alpha = values[..., -1] if mode in ("LA", "RGBA") else None
        colour = values[..., :-1] if alpha is not None else values
        space = {1: "L", 3: "RGB", 4: "CMYK"}[colour.shape[2]]
        return data, _coloured(colour, space, options), alpha

    return Case(format, mode, make)


def _palette(format, key):
    def make(size, options):
        random = np.random.default_rng(3)
        colours = random.integers(0, 256, (16, 3), dtype=np.uint8)
        index = random.integers(0, 16, (size[1], size[0]), dtype=np.uint8)
        index.flat[0] = 15
        image = Image.fromarray(index)
        image.putpalette(colours.tobytes())  # turns L into P
        alphas = np.full(16, 255)
        if key == "index":
            options = options | {"transparency": 3}
            alphas[3] = 0
        elif key == "table":
            alphas = random.integers(0, 256, 16)
            options = options | {"transparency": bytes(alphas.tolist())}
        data = _save(image, format, options)
        alpha = alphas[index] / 255 if key else None
        return data, _coloured(colours[index] / 255, "RGB", options), alpha

    return Case(format, f"P-{key or 'opaque'}", make)


def tiff(size, photometric, bits, data, *, options=None, big=False, **tags):
    """An uncompressed TIFF of one strip (or one per plane), written here; tags as ``t339=1``."""
    options = options or {}
    order = ">" if big else "<"
    planes = data if isinstance(data, list) else [data]
    exif = options.get("exif") or {}
    entries = {
        256: ("I", [size[0]]),
        257: ("I", [size[1]]),
        258: ("H", bits),
        259: ("H", [1]),
        262: ("H", [photometric]),
        273: ("I", [0] * len(planes)),
        274: ("H", [exif.get(0x0112, 1)]),
        277: ("H", [len(bits)]),
        278: ("I", [size[1]]),
        279: ("I", [len(p) for p in planes]),
        284: ("H", [2 if isinstance(data, list) else 1]),
        **{int(k[1:]): ("H", [v]) for k, v in tags.items()},
    }
    if options.get("icc_profile"):
        entries[34675] = ("B", list(options["icc_profile"]))
    start = 8 + 2 + 12 * len(entries) + 4
    body, table = b"", struct.pack(order + "H", len(entries))
    for tag, (kind, values) in sorted(entries.items()):
        if tag == 273:
            place = len(table)
        packed = struct.pack(f"{order}{len(values)}{kind}", *values)
        if len(packed) > 4:
            packed, body = struct.pack(order + "I", start + len(body)), body + packed
        code = {"B": 7, "H": 3, "I": 4}[kind]
        table += struct.pack(order + "HHI", tag, code, len(values)) + packed.ljust(4, b"\0")
    table += bytes(4)
    first = start + len(body)
    offsets = [first + sum(len(p) for p in planes[:i]) for i in range(len(planes))]
    packed = struct.pack(f"{order}{len(offsets)}I", *offsets)
    if len(planes) == 1:
        table = table[: place + 8] + packed + table[place + 12 :]
    else:
        (at,) = struct.unpack_from(order + "I", table, place + 8)
        body = body[: at - start] + packed + body[at - start + len(packed) :]
    head = (b"MM\0*" if big else b"II*\0") + struct.pack(order + "I", 8)
    return head + table + body + b"".join(planes)


def _tiff(mode):
    """What Pillow does not write, or not of this kind: the bytes of a pixel and their meaning."""

    def make(size, options):
        width, height = size
        random = np.random.default_rng(4)
        alpha = None

        def bytes_of(channels):
            return random.integers(0, 256, (height, width, channels), dtype=np.uint8)

        def words_of(channels, order="<"):
            return random.integers(0, 65536, (height, width, channels)).astype(order + "u2")

        if mode == "La":
            values = bytes_of(2)
            values[..., 0] = np.minimum(values[..., 0], values[..., 1])
            data = tiff(size, 1, [8, 8], values.tobytes(), options=options, t338=1)
            alpha = values[..., 1] / 255
            grey = np.where(alpha > 0, values[..., 0] / np.maximum(values[..., 1], 1), 0)
            reference = _coloured(grey[..., None], "L", options)
            alpha[values[..., 1] < 128] = np.nan  # too coarse to judge the colour
        elif mode == "RGBX":
            values = bytes_of(4)
            data = tiff(size, 2, [8] * 4, values.tobytes(), options=options, t338=0)
            reference = _coloured(values[..., :3] / 255, "RGB", options)
        elif mode == "YCbCr":
            values = bytes_of(3)
            data = tiff(size, 6, [8] * 3, values.tobytes(), options=options)
            y, cb, cr = np.moveaxis(values.astype(float), -1, 0)
            cb, cr = cb - 128, cr - 128
            rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], -1)
            reference = _coloured(rgb.clip(0, 255) / 255, "RGB", options)
        elif mode == "LAB":
            values = bytes_of(3)
            data = tiff(size, 8, [8] * 3, values.tobytes(), options=options)
            ab = values[..., 1:].view(np.int8).astype(float)
            reference = profiles.lab_to_srgb(
                np.concatenate([values[..., :1] * (100 / 255), ab], -1)
            )
        elif mode == "12":
            values = random.integers(0, 4096, (height, width + width % 2))
            values = values[:, :width] if width % 2 == 0 else values  # rows end on whole bytes
            padded = np.zeros((height, width + width % 2), int)
            padded[:, :width] = values[:, :width]
            a, b = padded[:, ::2], padded[:, 1::2]
            packed = np.stack([a >> 4, (a & 15) << 4 | b >> 8, b & 255], -1).astype(np.uint8)
            rows = packed.reshape(height, -1)[:, : (12 * width + 7) // 8]
            data = tiff(size, 1, [12], rows.tobytes(), options=options)
            reference = _coloured(padded[:, :width, None] / 4095, "L", options)
        elif mode == "white-is-0":
            values = words_of(1)
            data = tiff(size, 0, [16], values.tobytes(), options=options)
            reference = _coloured(1 - values / 65535, "L", options)
        else:
            kind, _, order = mode.partition("16")
            channels = {"RGB": 3, "RGBA": 4, "RGBa": 4, "CMYK": 4, "planes": 3}[kind]
            values = words_of(channels, order[0])
            if kind == "CMYK":
                values = (values // 13108 * 13107).astype(values.dtype)
            if kind == "RGBa":
                values[..., :3] = np.minimum(values[..., :3], values[..., 3:])
            extra = {"RGBA": {"t338": 2}, "RGBa": {"t338": 1}}.get(kind, {})
            planar = [np.ascontiguousarray(values[..., c]).tobytes() for c in range(channels)]
            data = tiff(
                size,
                5 if kind == "CMYK" else 2,
                [16] * channels,
                planar if kind == "planes" else values.tobytes(),
                options=options,
                big=order[0] == ">",
                **extra,
            )
            colour = values / 65535
            if channels == 4 and kind != "CMYK":
                alpha = colour[..., 3].copy()
                if kind == "RGBa":
                    colour = colour / np.maximum(colour[..., 3:], 1 / 65535)
                    alpha[values[..., 3] < 1024] = np.nan
                colour = colour[..., :3]
            reference = _coloured(colour, "CMYK" if kind == "CMYK" else "RGB", options)
        return data, reference, alpha

    return Case("tiff", mode, make)


def _bitmap():
    """A BMP with an alpha mask (BITMAPV4HEADER), which Pillow reads and does not write."""

    def make(size, options):
        random = np.random.default_rng(8)
        values = random.integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
        pixels = values[::-1, :, [2, 1, 0, 3]].tobytes()
        masks = (0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000)
        header = struct.pack("<IiiHHIIiiII", 108, *size, 1, 32, 3, len(pixels), 0, 0, 0, 0)
        header += struct.pack("<4I", *masks) + b"BGRs" + bytes(48)
        data = struct.pack("<2sIII", b"BM", 122 + len(pixels), 0, 122) + header + pixels
        return data, values[..., :3] / 255, values[..., 3] / 255

    return Case("bmp", "alpha", make)


def _deep_grey(format, mode):
    def make(size, options):
        random = np.random.default_rng(5)
        shape = (size[1], size[0])
        if mode == "F":
            values = random.random(shape).astype(np.float32)
            scale = 1.0
        elif mode == "I":
            values = random.integers(0, 65536, shape).astype(np.int32)
            values.flat[0] = 65535
            scale = 65535.0
        else:
            values = random.integers(0, 65536, shape).astype(">u2" if mode == "I;16B" else "<u2")
            scale = 65535.0
        image = Image.frombytes(mode, size, values.tobytes())
        data = _save(image, format, options)
        return data, _coloured((values / scale)[..., None], "L", options), None

    return Case(format, mode, make)


def _png16(channels, key=None):
    """A 16-bit PNG of 2 (LA), 3 (RGB) or 4 (RGBA) channels, filter 0, written here."""

    def make(size, options):
        width, height = size
        random = np.random.default_rng(6)
        values = random.integers(0, 65536, (height, width, channels)).astype(">u2")
        kind = {2: 4, 3: 2, 4: 6}[channels]
        header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
        chunks = [(b"IHDR", header)]
        if options.get("icc_profile"):
            chunks.append((b"iCCP", b"x\0\0" + zlib.compress(options["icc_profile"])))
        if key:
            chunks.append((b"tRNS", values[0, 0].tobytes()))
        rows = b"".join(b"\0" + row.tobytes() for row in values)
        chunks.append((b"IDAT", zlib.compress(rows)))
        if options.get("exif"):
            chunks.append((b"eXIf", options["exif"].tobytes()[6:]))  # behind the pixels, allowed
        data = b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*c) for c in [*chunks, (b"IEND", b"")])
        alpha = values[..., -1] / 65535 if channels in (2, 4) else None
        if key:
            alpha = 1.0 - (values == values[0, 0]).all(-1)
        colour = (values[..., :-1] if channels in (2, 4) else values) / 65535
        return data, _coloured(colour, "L" if channels == 2 else "RGB", options), alpha

    return Case("png", f"{channels}x16{'-key' if key else ''}", make)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _keyed(mode):
    """A PNG with one transparent colour."""

    def make(size, options):
        values = _patches(size, {"L": 1, "RGB": 3}[mode], seed=7)
        key = values[0, 0].tolist()
        image = Image.fromarray(np.squeeze(values, 2) if mode == "L" else values)
        key_option = {"transparency": key[0] if mode == "L" else tuple(key)}
        data = _save(image, "png", options | key_option)
        alpha = 1.0 - (values == values[0, 0]).all(-1)
        return data, _coloured(values / 255, mode, options), alpha

    return Case("png", f"{mode}-key", make)


CASES = [
    *(_simple("png", mode) for mode in ("1", "L", "LA", "RGB", "RGBA")),
    *(_palette("png", key) for key in (None, "index", "table")),
    *(_keyed(mode) for mode in ("L", "RGB")),
    _deep_grey("png", "I;16"),
    *(_png16(channels) for channels in (2, 3, 4)),
    _png16(3, key=True),
    *(_simple("tiff", mode) for mode in ("1", "L", "LA", "RGB", "RGBA", "CMYK")),
    _palette("tiff", None),
    *(_tiff(mode) for mode in ("La", "RGBX", "YCbCr", "LAB", "12", "white-is-0")),
    *(_tiff(f"{m}16{o}") for m in ("RGB", "RGBA", "RGBa", "CMYK", "planes") for o in "<>"),
    *(_deep_grey("tiff", mode) for mode in ("I;16", "I;16B", "I", "F")),
    *(_simple("jpeg", mode) for mode in ("L", "RGB", "CMYK")),
    *(_simple("webp", mode) for mode in ("RGB", "RGBA")),
    *(_simple("avif", mode) for mode in ("L", "RGB", "RGBA")),
    *(_simple("bmp", mode) for mode in ("1", "L", "RGB")),
    _bitmap(),
    *(_palette(format, None) for format in ("bmp", "gif")),
    _palette("gif", "index"),
    _simple("gif", "L"),
]


def profiles_for(case):
    """Names of the profiles to try a case with; ``None`` is a file without one."""
    if case.format in ("bmp", "gif"):
        return (None,)
    if case.mode.startswith("CMYK"):
        return (None, "cmyk", "p3")
    if case.mode in (
        "1",
        "L",
        "LA",
        "La",
        "I;16",
        "I;16B",
        "I",
        "F",
        "2x16",
        "L-key",
        "12",
        "white-is-0",
    ):
        return (None, "grey", "p3")
    if case.mode == "LAB":
        return (None,)
    return (None, "srgb", "p3", "adobe", "grey") + (("linear",) if "16" in case.mode else ())


def cmyk_small():
    """A CMYK profile small enough to mutate."""
    return profiles.cmyk_profile(nodes=2).data
