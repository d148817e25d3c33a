"""Uses of keys, counted."""

from __future__ import annotations

import pytest
from styler_server.rates import Rates


def test_a_key_is_free_again_when_its_oldest_use_is_past() -> None:
    rates = Rates("2 per 30 minutes")
    assert [rates.spend("a") for _ in range(2)] == [0, 0]
    assert 1700 < rates.spend("a") <= 1800
    assert rates.spend("b") == 0


def test_what_is_no_rate() -> None:
    with pytest.raises(ValueError, match="often"):
        Rates("often")
