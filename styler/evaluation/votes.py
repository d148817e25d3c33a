"""Blind votes: who painted what is hidden, and which picture people prefer is counted.

Knows nothing of pictures: a sheet is a pair and the letters under which its painters go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from statistics import fmean
from string import ascii_uppercase
from typing import Any

import numpy as np

from styler.errors import InputError, ParameterError

__all__ = ["Key", "Sheet", "Standing", "shuffled"]

Ballot = Mapping[str, Mapping[str, str]]
"""What a viewer writes: by sheet and question the letters, best first, such as ``"BAC"``."""


@dataclass(frozen=True)
class Sheet:
    """A pair of photo and painting, and by letter who painted it."""

    photo: str
    painting: str
    painters: dict[str, str]


@dataclass
class Standing:
    """How painters stand in one question.

    Attributes:
        places: of each painter, 1 for the best, one for each vote.
        before: by `(a, b)`, how often `a` was put before `b`.
        votes: how many there are.
    """

    places: dict[str, list[int]] = field(default_factory=dict)
    before: Counter[tuple[str, str]] = field(default_factory=Counter)
    votes: int = 0

    def ranked(self) -> list[tuple[str, float]]:
        """Painters and their mean ranks, the best first."""
        means = {painter: fmean(places) for painter, places in self.places.items()}
        return sorted(means.items(), key=lambda one: (one[1], one[0]))

    def add(self, order: Sequence[str]) -> None:
        """One vote: painters, the best first."""
        self.votes += 1
        for place, painter in enumerate(order, start=1):
            self.places.setdefault(painter, []).append(place)
        self.before.update(combinations(order, 2))


def shuffled(pairs: Sequence[tuple[str, str]], painters: Sequence[str], seed: int = 0) -> Key:
    """A sheet for each pair, on each of which the painters are in an order of its own.

    The first sheets are the same, however many follow.

    Raises:
        ParameterError: there are fewer than 2 painters, more than 26, or two of one name.
    """
    if not 2 <= len(painters) <= len(ascii_uppercase):
        raise ParameterError(f"{len(painters)} painters; give 2 to {len(ascii_uppercase)}")
    for painter in painters:
        if painters.count(painter) > 1:
            raise ParameterError(f"two painters are named {painter}; rename one")
    random = np.random.default_rng(seed)
    digits = max(2, len(str(len(pairs) - 1)))
    sheets = {}
    for number, (photo, painting) in enumerate(pairs):
        order = (painters[i] for i in random.permutation(len(painters)))
        letters = dict(zip(ascii_uppercase, order, strict=False))
        sheets[f"{number:0{digits}}"] = Sheet(photo, painting, letters)
    return Key(sheets)


@dataclass(frozen=True)
class Key:
    """What the letters of every sheet stand for; sheets by their number."""

    sheets: dict[str, Sheet]

    @classmethod
    def of(cls, values: Any, name: str = "the key") -> Key:
        """:meth:`plain` backwards; errors begin with `name`.

        Raises:
            InputError: it is nothing of the kind.
        """
        try:
            sheets = {number: Sheet(**sheet) for number, sheet in values.items()}
            if not all(isinstance(sheet.painters, dict) for sheet in sheets.values()):
                raise TypeError
        except (AttributeError, TypeError):
            raise InputError(
                f"{name}: is no key of sheets; `styler vote sheets` writes one"
            ) from None
        return cls(sheets)

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {number: asdict(sheet) for number, sheet in self.sheets.items()}

    def count(self, ballots: Mapping[str, Ballot]) -> dict[str, Standing]:
        """How painters stand, by question. Sheets and questions may be left out.

        Args:
            ballots: by the name with which errors begin.

        Raises:
            InputError: a ballot is of other sheets, or an order lacks a letter or has one twice;
                or nobody has voted.
        """
        standings: dict[str, Standing] = {}
        for name, ballot in ballots.items():
            for number, question, order in _votes(name, ballot):
                if number not in self.sheets:
                    raise InputError(f"{name}: the key has no sheet {number}; count with its own")
                painters = self.sheets[number].painters
                if sorted(order) != sorted(painters):
                    raise InputError(
                        f"{name}: sheet {number}, {question}: {order:.40} is no order of "
                        f"{''.join(painters)}; write every letter once, the best first"
                    )
                standing = standings.setdefault(question, Standing())
                standing.add([painters[letter] for letter in order])
        if not standings:
            raise InputError(f"{', '.join(ballots)}: no votes there")
        return standings


def _votes(name: str, ballot: Ballot) -> Iterator[tuple[str, str, str]]:
    """Sheet, question and order of each vote."""
    try:
        for number, questions in ballot.items():
            for question, order in questions.items():
                if not isinstance(order, str):
                    raise TypeError
                yield number, question, order
    except (AttributeError, TypeError):
        raise InputError(
            f'{name}: is no ballot, which is written {{"00": {{"HANG": "BAC"}}, "01": ...}}'
        ) from None
