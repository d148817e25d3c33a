"""Normalizers of weights: parametrizations of layers, and projections after a step."""
