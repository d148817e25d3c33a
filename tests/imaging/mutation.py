"""Mutated picture files, and what reading them may do: a picture, or one typed error, in bounds.

``python -m tests.imaging.mutation --count 20000`` runs a campaign in this process and prints the
figures as JSON, and so does ``--hungry`` with sound pictures of full size.
``tests/imaging/test_mutation.py`` runs both as children: a crash is seen there, and the memory
measured is that of reading, not of holes that other tests have left in the heap.
"""

import argparse
import collections
import contextlib
import ctypes
import io
import json
import struct
import time
import warnings
import zlib
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from styler.errors import StylerError
from styler.imaging import Picture, dimensions, encode, read
from tests.imaging import corpus

MAX_PIXELS = 2_000_000
BYTES_PER_PIXEL = {8: 16, 16: 24}  # by bits: the budget that `read` declares, besides the file
HUNGRY = ("webp-RGBA", "avif-RGBA", "tiff-LAB", "tiff-RGBA16<", "jpeg-CMYK")  # of each format
INTERESTING = (0, 1, 2, 7, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF)


def seeds():
    """One small valid file of every kind in the corpus, animations, and rich metadata."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "maker"
    exif.get_ifd(0x8769)[0x9003] = "2026:01:01 00:00:00"
    files = []
    for case in corpus.CASES:
        options = {}
        if case.format in corpus.WITH_EXIF:
            options = {"exif": exif, "icc_profile": corpus.ALL["p3"].data}
        if case.mode == "CMYK":
            options = {"icc_profile": corpus.cmyk_small()}
        files.append(case.make((37, 29), options)[0])
    frames = [Image.effect_noise((40, 30), s).convert("RGB") for s in (20, 60, 90)]
    for format in ("GIF", "PNG", "WEBP", "TIFF", "AVIF"):
        files.append(_saved(frames[0], format, save_all=True, append_images=frames[1:]))
    files.append(_saved(frames[0], "JPEG", progressive=True))
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits", "zstd", "lzma"):
        files.append(_saved(frames[0], "TIFF", compression=compression))
    files.append(_saved(frames[0].convert("1"), "TIFF", compression="group4"))
    return files


def _saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def mutated(data, others, random):
    """A damaged copy: bits, cuts, lies in the header, splices; PNG checksums made right again
    in half of the cases, so that the damage is believed."""
    data = bytearray(data)
    for _ in range(random.integers(1, 5)):
        kind = random.integers(0, 7)
        at = int(random.integers(0, max(1, len(data))))
        if kind == 0:
            for _ in range(random.integers(1, 17)):
                if data:
                    data[random.integers(0, len(data))] ^= 1 << random.integers(0, 8)
        elif kind == 1:
            del data[at:]
        elif kind in (2, 3):  # a lie, mostly in the header
            at = int(random.integers(0, min(len(data), 160))) if data and kind == 2 else at
            value = INTERESTING[random.integers(0, len(INTERESTING))]
            layout = ("<H", ">H", "<I", ">I")[random.integers(0, 4)]
            packed = struct.pack(layout, value % (1 << 8 * struct.calcsize(layout)))
            data[at : at + len(packed)] = packed
        elif kind == 4:
            del data[at : at + int(random.integers(1, 64))]
        elif kind == 5:
            data[at:at] = random.integers(0, 256, random.integers(1, 64), dtype=np.uint8).tobytes()
        else:
            other = others[random.integers(0, len(others))]
            start = int(random.integers(0, len(other)))
            data[at : at + int(random.integers(1, 256))] = other[start : start + 256]
    if data.startswith(b"\x89PNG") and random.integers(0, 2):
        data = _checked(data)
    return bytes(data)


def _checked(data):
    """Every PNG chunk that is still whole gets its right checksum."""
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            break
        check = zlib.crc32(data[at + 4 : at + 8 + length])
        struct.pack_into(">I", data, at + 8 + length, check)
        at += 12 + length
    return data


def attempt(data, **options):
    """Read and write back; the name of the outcome. Anything but a picture or a typed error of
    one line raises."""
    return judged(outcome(data, **options))


def outcome(data, **options):
    with contextlib.suppress(StylerError):
        assert min(dimensions(data, max_pixels=MAX_PIXELS)) > 0
    try:
        return read(data, max_pixels=MAX_PIXELS, **options)
    except StylerError as error:
        return error


def judged(result, turn=0):
    if isinstance(result, StylerError):
        message = str(result)
        assert message and len(message.splitlines()) == 1, repr(message)
        return type(result).__name__
    height, width = result.rgb.shape[:2]
    assert 0 < height * width <= MAX_PIXELS
    assert result.alpha is None or result.alpha.shape == (height, width)
    corner = Picture(result.rgb[:4, :4], None, result.metadata)  # what was read can be written
    format = ("png", "jpeg", "webp", "tiff", "avif")[turn % 5]
    encode(corner, format, bits=corner.bits if format in ("png", "tiff") else 8)
    return "picture"


def growth(call):
    """The result of ``call()``, and by how many bytes the process grew in it at most.

    What earlier calls freed is handed back to the system first, so that it cannot be used again
    unseen.
    """
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = _status("VmRSS")
    result = call()
    return result, _status("VmHWM") - before


def _status(field):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return 1024 * int(line.split()[1])
    raise LookupError(field)


def campaign(count, seed, keep=None):
    """Run ``count`` mutations: their outcomes, the slowest read in seconds, and the largest growth
    of the process in a read as a share of its budget."""
    random = np.random.default_rng(seed)
    files = seeds()
    outcomes, slowest, largest = collections.Counter(), 0.0, 0.0
    for file in files:
        attempt(file)
    for number in range(count):
        data = mutated(files[random.integers(0, len(files))], files, random)
        if keep:
            keep.write_bytes(data)
        bits = 16 if number % 4 == 0 else 8
        (result, seconds), grown = growth(partial(_timed, data, bits))
        slowest = max(slowest, seconds)
        largest = max(largest, (grown - len(data)) / (MAX_PIXELS * BYTES_PER_PIXEL[bits]))
        outcomes[judged(result, number // 4)] += 1
    return {
        "count": count,
        "seed": seed,
        "outcomes": dict(outcomes),
        "slowest_seconds": round(slowest, 3),
        "largest_share_of_budget": round(largest, 3),
    }


def hungry():
    """Share of the budget that a sound picture of full size takes, for each case and bits."""
    shares = {}
    for case in corpus.CASES:
        if str(case) not in HUNGRY:
            continue
        profile = corpus.profiles_for(case)[-1]
        options = {"icc_profile": corpus.ALL[profile].data} if profile else {}
        small, data = (case.make(size, options)[0] for size in ((37, 29), (2500, 1600)))
        for bits, each in BYTES_PER_PIXEL.items():
            attempt(small, bits=bits)  # loads what it needs
            picture, grown = growth(partial(read, data, bits=bits))
            assert picture.rgb.shape == (1600, 2500, 3)
            shares[f"{case} {bits}"] = round((grown - len(data)) / (2500 * 1600 * each), 3)
    return shares


def _timed(data, bits):
    start = time.perf_counter()
    result = outcome(data, bits=bits)
    return result, time.perf_counter() - start


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="write each file here before it is read")
    parser.add_argument("--hungry", action="store_true", help="measure memory at full size instead")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    figures = hungry() if given.hungry else campaign(given.count, given.seed, given.keep)
    print(json.dumps(figures))
