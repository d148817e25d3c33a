"""Bytes to arrays and back: reading, writing, resizing, colour and masks. Nothing neural."""

from .animation import MOVING, Animation, encode_animation, moves, read_animation
from .arrays import fit, resize, to_float
from .codecs.formats import FORMATS, Format, readable, sniff
from .colour.keep import METHODS as COLOUR_METHODS
from .colour.keep import keep_colours
from .colour.luma import LUMA
from .colour.palette import Palette, transformed
from .colour.pigment import pigment
from .colour.vivid import vivid
from .filters import blur, pool, spread, stretch
from .grid import grid
from .masks import alpha_mask, as_mask, read_mask, resize_mask
from .picture import Header, Metadata, Picture
from .quantize import to_uint8, to_uint16
from .reading import MAX_BYTES, MAX_FRAMES, MAX_PIXELS, dimensions, from_pil, header, read
from .scratch import bands, copied, like, on_disk, release
from .search import find_pictures
from .writing import check_options, encode, optimizes, own_format, write

__all__ = [
    "COLOUR_METHODS",
    "FORMATS",
    "LUMA",
    "MAX_BYTES",
    "MAX_FRAMES",
    "MAX_PIXELS",
    "MOVING",
    "Animation",
    "Format",
    "Header",
    "Metadata",
    "Palette",
    "Picture",
    "alpha_mask",
    "as_mask",
    "bands",
    "blur",
    "check_options",
    "copied",
    "dimensions",
    "encode",
    "encode_animation",
    "find_pictures",
    "fit",
    "from_pil",
    "grid",
    "header",
    "keep_colours",
    "like",
    "moves",
    "on_disk",
    "optimizes",
    "own_format",
    "pigment",
    "pool",
    "read",
    "read_animation",
    "read_mask",
    "readable",
    "release",
    "resize",
    "resize_mask",
    "sniff",
    "spread",
    "stretch",
    "to_float",
    "to_uint8",
    "to_uint16",
    "transformed",
    "vivid",
    "write",
]
