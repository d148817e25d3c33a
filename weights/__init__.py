"""The weights, presets and model card that ship with styler; data only, read by ``styler.weights``."""
