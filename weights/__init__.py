"""The weights, presets and model card that ship with styler; ``styler.models`` reads them."""
