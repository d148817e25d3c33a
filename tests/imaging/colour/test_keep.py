"""Colour keeping against the formulas, written again in float64 and by other means."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styler.errors import ParameterError
from styler.imaging import COLOUR_METHODS, keep_colours


def pair(seed=0, shape=(150, 97)):
    """Two pictures with unlike, correlated, skewed colours; (1, 3, H, W) float32."""
    random = np.random.default_rng(seed)
    mix = random.uniform(-0.3, 0.6, (2, 3, 3)) + 0.5 * np.eye(3)
    values = random.random((2, shape[0] * shape[1], 3)) ** [[[1.5]], [[0.7]]]
    out = np.clip(np.einsum("nij,npj->npi", mix, values), 0, 1)
    return [o.T.reshape(1, 3, *shape).astype(np.float32) for o in out]


def luminance64(stylized, content):
    """Through YIQ and back (FCC 1953 matrix), exchanging Y."""
    to_yiq = np.array(
        [[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]]
    )
    s, c = (np.einsum("ij,jhw->ihw", to_yiq, x[0].astype(float)) for x in (stylized, content))
    exchanged = np.stack([s[0], c[1], c[2]])
    return np.einsum("ij,jhw->ihw", np.linalg.inv(to_yiq), exchanged)[None]


def coral64(stylized, content, mask=None):
    """Roots by the singular value decomposition, covariance by numpy."""

    def parts(x):
        flat = x[0].astype(float).reshape(3, -1)
        used = flat if mask is None else flat[:, mask.ravel()]
        covariance = np.cov(used, bias=True) + 1e-5 * np.eye(3)
        u, s, _ = np.linalg.svd(covariance)
        return flat, used.mean(1, keepdims=True), (u * np.sqrt(s)) @ u.T

    flat, mean_s, root_s = parts(stylized)
    _, mean_c, root_c = parts(content)
    out = root_c @ np.linalg.solve(root_s, flat - mean_s) + mean_c
    return out.reshape(stylized.shape)


def histogram64(stylized, content):
    """Every 16-bit value by counting, quantiles by numpy's Hazen method."""
    stylized, content = (np.rint(x.astype(float) * 65535) / 65535 for x in (stylized, content))
    out = np.empty(stylized.shape)
    for channel in range(3):
        s = stylized[0, channel].astype(float).ravel()
        _, inverse, counts = np.unique(s, return_inverse=True, return_counts=True)
        below = np.cumsum(counts) - counts
        share = (below + counts / 2) / len(s)
        goals = np.quantile(content[0, channel].astype(float), share, method="hazen")
        out[0, channel] = goals[inverse].reshape(stylized.shape[2:])
    return out


REFERENCES = {"luminance": luminance64, "coral": coral64, "histogram": histogram64}
TOLERANCES = {"luminance": 1e-3, "coral": 2e-5, "histogram": 3e-4}  # YIQ has four digits


@pytest.mark.parametrize("method", COLOUR_METHODS)
@pytest.mark.parametrize("seed", range(4))
def test_methods_are_their_formulas(method, seed):
    stylized, content = pair(seed)
    got = keep_colours(stylized, content, method)
    expected = np.clip(REFERENCES[method](stylized, content), 0, 1)
    assert got.dtype == np.float32
    assert np.abs(got - expected).max() < TOLERANCES[method]


def test_the_methods_do_what_they_are_for():
    stylized, content = pair(5)
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    raw = COLOUR_METHODS["luminance"](stylized, content, None)
    np.testing.assert_allclose(
        np.tensordot(weights, raw[0], 1), np.tensordot(weights, stylized[0], 1), atol=1e-6
    )
    chroma = content - content.mean(1, keepdims=True)
    np.testing.assert_allclose(raw - raw.mean(1, keepdims=True), chroma, atol=1e-6)
    raw = COLOUR_METHODS["coral"](stylized, content, None)[0].reshape(3, -1)
    goal = content[0].reshape(3, -1)
    np.testing.assert_allclose(raw.mean(1), goal.mean(1), atol=1e-5)
    np.testing.assert_allclose(np.cov(raw), np.cov(goal), atol=3e-4)
    stylized, content = 0.2 + 0.6 * np.random.default_rng(1).beta(
        [[2]], [[3], [5]], (150 * 97 * 3, 2, 1)
    ).astype(np.float32).T.reshape(2, 1, 3, 150, 97)
    raw = COLOUR_METHODS["histogram"](stylized, content, None)
    for q in (0.05, 0.3, 0.5, 0.8, 0.95):
        np.testing.assert_allclose(
            np.quantile(raw[0], q, axis=(1, 2)), np.quantile(content[0], q, axis=(1, 2)), atol=1e-3
        )


@pytest.mark.parametrize("method", COLOUR_METHODS)
def test_a_photo_keeps_its_colours_from_itself(method):
    content, _ = pair(6)
    assert np.abs(keep_colours(content, content, method) - content).max() < 1e-3


@pytest.mark.parametrize("method", COLOUR_METHODS)
def test_amount_blends_from_nothing_to_all(method):
    stylized, content = pair(7)
    assert keep_colours(stylized, content, method, amount=0) is stylized
    before = stylized.copy(), content.copy()
    full = COLOUR_METHODS[method](stylized, content, None)
    for amount in (0.25, 0.7, 1.0):
        got = keep_colours(stylized, content, method, amount=amount)
        expected = np.clip((1 - amount) * stylized.astype(float) + amount * full, 0, 1)
        np.testing.assert_allclose(got, expected, atol=1e-6)
    np.testing.assert_array_equal(stylized, before[0])
    np.testing.assert_array_equal(content, before[1])


@pytest.mark.parametrize("method", COLOUR_METHODS)
def test_masked_pixels_do_not_enter_the_statistics(method):
    stylized, content = pair(8)
    mask = np.zeros(stylized.shape[2:], bool)
    mask[:70] = True
    noisy, dirty = stylized.copy(), content.copy()
    random = np.random.default_rng(9)
    noisy[:, :, 70:], dirty[:, :, 70:] = random.random((2, 1, 3, 80, 97), np.float32)
    one = keep_colours(stylized, content, method, mask=mask)
    two = keep_colours(noisy, dirty, method, mask=mask)
    np.testing.assert_array_equal(one[:, :, :70], two[:, :, :70])
    everything = keep_colours(stylized, content, method, mask=np.ones_like(mask))
    np.testing.assert_array_equal(everything, keep_colours(stylized, content, method))
    nothing = keep_colours(stylized, content, method, mask=np.zeros_like(mask))
    np.testing.assert_array_equal(nothing, everything)  # no statistics without pixels
    if method == "coral":
        expected = np.clip(coral64(stylized, content, mask), 0, 1)
        assert np.abs(one - expected).max() < 2e-5


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(COLOUR_METHODS)),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.booleans(),
)
def test_flat_tiny_and_extreme_pictures_stay_in_range(method, height, width, seed, flat, other):
    random = np.random.default_rng(seed)
    stylized, content = random.integers(0, 2, (2, 1, 3, height, width)).astype(np.float32)
    if flat:
        stylized[:] = stylized[:, :, :1, :1]
    if other:
        content[:] = content[:, :, :1, :1]
    out = keep_colours(stylized, content, method)
    assert np.isfinite(out).all() and out.min() >= 0 and out.max() <= 1


def test_bad_arguments_are_named():
    stylized, content = pair(0)
    for arguments, options in (
        ((stylized, content, "hue"), {}),
        ((stylized, content), {"amount": 1.1}),
        ((stylized, content), {"amount": float("nan")}),
        ((stylized, content[..., :5]), {}),
        ((stylized[0], content[0]), {}),
        ((stylized, content), {"mask": np.ones((3, 3), bool)}),
    ):
        with pytest.raises(ParameterError, match=r"use|give"):
            keep_colours(*arguments, **options)
