"""The example scene: the same bytes every time, and a picture rather than a texture."""

import runpy
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_scene.py"


def test_scene_is_deterministic_and_a_landscape() -> None:
    make_scene = runpy.run_path(str(SCRIPT))["make_scene"]
    scene, again, other = make_scene(64), make_scene(64), make_scene(64, seed=3)
    assert scene.size == (64, 64) and scene.mode == "RGB"
    assert scene.tobytes() == again.tobytes() != other.tobytes()
    rows = np.asarray(scene, np.float64).mean(1)  # (64, 3)
    sky, meadow, bank = rows[2:8], rows[28:33], rows[-4:]
    assert (sky[:, 2] > sky[:, 0]).all(), "the sky is blue above"
    assert (meadow[:, 1] > meadow[:, 2]).all(), "the far shore is green"
    assert bank.mean() < 0.6 * sky.mean(), "the near bank lies in shadow"
