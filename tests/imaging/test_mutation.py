"""Damaged files: no crash, no traceback, no untyped error, bounded time and memory."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from styler.imaging import read
from tests.imaging import corpus, mutation

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore")  # decoders warn about what they then refuse


@pytest.fixture(scope="module")
def files():
    return mutation.seeds()


def test_the_seeds_are_sound(files):
    assert {mutation.attempt(file) for file in files} == {"picture"}


def test_mutations_end_in_a_picture_or_one_typed_error():
    figures = mutation.campaign(500, seed=1)
    assert sum(figures["outcomes"].values()) == 500
    assert figures["outcomes"]["ImageError"] > 100  # the mutations bite
    assert figures["outcomes"]["picture"] > 50  # and not every file dies at the first byte
    assert figures["largest_share_of_budget"] <= 1.2


@pytest.mark.parametrize("block", [1 << 24, 1 << 16])
def test_growth_is_seen_whatever_was_freed_before(block):
    """Of large blocks and of many small ones the allocator keeps what is freed."""
    total = 1 << 25
    for _ in range(2):
        _, grown = mutation.growth(lambda: [bytes(block) + b"." for _ in range(total // block)])
        assert 0.9 * total < grown < 1.6 * total


# The hungriest of each format.
HEAVY = "webp-RGBA avif-RGBA tiff-LAB tiff-RGBA16< jpeg-CMYK"


@pytest.mark.parametrize("bits", mutation.BYTES_PER_PIXEL)
@pytest.mark.parametrize("case", [c for c in corpus.CASES if str(c) in HEAVY.split()], ids=str)
def test_full_size_pictures_stay_within_the_budget(case, bits):
    profile = corpus.profiles_for(case)[-1]
    options = {"icc_profile": corpus.ALL[profile].data} if profile else {}
    mutation.attempt(case.make((37, 29), options)[0], bits=bits)  # loads what it needs
    data = case.make((2500, 1600), options)[0]
    picture, grown = mutation.growth(lambda: read(data, bits=bits))
    assert picture.rgb.shape == (1600, 2500, 3)
    assert grown - len(data) <= 1.2 * 4e6 * mutation.BYTES_PER_PIXEL[bits]


def test_warnings_as_errors_change_no_outcome_to_a_crash(files):
    random = np.random.default_rng(2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(100):
            file = files[random.integers(0, len(files))]
            mutation.attempt(mutation.mutated(file, files, random))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_cut_and_flipped_anywhere(files, data):
    file = bytearray(data.draw(st.sampled_from(files)))
    for at in data.draw(st.lists(st.integers(0, len(file) - 1), max_size=8)):
        file[at] = data.draw(st.integers(0, 255))
    mutation.attempt(bytes(file[: data.draw(st.integers(0, len(file)))]))


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data):
    magics = (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
    for magic in (*magics, b"RIFF\0\0\0\0WEBPVP8X", b"\0\0\0\x1cftypavif"):
        mutation.attempt(magic + data)


@pytest.mark.slow
def test_twenty_thousand_mutations():
    command = [sys.executable, "-m", "tests.imaging.mutation", "--count", "20000", "--seed", "20"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-2000:]
    figures = json.loads(done.stdout)
    assert sum(figures["outcomes"].values()) == 20_000
    assert figures["largest_share_of_budget"] <= 1.2
