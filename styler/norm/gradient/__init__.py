"""Normalizers of gradients, called between backward pass and optimizer step."""
