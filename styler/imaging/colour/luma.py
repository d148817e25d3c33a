"""Brightness of a colour, by its red, green and blue as they are stored (ITU-R BT.601)."""

from __future__ import annotations

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue, float64, of sum 1: ``rgb @ LUMA``."""
