"""AVIF and HEIC: bits that are not read are said."""

import io

import pytest
from PIL import Image

from styler.imaging import read
from styler.imaging.codecs.containers import essence
from tests.networks import picture


def avif():
    out = io.BytesIO()
    Image.fromarray(picture(30, 40)).save(out, "AVIF", speed=10)
    return out.getvalue()


def test_eight_bits_are_no_matter():
    assert not read(avif()).metadata.notes
    assert not essence("avif", io.BytesIO(b"no boxes"), "").notes


@pytest.mark.parametrize(("flags", "bits"), [(0x40, 10), (0x60, 12)])
def test_more_bits_of_an_avif_are_said(flags, bits):
    data = bytearray(avif())
    data[data.index(b"av1C") + 6] |= flags
    assert essence("avif", io.BytesIO(data), "").notes == (f"of its {bits} bits 8 are read",)


def test_more_bits_of_a_heic_are_said():
    record = b"\0\0\0\x1bhvcC" + bytes(17) + b"\xfa\xfa"
    notes = essence("heic", io.BytesIO(b"\0\0\0\x18ftypheic" + record), "").notes
    assert notes == ("of its 10 bits 8 are read",)
