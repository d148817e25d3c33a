"""Bytes to arrays and back: reading, writing, resizing, colour and masks. Nothing neural."""

from .arrays import fit, resize, to_float, to_uint8, to_uint16
from .picture import Metadata, Picture
from .reading import MAX_BYTES, MAX_FRAMES, MAX_PIXELS, read
from .writing import TEMPORARY_SUFFIX, encode, write, write_bytes

__all__ = [
    "MAX_BYTES",
    "MAX_FRAMES",
    "MAX_PIXELS",
    "TEMPORARY_SUFFIX",
    "Metadata",
    "Picture",
    "encode",
    "fit",
    "read",
    "resize",
    "to_float",
    "to_uint8",
    "to_uint16",
    "write",
    "write_bytes",
]
