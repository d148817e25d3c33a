"""How good a model is, and what its paintings suffer from."""

from .evaluation import Evaluation, Measures, Pair, Scores, diagonals, scores

__all__ = ["Evaluation", "Measures", "Pair", "Scores", "diagonals", "scores"]
