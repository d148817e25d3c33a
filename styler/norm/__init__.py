"""Normalization in machine learning, complete: by name, as modules, and as plain functions.

>>> from styler.norm import entry, names, norm
>>> norm("group", 64, groups=8)
GroupNorm(64, groups=8, eps=1e-05, affine=True)
>>> entry("batch").batch
True
>>> names("gradient")
['adaptive_gradient_clip', 'gradient_clip', 'gradient_vector', 'gradnorm']
"""

from styler.norm.activation.adain import AdaIN, adain
from styler.norm.activation.adalin import AdaLIN, LayerInstanceNorm, layer_instance_norm
from styler.norm.activation.adaptive_layer import (
    AdaptiveLayerNorm,
    AdaptiveLayerNormZero,
    adaptive_layer_norm,
)
from styler.norm.activation.batch import (
    BatchNorm,
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    batch_norm,
)
from styler.norm.activation.batch_group import BatchGroupNorm, batch_group_norm
from styler.norm.activation.batch_renorm import BatchRenorm, batch_renorm, renorm_limits
from styler.norm.activation.batch_weighed import (
    WeighedBatchNorm,
    choose_alpha,
    weigh_examples,
    weighed_batch_norm,
)
from styler.norm.activation.conditional_instance import ConditionalInstanceNorm
from styler.norm.activation.divisive import DivisiveNorm, divisive_norm
from styler.norm.activation.dynamic_tanh import DynamicTanh, dynamic_tanh
from styler.norm.activation.evonorm import EvoNormS0, evonorm_s0
from styler.norm.activation.filter_response import FilterResponseNorm, filter_response_norm
from styler.norm.activation.fold import fold_batch_norm, fold_batch_norms
from styler.norm.activation.ghost_batch import GhostBatchNorm, ghost_batch_norm
from styler.norm.activation.global_response import GlobalResponseNorm, global_response_norm
from styler.norm.activation.group import GroupNorm, group_norm
from styler.norm.activation.identity import Identity
from styler.norm.activation.instance import InstanceNorm, instance_norm
from styler.norm.activation.layer import LayerNorm, layer_norm
from styler.norm.activation.local_contrast import LocalContrastNorm, local_contrast_norm
from styler.norm.activation.local_response import LocalResponseNorm, local_response_norm
from styler.norm.activation.pixel_layer import PixelLayerNorm, pixel_layer_norm
from styler.norm.activation.rms import PartialRMSNorm, RMSNorm, rms_norm
from styler.norm.activation.sample_layer import SampleLayerNorm, sample_layer_norm
from styler.norm.activation.spade import SPADE
from styler.norm.activation.subtractive_divisive import (
    SubtractiveDivisiveNorm,
    subtractive_divisive_norm,
)
from styler.norm.activation.switchable import SwitchableNorm, switchable_norm
from styler.norm.channel_axis import ChannelAxis
from styler.norm.data.range import MeanScaler, MinMaxScaler, mean_scale, min_max_scale
from styler.norm.data.robust import RobustScaler, robust_scale
from styler.norm.data.scaler import Scaler
from styler.norm.data.unit_length import UnitLength, unit_length
from styler.norm.data.z_score import IMAGE_PRESETS, ZScoreScaler, z_score
from styler.norm.gradient.adaptive_clip import adaptive_clip_
from styler.norm.gradient.clip import clip_gradient_norm_
from styler.norm.gradient.gradnorm import GradNorm
from styler.norm.gradient.vector import normalize_gradient_
from styler.norm.moments import moments
from styler.norm.normalizer_free.block import (
    GAINS,
    NormalizerFreeBlock,
    NormalizerFreeStage,
    ScaledConv2d,
)
from styler.norm.registry import Entry, entry, names, norm, register
from styler.norm.transformer.block import Attention, TransformerBlock
from styler.norm.transformer.fix_norm import FixNorm
from styler.norm.transformer.qk_norm import QKNorm, qk_norm
from styler.norm.transformer.residual import Placement, Residual
from styler.norm.transformer.scale_norm import ScaleNorm, scale_norm
from styler.norm.transformer.warm_up import WarmUp
from styler.norm.weight.spectral import (
    SpectralNorm,
    largest_singular_value,
    power_iteration,
    spectral_norm,
)
from styler.norm.weight.spectral_clip import spectral_clip, spectral_clip_
from styler.norm.weight.standardization import (
    ScaledWeightStandardization,
    WeightStandardization,
    scaled_standardize_weight,
    scaled_weight_standardization,
    standardize_weight,
    weight_standardization,
)
from styler.norm.weight.weight_norm import WeightNorm, normalize_weight, weight_norm

__all__ = [
    "GAINS",
    "IMAGE_PRESETS",
    "SPADE",
    "AdaIN",
    "AdaLIN",
    "AdaptiveLayerNorm",
    "AdaptiveLayerNormZero",
    "Attention",
    "BatchGroupNorm",
    "BatchNorm",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "BatchRenorm",
    "ChannelAxis",
    "ConditionalInstanceNorm",
    "DivisiveNorm",
    "DynamicTanh",
    "Entry",
    "EvoNormS0",
    "FilterResponseNorm",
    "FixNorm",
    "GhostBatchNorm",
    "GlobalResponseNorm",
    "GradNorm",
    "GroupNorm",
    "Identity",
    "InstanceNorm",
    "LayerInstanceNorm",
    "LayerNorm",
    "LocalContrastNorm",
    "LocalResponseNorm",
    "MeanScaler",
    "MinMaxScaler",
    "NormalizerFreeBlock",
    "NormalizerFreeStage",
    "PartialRMSNorm",
    "PixelLayerNorm",
    "Placement",
    "QKNorm",
    "RMSNorm",
    "Residual",
    "RobustScaler",
    "SampleLayerNorm",
    "ScaleNorm",
    "ScaledConv2d",
    "ScaledWeightStandardization",
    "Scaler",
    "SpectralNorm",
    "SubtractiveDivisiveNorm",
    "SwitchableNorm",
    "TransformerBlock",
    "UnitLength",
    "WarmUp",
    "WeighedBatchNorm",
    "WeightNorm",
    "WeightStandardization",
    "ZScoreScaler",
    "adain",
    "adaptive_clip_",
    "adaptive_layer_norm",
    "batch_group_norm",
    "batch_norm",
    "batch_renorm",
    "choose_alpha",
    "clip_gradient_norm_",
    "divisive_norm",
    "dynamic_tanh",
    "entry",
    "evonorm_s0",
    "filter_response_norm",
    "fold_batch_norm",
    "fold_batch_norms",
    "ghost_batch_norm",
    "global_response_norm",
    "group_norm",
    "instance_norm",
    "largest_singular_value",
    "layer_instance_norm",
    "layer_norm",
    "local_contrast_norm",
    "local_response_norm",
    "mean_scale",
    "min_max_scale",
    "moments",
    "names",
    "norm",
    "normalize_gradient_",
    "normalize_weight",
    "pixel_layer_norm",
    "power_iteration",
    "qk_norm",
    "register",
    "renorm_limits",
    "rms_norm",
    "robust_scale",
    "sample_layer_norm",
    "scale_norm",
    "scaled_standardize_weight",
    "scaled_weight_standardization",
    "spectral_clip",
    "spectral_clip_",
    "spectral_norm",
    "standardize_weight",
    "subtractive_divisive_norm",
    "switchable_norm",
    "unit_length",
    "weigh_examples",
    "weighed_batch_norm",
    "weight_norm",
    "weight_standardization",
    "z_score",
]
