"""How strong a painting's brushwork is."""

import numpy as np

from styler.styles import Brushwork


def painting(luma: float, chroma: float, side: int = 256) -> np.ndarray:
    rng = np.random.default_rng(0)
    grain = np.kron(rng.normal(size=(4, side // 4, side // 4)), np.ones((1, 4, 4)))
    colour = grain[1:] - np.tensordot([0.299, 0.587, 0.114], grain[1:], 1)
    return (0.5 + luma * grain[:1] + chroma * colour)[None].astype(np.float32)


def test_a_flat_picture_has_none() -> None:
    found = Brushwork.of(np.full((1, 3, 40, 60), 0.3, np.float32))
    assert found.luma < 1e-6 and found.chroma < 1e-6


def test_it_grows_with_the_strokes_in_brightness_and_in_colour() -> None:
    none, some, more = (Brushwork.of(painting(luma, 0.02)) for luma in (0.0, 0.02, 0.04))
    assert none.luma < 0.2 * some.luma < some.luma < 0.6 * more.luma
    assert Brushwork.of(painting(0.02, 0.04)).chroma > 1.8 * some.chroma


def test_the_quiet_parts_count() -> None:
    drawing = painting(0.1, 0.0)
    drawing[..., 100:] = 0.5
    assert Brushwork.of(drawing).luma < 0.1 * Brushwork.of(painting(0.1, 0.0)).luma


def test_transparent_pixels_do_not_count() -> None:
    half = painting(0.1, 0.05)
    half[..., 128:] = 0.5
    alpha = np.zeros((256, 256), np.float32)
    alpha[:, :100] = 1
    assert Brushwork.of(half, alpha).luma > 5 * Brushwork.of(half).luma
    assert Brushwork.of(half, np.zeros_like(alpha)) == Brushwork(0.0, 0.0)


def test_mixing_is_the_weighted_mean() -> None:
    mixed = Brushwork.mix([Brushwork(0.0, 0.1), Brushwork(0.4, 0.3)], [0.25, 0.75])
    np.testing.assert_allclose([mixed.luma, mixed.chroma], [0.3, 0.25])
