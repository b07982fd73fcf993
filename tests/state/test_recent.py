"""What is remembered for a while is right as long as it is there, and never more than so much."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from muxer.state.recent import Recent

from tests.fakes.clock import ManualClock


def test_a_value_is_there_until_its_time_is_over():
    clock = ManualClock()
    recent: Recent[str, int] = Recent(10, 60.0, clock)
    recent.put("a", 1)

    clock.advance(59.9)
    before = recent.get("a")
    clock.advance(0.1)

    assert (before, recent.get("a"), len(recent)) == (1, None, 0)


def test_reading_a_value_does_not_make_it_younger():
    clock = ManualClock()
    recent: Recent[str, int] = Recent(10, 60.0, clock)
    recent.put("a", 1)
    for _ in range(2):
        clock.advance(30.0)
        last = recent.get("a")

    assert last is None


def test_the_one_not_used_for_longest_makes_room():
    recent: Recent[str, int] = Recent(2, 60.0, ManualClock())
    recent.put("a", 1)
    recent.put("b", 2)
    recent.get("a")
    recent.put("c", 3)

    assert [recent.get(key) for key in "abc"] == [1, None, 3]


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(), st.booleans(), st.floats(0, 20))), st.integers(1, 5)
)
def test_it_never_holds_too_much_nor_anything_old_or_wrong(steps, size):
    clock = ManualClock()
    recent: Recent[str, int] = Recent(size, 30.0, clock)
    truth: dict[str, tuple[float, int]] = {}
    for key, value, is_put, seconds in steps:
        clock.advance(seconds)
        if is_put:
            recent.put(key, value)
            truth[key] = (clock.monotonic(), value)
        found = recent.get(key)
        assert len(recent) <= size
        assert found is None or (found == truth[key][1] and clock.monotonic() - truth[key][0] < 30.0)
        assert not is_put or found == value
