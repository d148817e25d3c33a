"""Bytes a pixel that decoders and encoders hold, of which `styler/jobs/need.py` has its figures.

    PYTHONPATH=. python benchmarks/memory.py

Each format encodes a picture of 4 megapixels and decodes what came of it; the peak of the process
over what it had before is divided by the pixels. Linux alone tells such a peak. Peaks of whole
paintings are told by `styler benchmark --size 24MP --json`, estimates beside them.
"""

import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from styler.imaging import encode, read
from styler.jobs.benchmark import drawn
from styler.jobs.memory import resident, trim

WIDTH, HEIGHT = 2448, 1632
FORMATS = {8: ("jpeg", "png", "webp", "avif", "tiff", "bmp"), 16: ("png", "tiff")}
STATUS = Path("/proc/self/status")


def held(work: Callable[[], object]) -> float:
    """Bytes a pixel at the peak of some work, what it makes included."""
    trim()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = resident()
    made = work()
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    del made
    return (int(line.split()[1]) * 1024 - before) / (WIDTH * HEIGHT)


def main() -> None:
    picture = read(drawn(WIDTH, HEIGHT, seed=0))
    for bits, formats in FORMATS.items():
        deep = picture.to_bits(bits)
        for name in formats:
            data = encode(deep, name, bits=bits)
            encoding = held(lambda: encode(deep, name, bits=bits))  # noqa: B023 - called at once
            decoding = held(lambda: read(data, bits=None))  # noqa: B023
            print(f"{name:5} {bits:2} bits  encode {encoding:5.1f}  decode {decoding:5.1f}")
    progressive = io.BytesIO()
    Image.fromarray(picture.rgb).save(progressive, "JPEG", progressive=True)
    print(f"progressive JPEG  decode {held(lambda: read(progressive.getvalue())):5.1f}")


if __name__ == "__main__":
    main()
