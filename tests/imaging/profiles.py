"""Minimal colour profiles, written byte by byte, and their meaning in float64.

Written from ICC.1:2022 on its own, so that it can judge the reader: matrix/TRC profiles of
version 2 (gamma) and 4 (parametric), a grey one, and a CMYK one whose table is a known formula.
"""

import struct
from dataclasses import dataclass

import numpy as np

D50 = np.array([0.9642, 1.0, 0.8249])
D65 = (0.3127, 0.3290)
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def xyz(x, y):
    return np.array([x / y, 1.0, (1 - x - y) / y])


def adapted(primaries, white=D65):
    """RGB to XYZ under D50 by the usual construction: primaries scaled to white, Bradford."""
    columns = np.stack([xyz(*p) for p in primaries], 1)
    source = xyz(*white)
    matrix = columns * np.linalg.solve(columns, source)
    cone = np.diag((BRADFORD @ D50) / (BRADFORD @ source))
    return np.linalg.inv(BRADFORD) @ cone @ BRADFORD @ matrix


PRIMARIES = {
    "srgb": ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    "p3": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "adobe": ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
}
SRGB = adapted(PRIMARIES["srgb"])


def srgb_curve(v):
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def srgb_encoded(linear):
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@dataclass(frozen=True)
class Profile:
    """``space`` is the Pillow mode it is for; ``reference`` maps its values in [0, 1] to sRGB."""

    space: str
    data: bytes
    reference: object


def matrix_profile(name, curve, version=4):
    matrix = adapted(PRIMARIES[name])
    if curve == "srgb":
        trc = b"para" + struct.pack(">IHH", 0, 3, 0)
        trc += _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
        decode = srgb_curve
    else:
        trc = b"curv" + struct.pack(">IIH", 0, 1, round(256 * curve))
        gamma = round(256 * curve) / 256

        def decode(v):
            return v**gamma

    tags = {b"rTRC": trc, b"gTRC": trc, b"bTRC": trc}
    for i, channel in enumerate(b"rgb"):
        tags[bytes([channel]) + b"XYZ"] = b"XYZ " + bytes(4) + _fixed(*matrix[:, i])

    def reference(v):
        return srgb_encoded(decode(v) @ (np.linalg.inv(SRGB) @ matrix).T)

    return Profile("RGB", _file(b"RGB ", b"XYZ ", tags, version), reference)


def grey_profile(gamma):
    trc = b"curv" + struct.pack(">IIH", 0, 1, round(256 * gamma))
    gamma = round(256 * gamma) / 256
    return Profile(
        "L", _file(b"GRAY", b"XYZ ", {b"kTRC": trc}, 2), lambda v: srgb_encoded(v**gamma)
    )


def cmyk_profile(nodes=6):
    """Inks that each absorb their complement, as a table of Lab with ``nodes`` per channel.

    Exact at the nodes, the multiples of 255 / (nodes - 1); what lies between is the reader's.
    """
    axis = np.linspace(0, 1, nodes)
    grid = np.stack(np.meshgrid(axis, axis, axis, axis, indexing="ij"), -1).reshape(-1, 4)
    lab = _lab(srgb_curve(_inks(grid)) @ SRGB.T)
    scaled = np.stack([lab[:, 0] * 652.80, (lab[:, 1] + 128) * 256, (lab[:, 2] + 128) * 256], 1)
    table = b"mft2" + struct.pack(">IBBBx", 0, 4, 3, nodes) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table += struct.pack(">HH", 2, 2) + struct.pack(">HH", 0, 65535) * 4
    table += np.rint(scaled).clip(0, 65535).astype(">u2").tobytes()
    table += struct.pack(">HH", 0, 65535) * 3
    data = _file(b"CMYK", b"Lab ", {b"A2B0": table, b"A2B1": table}, 2, b"prtr")
    return Profile("CMYK", data, _inks)


def _inks(cmyk):
    return (1 - 0.9 * cmyk[..., :3]) * (1 - cmyk[..., 3:])


def _lab(values):
    ratio = values / D50
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], -1)


def lab_to_srgb(lab):
    """CIELAB under D50 (L 0 to 100, a, b) to sRGB in [0, 1]."""
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], -1)
    ratio = np.where(f**3 > 216 / 24389, f**3, (116 * f - 16) * 27 / 24389)
    return srgb_encoded((ratio * D50) @ np.linalg.inv(SRGB).T)


def _fixed(*values):
    return struct.pack(f">{len(values)}i", *(round(65536 * float(v)) for v in values))


def _file(space, pcs, tags, version, kind=b"mntr"):
    if version == 2:
        name = b"test"
        description = b"desc" + struct.pack(">II", 0, len(name) + 1) + name + bytes(79)
        rights = b"text" + bytes(4) + b"none\0"
    else:
        name = "test".encode("utf-16-be")
        description = b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, len(name), 28)
        description += name
        rights = description
    white = b"XYZ " + bytes(4) + _fixed(*D50)
    tags = {b"desc": description, b"cprt": rights, b"wtpt": white, **tags}
    offset, table, data = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for signature, body in tags.items():
        table += signature + struct.pack(">II", offset + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    header = struct.pack(">I4xI", offset + len(data), version << 24) + kind + space + pcs
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(*D50)
    return header.ljust(128, b"\0") + table + data
