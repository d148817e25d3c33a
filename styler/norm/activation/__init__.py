"""Normalizers of activations, in the order of the survey."""
