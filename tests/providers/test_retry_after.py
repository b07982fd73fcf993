"""When a provider may be asked again, in every form in which providers say so."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.providers.registry import DIALECTS
from muxer.providers.retry_after import MAX_RETRY_AFTER_S, duration_s, retry_after_s

from tests.providers.wire import Anyone

NOON = 1_795_435_200.0  # 2026-11-23 12:00:00 UTC


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "1e9"}, MAX_RETRY_AFTER_S),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after-ms": "x", "retry-after": "7"}, 7.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT", "date": "Mon, 23 Nov 2026 12:00:10 GMT"}, 20.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "6m0s"}, None),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "2m59.56s",
            },
            179.56,
        ),
        (
            {
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "anthropic-ratelimit-input-tokens-reset": "2026-11-23T12:00:45Z",
            },
            45.0,
        ),
        ({"retry-after": "3", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "9s"}, 3.0),
    ],
)
def test_headers_say_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds == pytest.approx(retry_after_s(headers, NOON))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("34s", 34.0),
        ("0.5s", 0.5),
        ("6m0s", 360.0),
        ("2m59.56s", 179.56),
        ("1h2m3s", 3723.0),
        ("120ms", 0.12),
        ("2m", 120.0),
        ("", None),
        ("s", None),
        ("34", None),
        ("abc", None),
    ],
)
def test_durations_are_read(text: str, seconds: float | None) -> None:
    assert seconds == pytest.approx(duration_s(text))


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_other_text_says_nothing_or_a_time_within_a_day(text: str, date: str) -> None:
    found = retry_after_s({"retry-after": text, "date": date}, NOON)

    assert found is None or 0.0 <= found <= MAX_RETRY_AFTER_S


def test_google_says_it_in_the_body(anyone: Anyone) -> None:
    provider, model = anyone("google")
    hint = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}
    body = {"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED", "details": [hint]}}

    failure = DIALECTS["gemini"].decode_error(429, {}, msgspec.json.encode(body), provider, model)
    assert failure.retry_after_s == 34.0
