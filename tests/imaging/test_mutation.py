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

from tests.imaging import mutation

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore")  # decoders warn about what they then refuse


@pytest.fixture(scope="module")
def files():
    return mutation.seeds()


def test_the_seeds_are_sound(files):
    assert {mutation.attempt(file) for file in files} == {"picture"}


def child(*arguments, timeout=300):
    """The figures of ``python -m tests.imaging.mutation``."""
    command = [sys.executable, "-m", "tests.imaging.mutation", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_mutations_end_in_a_picture_or_one_typed_error():
    figures = child("--count", "500", "--seed", "1")
    assert sum(figures["outcomes"].values()) == 500
    assert figures["outcomes"]["ImageError"] > 100  # the mutations bite
    assert figures["outcomes"]["picture"] > 50  # and not every file dies at the first byte
    assert figures["largest_share_of_budget"] <= 1.2


def test_full_size_pictures_stay_within_the_budget():
    shares = child("--hungry")
    assert len(shares) == len(mutation.HUNGRY) * len(mutation.BYTES_PER_PIXEL)
    assert max(shares.values()) <= 1.2, shares
    assert min(shares.values()) > 0.2, shares  # the result alone takes that much


@pytest.mark.parametrize("block", [1 << 24, 1 << 16])
def test_growth_is_seen_whatever_was_freed_before(block):
    """Of large blocks and of many small ones the allocator keeps what is freed."""
    total = 1 << 25
    for _ in range(2):
        _, grown = mutation.growth(lambda: [bytes(block) + b"." for _ in range(total // block)])
        assert 0.9 * total < grown < 1.6 * total


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
    figures = child("--count", "20000", "--seed", "20", timeout=1800)
    assert sum(figures["outcomes"].values()) == 20_000
    assert figures["largest_share_of_budget"] <= 1.2
