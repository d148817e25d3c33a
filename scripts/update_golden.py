#!/usr/bin/env python3
"""Write tests/golden/painted.png anew: what the shipped weights paint now."""

import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.test_golden import GOLDEN, paint

Image.fromarray(paint()).save(GOLDEN, optimize=True)
print(GOLDEN)
