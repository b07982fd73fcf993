"""Numbers that are compared never read the same."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from muxer.core.digits import apart, times_apart


@pytest.mark.parametrize(
    ("one", "other", "texts"),
    [
        (0.31, 0.5, ("0.310", "0.500")),
        (0.9756, 0.97577, ("0.9756", "0.9758")),
        (0.97577, 0.97577, ("0.97577", "0.97577")),
        (5e-324, 0.0, ("5e-324", "0.0")),
    ],
)
def test_as_few_digits_are_shown_as_tell_two_numbers_apart(one: float, other: float, texts: tuple[str, str]) -> None:
    assert apart(one, other, 3) == texts


@pytest.mark.parametrize(
    ("one", "other", "texts"),
    [
        (180.0, 150.0, ("180 ms", "150 ms")),
        (1_150.0, 99.7, ("1150 ms", "100 ms")),
        (5_040.0, 5_000.0, ("5.04 s", "5.00 s")),
        (31_000.0, 5_000.0, ("31.0 s", "5.0 s")),
    ],
)
def test_times_below_a_second_are_told_in_milliseconds(one: float, other: float, texts: tuple[str, str]) -> None:
    assert times_apart(one, other) == texts


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 4))
def test_the_greater_number_reads_greater_also_beside_the_other_in_full(one: float, other: float, count: int) -> None:
    assume(one != other)
    texts = apart(one, other, count)

    assert (float(texts[0]) < float(texts[1])) == (one < other)
    assert (float(texts[0]) < other) == (one < other)
