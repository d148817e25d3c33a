"""A job's state follows from those of its pictures."""

from hypothesis import given
from hypothesis import strategies as st

from styler.jobs import STATES
from styler.jobs.queue import Status


@given(
    st.dictionaries(st.sampled_from(STATES), st.integers(0, 5)).filter(lambda c: any(c.values()))
)
def test_states(given: dict[str, int]) -> None:
    counts = {state: given.get(state, 0) for state in STATES}
    status = Status("id", "", 0.0, counts, 0.0)
    there = {state for state, count in counts.items() if count}
    assert status.over == (not there & {"queued", "running"})
    if there <= {"done"}:
        assert status.state == "done"
    elif status.over:
        assert status.state == ("failed" if "failed" in there else "cancelled")
    else:
        assert status.state == ("queued" if there == {"queued"} else "running")
    assert status.plain()["total"] == status.total == sum(counts.values())
