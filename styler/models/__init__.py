"""Model folders on disk: what ``model.json`` says, and files that are what it says."""

from .folder import Model, find, models, shipped
from .spec import SPEC, Affine, ModelSpec, SiteSpec, StageSpec

__all__ = [
    "SPEC",
    "Affine",
    "Model",
    "ModelSpec",
    "SiteSpec",
    "StageSpec",
    "find",
    "models",
    "shipped",
]
