"""Twenty pictures of odd sizes: tiny, extreme, one off a multiple of eight.

None has two positions at 1/8 resolution that differ by rounding only: an instance norm over two
such values is 1 and -1, or -1 and 1, as rounding has it, in any engine.
"""

import numpy as np

from tests.networks import picture

SIZES = [
    (16, 16), (17, 16), (16, 23), (1, 1), (1, 2), (2, 1), (3, 70), (70, 3), (1, 131), (131, 1),
    (19, 150), (18, 33), (31, 33), (63, 65), (40, 41), (97, 19), (24, 90), (71, 71), (15, 200),
    (200, 15),
]  # fmt: skip

CASES = [(picture(*size, seed=i), 0.25 + 1.25 * (i % 6) / 5) for i, size in enumerate(SIZES)]
"""Photos, each with the strength it is painted at, from 0.25 to 1.5."""

PAINTING = np.rot90(picture(60, 83, seed=99) // 2 + np.array([90, 10, 60], np.uint8)).copy()
