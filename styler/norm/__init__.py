"""Normalization in machine learning, complete: by name, as modules, and as plain functions.

>>> from styler.norm import norm, names, entry
>>> norm("group", 64, groups=8)
GroupNorm(64, groups=8, eps=1e-05, affine=True)
>>> entry("batch").batch
True
"""

from styler.norm.activation.adain import AdaIN, adain
from styler.norm.activation.batch import (
    BatchNorm,
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    batch_norm,
)
from styler.norm.activation.group import GroupNorm, group_norm
from styler.norm.activation.identity import Identity
from styler.norm.activation.instance import InstanceNorm, instance_norm
from styler.norm.activation.layer import LayerNorm, layer_norm
from styler.norm.activation.pixel_layer import PixelLayerNorm, pixel_layer_norm
from styler.norm.activation.sample_layer import SampleLayerNorm, sample_layer_norm
from styler.norm.moments import moments
from styler.norm.registry import Entry, entry, names, norm

__all__ = [
    "AdaIN",
    "BatchNorm",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Entry",
    "GroupNorm",
    "Identity",
    "InstanceNorm",
    "LayerNorm",
    "PixelLayerNorm",
    "SampleLayerNorm",
    "adain",
    "batch_norm",
    "entry",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "moments",
    "names",
    "norm",
    "pixel_layer_norm",
    "sample_layer_norm",
]
