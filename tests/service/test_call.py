"""Deadlines and request ids: what callers send is believed as far as it makes sense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.errors import BadRequest
from muxer.service.call import TIMEOUT_HEADER, new_id, request_id, timeout_ms

DEFAULT, LONGEST = 300_000, 600_000


def test_without_a_wish_the_default_holds():
    assert timeout_ms({}, None, DEFAULT, LONGEST) == DEFAULT


def test_the_shortest_of_the_wishes_holds():
    assert timeout_ms({TIMEOUT_HEADER: "2000"}, 1.5, DEFAULT, LONGEST) == 1500
    assert timeout_ms({TIMEOUT_HEADER: "1000"}, 1.5, DEFAULT, LONGEST) == 1000


@given(st.floats(1, 1e300))
def test_no_wish_passes_the_longest_allowed(wish):
    assert 1 <= timeout_ms({TIMEOUT_HEADER: repr(wish)}, None, DEFAULT, LONGEST) <= LONGEST


@given(st.text(max_size=20))
def test_a_header_is_a_number_or_refused(text):
    try:
        taken = timeout_ms({TIMEOUT_HEADER: text}, None, DEFAULT, LONGEST)
    except BadRequest as error:
        taken, refused = None, error.field
    else:
        refused = ""

    assert (taken is None and refused == TIMEOUT_HEADER) or (taken is not None and taken >= 1)


@pytest.mark.parametrize("header", ["0", "0.5", "-1", "nan", "", "1s"])
def test_what_is_no_positive_number_is_refused(header):
    with pytest.raises(BadRequest):
        timeout_ms({TIMEOUT_HEADER: header}, None, DEFAULT, LONGEST)


@pytest.mark.parametrize("given_id", ["abc-1", "0190b5:7/9", "x" * 128])
def test_a_sane_request_id_is_kept(given_id):
    assert request_id({"x-request-id": given_id}) == given_id


@pytest.mark.parametrize("given_id", ["", "a b", "x" * 129, "line\nbreak", "naïve"])
def test_any_other_is_replaced(given_id):
    made = request_id({"x-request-id": given_id})

    assert made != given_id
    assert len(made) == 32


def test_no_two_ids_are_alike():
    made = [new_id("dec") for _ in range(2_000)] + [request_id({}) for _ in range(2_000)]
    digits = [word.removeprefix("dec-") for word in made]
    assert {len(word) for word in digits[:2_000]} == {24}
    assert {len(word) for word in digits[2_000:]} == {32}
    assert len({word[:16] for word in digits}) == len(digits)
    assert all(set(word) <= set("0123456789abcdef") for word in digits)
