"""The weights, presets and model card that ship with styler; ``styler.weights`` reads them."""
