"""Model folders on disk: what ``model.json`` says, and files that are what it says."""

from .folder import Model, find, models, shipped
from .spec import SPEC, ModelSpec, SiteSpec, StageSpec

__all__ = [
    "SPEC",
    "Model",
    "ModelSpec",
    "SiteSpec",
    "StageSpec",
    "find",
    "models",
    "shipped",
]
