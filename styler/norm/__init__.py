"""Normalization in machine learning, complete: by name, as modules, and as plain functions.

>>> from styler.norm import entry, names, norm
>>> norm("group", 64, groups=8)
GroupNorm(64, groups=8, eps=1e-05, affine=True)
>>> entry("batch").batch
True
>>> names("gradient")
['adaptive_gradient_clip', 'gradient_clip', 'gradient_vector', 'gradnorm', 'orthogonal_gradient']
"""

from styler.errors import MissingDependencyError

try:
    import torch  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingDependencyError('styler.norm needs torch; pip install "styler[norm]"') from error

from styler.norm.activation.adain import AdaIN, adain
from styler.norm.activation.adalin import AdaLIN, LayerInstanceNorm, layer_instance_norm
from styler.norm.activation.adaptive_group import AdaptiveGroupNorm, adaptive_group_norm
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
from styler.norm.activation.decorrelated_batch import (
    DecorrelatedBatchNorm,
    decorrelated_batch_norm,
    inverse_square_root,
)
from styler.norm.activation.divisive import DivisiveNorm, divisive_norm
from styler.norm.activation.dynamic_tanh import DynamicTanh, dynamic_tanh
from styler.norm.activation.evonorm import EvoNormS0, evonorm_s0
from styler.norm.activation.evonorm_b0 import EvoNormB0, evonorm_b0
from styler.norm.activation.exact_matching import ExactMatching, match_distribution
from styler.norm.activation.film import FiLM, film
from styler.norm.activation.filter_response import FilterResponseNorm, filter_response_norm
from styler.norm.activation.float32 import Float32
from styler.norm.activation.fold import fold_batch_norm, fold_batch_norms
from styler.norm.activation.ghost_batch import GhostBatchNorm, ghost_batch_norm
from styler.norm.activation.global_response import GlobalResponseNorm, global_response_norm
from styler.norm.activation.group import GroupNorm, group_norm
from styler.norm.activation.identity import Identity
from styler.norm.activation.instance import InstanceNorm, instance_norm
from styler.norm.activation.layer import LayerNorm, layer_norm
from styler.norm.activation.local_contrast import LocalContrastNorm, local_contrast_norm
from styler.norm.activation.local_response import LocalResponseNorm, local_response_norm
from styler.norm.activation.lp import LpNorm, lp_norm, power_mean
from styler.norm.activation.norm_act import NormAct, norm_act
from styler.norm.activation.online import OnlineNorm, online_norm
from styler.norm.activation.pixel_layer import PixelLayerNorm, pixel_layer_norm
from styler.norm.activation.power import PowerNorm, power_norm
from styler.norm.activation.rms import PartialRMSNorm, RMSNorm, rms_norm
from styler.norm.activation.sample_layer import SampleLayerNorm, sample_layer_norm
from styler.norm.activation.spade import SPADE
from styler.norm.activation.subtractive_divisive import (
    SubtractiveDivisiveNorm,
    subtractive_divisive_norm,
)
from styler.norm.activation.switchable import SwitchableNorm, switchable_norm
from styler.norm.activation.sync_batch import SyncBatchNorm, sync_batch_norms
from styler.norm.activation.whitening import Whitening, covariance, whiten
from styler.norm.activation.whitening_coloring import WhiteningColoring, whitening_coloring
from styler.norm.channel_axis import ChannelAxis
from styler.norm.data.range import MeanScaler, MinMaxScaler, mean_scale, min_max_scale
from styler.norm.data.robust import RobustScaler, robust_scale
from styler.norm.data.scaler import Scaler
from styler.norm.data.unit_length import UnitLength, unit_length
from styler.norm.data.z_score import IMAGE_PRESETS, ZScoreScaler, z_score
from styler.norm.gradient.adaptive_clip import adaptive_clip_
from styler.norm.gradient.clip import clip_gradient_norm_
from styler.norm.gradient.gradnorm import GradNorm
from styler.norm.gradient.orthogonal import orthogonalize, orthogonalize_gradient_
from styler.norm.gradient.vector import normalize_gradient_
from styler.norm.moments import moments
from styler.norm.normalizer_free.block import (
    GAINS,
    NormalizerFreeBlock,
    NormalizerFreeStage,
    ScaledConv2d,
)
from styler.norm.normalizer_free.fixup import FixupBlock
from styler.norm.normalizer_free.skip_init import SkipInit
from styler.norm.registry import Entry, entry, names, norm, register
from styler.norm.transformer.block import Attention, TransformerBlock
from styler.norm.transformer.deep_norm import DeepNorm, deep_norm_gains
from styler.norm.transformer.fix_norm import FixNorm
from styler.norm.transformer.head_qk_norm import HeadQKNorm, head_norm
from styler.norm.transformer.hypersphere import HypersphereResidual, hypersphere_step, unit_weights_
from styler.norm.transformer.layer_scale import LayerScale, layer_scale
from styler.norm.transformer.qk_norm import QKNorm, qk_norm
from styler.norm.transformer.residual import Placement, Residual
from styler.norm.transformer.scale_norm import ScaleNorm, scale_norm
from styler.norm.transformer.warm_up import WarmUp
from styler.norm.weight.decay import decay_groups
from styler.norm.weight.lipschitz import bound_lipschitz, bound_lipschitz_, operator_norm
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
    "AdaptiveGroupNorm",
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
    "DecorrelatedBatchNorm",
    "DeepNorm",
    "DivisiveNorm",
    "DynamicTanh",
    "Entry",
    "EvoNormB0",
    "EvoNormS0",
    "ExactMatching",
    "FiLM",
    "FilterResponseNorm",
    "FixNorm",
    "FixupBlock",
    "Float32",
    "GhostBatchNorm",
    "GlobalResponseNorm",
    "GradNorm",
    "GroupNorm",
    "HeadQKNorm",
    "HypersphereResidual",
    "Identity",
    "InstanceNorm",
    "LayerInstanceNorm",
    "LayerNorm",
    "LayerScale",
    "LocalContrastNorm",
    "LocalResponseNorm",
    "LpNorm",
    "MeanScaler",
    "MinMaxScaler",
    "NormAct",
    "NormalizerFreeBlock",
    "NormalizerFreeStage",
    "OnlineNorm",
    "PartialRMSNorm",
    "PixelLayerNorm",
    "Placement",
    "PowerNorm",
    "QKNorm",
    "RMSNorm",
    "Residual",
    "RobustScaler",
    "SampleLayerNorm",
    "ScaleNorm",
    "ScaledConv2d",
    "ScaledWeightStandardization",
    "Scaler",
    "SkipInit",
    "SpectralNorm",
    "SubtractiveDivisiveNorm",
    "SwitchableNorm",
    "SyncBatchNorm",
    "TransformerBlock",
    "UnitLength",
    "WarmUp",
    "WeighedBatchNorm",
    "WeightNorm",
    "WeightStandardization",
    "Whitening",
    "WhiteningColoring",
    "ZScoreScaler",
    "adain",
    "adaptive_clip_",
    "adaptive_group_norm",
    "adaptive_layer_norm",
    "batch_group_norm",
    "batch_norm",
    "batch_renorm",
    "bound_lipschitz",
    "bound_lipschitz_",
    "choose_alpha",
    "clip_gradient_norm_",
    "covariance",
    "decay_groups",
    "decorrelated_batch_norm",
    "deep_norm_gains",
    "divisive_norm",
    "dynamic_tanh",
    "entry",
    "evonorm_b0",
    "evonorm_s0",
    "film",
    "filter_response_norm",
    "fold_batch_norm",
    "fold_batch_norms",
    "ghost_batch_norm",
    "global_response_norm",
    "group_norm",
    "head_norm",
    "hypersphere_step",
    "instance_norm",
    "inverse_square_root",
    "largest_singular_value",
    "layer_instance_norm",
    "layer_norm",
    "layer_scale",
    "local_contrast_norm",
    "local_response_norm",
    "lp_norm",
    "match_distribution",
    "mean_scale",
    "min_max_scale",
    "moments",
    "names",
    "norm",
    "norm_act",
    "normalize_gradient_",
    "normalize_weight",
    "online_norm",
    "operator_norm",
    "orthogonalize",
    "orthogonalize_gradient_",
    "pixel_layer_norm",
    "power_iteration",
    "power_mean",
    "power_norm",
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
    "sync_batch_norms",
    "unit_length",
    "unit_weights_",
    "weigh_examples",
    "weighed_batch_norm",
    "weight_norm",
    "weight_standardization",
    "whiten",
    "whitening_coloring",
    "z_score",
]
