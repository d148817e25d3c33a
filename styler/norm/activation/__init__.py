"""Normalizers of activations: what passes between the layers of a network."""
