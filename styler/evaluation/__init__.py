"""How good a model is, and what its paintings suffer from."""
