"""Networks that need no normalization of activations."""
