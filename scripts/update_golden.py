#!/usr/bin/env python3
"""Write tests/golden/ anew: what each of the shipped models paints now."""

import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from styler.models import models
from tests.test_golden import golden, paint

for model in models():
    Image.fromarray(paint(model)).save(golden(model), optimize=True)
    print(golden(model))
