"""The palette of a picture: mean and covariance of its colours, and the way to another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.errors import ParameterError
from styler.halt import checkpoint

__all__ = ["Palette", "power", "transformed"]

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

EPSILON = 1e-5  # keeps the covariance of flat colours invertible; (1/316)^2, below one 8-bit level
BAND = 64


@dataclass(frozen=True, eq=False)
class Palette:
    """Mean and covariance of sRGB colours in [0, 1].

    Attributes:
        mean: ``(3,)`` float64.
        covariance: ``(3, 3)`` float64, 1e-5 on its diagonal included.
    """

    mean: NDArray[np.float64]
    covariance: Matrix

    @classmethod
    def of(cls, picture: Floats, weights: NDArray[Any] | None = None) -> Palette:
        """The palette of a ``(1, 3, H, W)`` picture, in two passes over bands of rows.

        Args:
            picture: sRGB about [0, 1].
            weights: ``(H, W)``, how much each pixel counts; ``None`` counts all alike.

        Raises:
            ParameterError: no pixel counts.
        """

        def bands() -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64] | None]]:
            for row in range(0, picture.shape[2], BAND):
                checkpoint()
                rows = slice(row, row + BAND)
                band = picture[0, :, rows].reshape(3, -1).astype(np.float64)
                yield band, None if weights is None else weights[rows].reshape(-1).astype(float)

        count = float(picture[0, 0].size if weights is None else weights.sum(dtype=np.float64))
        if not count > 0:
            raise ParameterError("no palette of an empty picture; the mask must leave some of it")
        mean = np.zeros(3)
        for band, counts in bands():
            mean += band.sum(1) if counts is None else band @ counts
        mean /= count
        products = np.zeros((3, 3))
        for band, counts in bands():
            band -= mean[:, None]
            products += (band if counts is None else band * counts) @ band.T
        return cls(mean, products / count + EPSILON * np.eye(3))

    @staticmethod
    def mix(palettes: Sequence[Palette], weights: Sequence[float]) -> Palette:
        """The weighted mean; weights of sum 1."""
        return Palette(
            np.tensordot(weights, [palette.mean for palette in palettes], 1),
            np.tensordot(weights, [palette.covariance for palette in palettes], 1),
        )

    def towards(self, target: Palette, amount: float = 1.0) -> tuple[Matrix, NDArray[np.float64]]:
        """Matrix and shift that take colours of this palette to those of another.

        Of all linear maps that give the target's mean and covariance, the one that moves colours
        least: ``A = C^(-1/2) (C^(1/2) T C^(1/2))^(1/2) C^(-1/2)``. Source: Pitié and Kokaram, "The
        linear Monge-Kantorovitch linear colour mapping for example-based colour transfer", CVMP
        2007.

        Args:
            target: the palette to arrive at.
            amount: how far to go: 0 stays, 1 arrives.
        """
        root, inverse = power(self.covariance, 0.5), power(self.covariance, -0.5)
        matrix = inverse @ power(root @ target.covariance @ root, 0.5) @ inverse
        matrix = amount * matrix + (1 - amount) * np.eye(3)
        mean = amount * target.mean + (1 - amount) * self.mean
        return matrix, mean - matrix @ self.mean


def power(matrix: Matrix, exponent: float) -> Matrix:
    """A power of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 1e-12) ** exponent) @ vectors.T)


def transformed(colours: Floats, matrix: Matrix, shift: NDArray[np.float64]) -> Floats:
    """``matrix @ colour + shift`` of ``(3, H, W)`` colours."""
    # Not a product of matrices, which rounds as the number of pixels has it, and takes longer.
    columns = matrix.T.astype(np.float32)[:, :, None, None]
    moved: Floats = columns[0] * colours[0]
    moved += columns[1] * colours[1]
    moved += columns[2] * colours[2]
    moved += shift.astype(np.float32)[:, None, None]
    return moved
