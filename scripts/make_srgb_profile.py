"""Write styler/imaging/colour/srgb.icc, the profile that every written picture carries.

    python scripts/make_srgb_profile.py

Sources: ICC.1:2022 (profile layout); IEC 61966-2-1 (sRGB).
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.imaging.colour import icc
from styler.imaging.colour.matrix_trc import SRGB_TO_XYZ, WHITE_D50


def srgb_decode(encoded: NDArray[Any]) -> NDArray[Any]:
    """sRGB values to linear light, both in [0, 1] (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def srgb_profile() -> bytes:
    """A version 2 profile: primaries under D50 and a curve of 1024 points."""
    name = b"sRGB IEC61966-2.1"
    curve = np.rint(65535 * srgb_decode(np.linspace(0, 1, 1024))).astype(">u2").tobytes()
    trc = b"curv" + struct.pack(">II", 0, 1024) + curve
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, len(name) + 1) + name + bytes(1 + 8 + 3 + 67),
        b"cprt": b"text" + bytes(4) + b"No copyright, use freely\0",
        b"wtpt": _xyz(WHITE_D50),
        b"rXYZ": _xyz(SRGB_TO_XYZ[:, 0]),
        b"gXYZ": _xyz(SRGB_TO_XYZ[:, 1]),
        b"bXYZ": _xyz(SRGB_TO_XYZ[:, 2]),
        b"rTRC": trc,
        b"gTRC": trc,
        b"bTRC": trc,
    }
    offset = 128 + 4 + 12 * len(tags)
    table, data, placed = struct.pack(">I", len(tags)), b"", {}
    for signature, body in tags.items():
        if body not in placed:
            placed[body] = offset + len(data)
            data += body + bytes(-len(body) % 4)
        table += signature + struct.pack(">II", placed[body], len(body))
    header = struct.pack(
        ">I4xI4s4s4s12s4s4xI4s4xQI12s48x",
        offset + len(data),
        0x02100000,
        b"mntr",
        b"RGB ",
        b"XYZ ",
        struct.pack(">6H", 2026, 1, 1, 0, 0, 0),
        b"acsp",
        0,
        bytes(4),
        0,
        0,
        _xyz(WHITE_D50)[8:],
    )
    return header + table + data


def _xyz(values: Any) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * float(v)) for v in values))


if __name__ == "__main__":
    Path(icc.__file__).with_name("srgb.icc").write_bytes(srgb_profile())
