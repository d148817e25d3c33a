"""Memory is never promised twice, and a picture that fits beside none is painted alone."""

import threading
import time

import pytest

from styler.halt import AbandonedError
from styler.jobs.room import Room


def test_alone_it_is_let_in() -> None:
    with Room(100.0, [0.0, 0.0], 1).taken(500.0, lambda: False):
        pass


def test_beside_others_within_the_limit() -> None:
    places = [60.0, 0.0]
    room = Room(100.0, places, 1)
    with room.taken(40.0, lambda: False):
        assert places == [60.0, 40.0]
    asked = iter([False, True])
    with pytest.raises(AbandonedError), room.taken(41.0, lambda: next(asked)):
        pass
    assert places == [60.0, 0.0]


def test_never_more_than_there_is() -> None:
    places, seen = [0.0] * 4, []

    def work(number: int) -> None:
        for _ in range(3):
            with Room(100.0, places, number).taken(45.0, lambda: False):
                inside.append(number)
                seen.append(len(inside))
                time.sleep(0.005)
                inside.remove(number)

    inside: list[int] = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 12
    assert max(seen) <= 2
