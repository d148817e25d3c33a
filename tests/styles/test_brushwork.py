"""The pictures whose brushwork is taken."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from styler.errors import StyleError
from styler.styles import Brushwork, Exemplar


def painting(height: int = 40, width: int = 60, seed: int = 0) -> np.ndarray:
    coarse = np.random.default_rng(seed).random((3, -(-height // 8), -(-width // 8)))
    return np.kron(coarse, np.ones((1, 8, 8)))[None, :, :height, :width].astype(np.float32)


def exemplar(picture: np.ndarray, alpha: np.ndarray | None = None) -> Exemplar:
    ((found, weight),) = Brushwork.of(picture, alpha).exemplars
    assert weight == 1
    return found


class TestExemplar:
    def test_is_the_painting_nearly(self) -> None:
        pixels = exemplar(painting()).pixels()
        assert pixels.shape == (40, 60, 3)
        difference = pixels / 255 - painting()[0].transpose(1, 2, 0)
        assert np.abs(difference).mean() < 0.06

    @settings(max_examples=20, deadline=None)
    @given(st.integers(1, 900), st.integers(1, 900))
    def test_is_reduced_in_proportion(self, height: int, width: int) -> None:
        found = exemplar(np.zeros((1, 3, height, width), np.float32)).pixels()
        assert min(found.shape[:2]) <= 512 and found.shape[0] * found.shape[1] <= 1.01 * (1 << 19)
        if min(height, width) <= 512 and height * width <= 1 << 19:
            assert found.shape[:2] == (height, width)
        else:
            assert found.shape[1] / found.shape[0] == pytest.approx(width / height, rel=0.02)

    def test_keeps_what_is_transparent(self) -> None:
        alpha = np.zeros((40, 60), np.float32)
        alpha[:, :24] = 1
        pixels = exemplar(painting(), alpha).pixels()
        assert pixels.shape == (40, 60, 4)
        assert pixels[:, :24, 3].min() == 255 and pixels[:, 24:, 3].max() == 0

    def test_the_same_bytes_again(self) -> None:
        assert exemplar(painting()) == exemplar(painting())
        assert exemplar(painting()) != exemplar(painting(seed=1))

    @pytest.mark.parametrize("content", [b"", b"RIFF", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
    def test_what_is_no_picture_is_said(self, content: bytes) -> None:
        with pytest.raises(StyleError, match="picture is damaged"):
            Exemplar(content).pixels()

    def test_another_format_is_not_read(self) -> None:
        file = io.BytesIO()
        Image.new("RGB", (20, 20)).save(file, "PNG")
        with pytest.raises(StyleError, match="picture is damaged"):
            Exemplar(file.getvalue()).pixels()

    def test_a_huge_picture_is_not_decoded(self) -> None:
        file = io.BytesIO()
        Image.new("RGB", (4000, 4000)).save(file, "WEBP")
        with pytest.raises(StyleError, match="too large"):
            Exemplar(file.getvalue()).pixels()


class TestMix:
    def test_by_weight(self) -> None:
        one, other = Brushwork.of(painting()), Brushwork.of(painting(seed=1))
        mixed = Brushwork.mix([one, other], [0.25, 0.75])
        assert [weight for _, weight in mixed.exemplars] == [0.25, 0.75]

    def test_the_same_picture_is_one(self) -> None:
        one, other = Brushwork.of(painting()), Brushwork.of(painting(seed=1))
        half = Brushwork.mix([one, other], [0.5, 0.5])
        mixed = Brushwork.mix([half, one], [0.5, 0.5])
        assert mixed.exemplars == ((exemplar(painting()), 0.75), (exemplar(painting(seed=1)), 0.25))

    def test_of_no_weight_is_left_out(self) -> None:
        one = Brushwork.of(painting())
        assert Brushwork.mix([one, Brushwork.of(painting(seed=1))], [1.0, 0.0]) == one
        assert Brushwork.mix([Brushwork()], [1.0]) == Brushwork()
