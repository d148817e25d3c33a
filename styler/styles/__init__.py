"""What stands for a painting: statistics, the style they make, its file, and the library."""

from .brushwork import Brushwork, Exemplar
from .file import SUFFIX
from .library import StyleInfo, preset, presets, resolve, usable, user_folder
from .statistics import FeatureStats
from .style import Style, mix

__all__ = [
    "SUFFIX",
    "Brushwork",
    "Exemplar",
    "FeatureStats",
    "Style",
    "StyleInfo",
    "mix",
    "preset",
    "presets",
    "resolve",
    "usable",
    "user_folder",
]
