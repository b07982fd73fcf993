from __future__ import annotations

import base64
import logging
import sys
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.telemetry.redaction import MASK, RedactingFilter, Redactor

KEYS = [
    "sk-proj-abcDEF123_456-xyz",
    "sk-ant-api03-AbCdEf-123456_xyz",
    "sk-or-v1-0123456789abcdef",
    "sk_live_0123456789abcdef",
    "gsk_0123456789abcdefXYZ",
    "xai-0123456789abcdefXYZ",
    "hf_0123456789abcdefXYZ",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "key {} is wrong",
        '{{"api_key":"{}"}}',
        "Bearer {}",
        "https://h/p?key={}&alt=sse",
        "a={},b",
        "({})",
        "x\n{}",
    ],
)
def test_what_looks_like_a_key_is_masked_wherever_it_stands(key, text):
    redacted = Redactor().redact(text.format(key))
    assert key[8:] not in redacted
    assert MASK in redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("authorization: bearer abc.def next", "authorization: bearer [redacted] next"),
        ("{'authorization': 'Bearer abc'}", "{'authorization': 'Bearer [redacted]'}"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted]"),
        ('{"x-api-key": "0123"}', '{"x-api-key": "[redacted]"}'),
        ("x-goog-api-key=0123 ", "x-goog-api-key=[redacted] "),
        ("GET /v1?key=0123&alt=sse", "GET /v1?key=[redacted]&alt=sse"),
        ("sent BEARER abc", "sent BEARER [redacted]"),
        ("Incorrect API key provided: sk-abcde***wxyz.", "Incorrect API key provided: [redacted]"),
    ],
)
def test_what_leads_up_to_a_key_stays_readable(text, expected):
    assert Redactor().redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "task-queue-is-full",
        "risk-assessment-done",
        "the desk_clerk_of_the_hotel",
        "prompt_tokens=12 completion_tokens=30",
        "openai:gpt-6-luna took 12.5 ms",
        "monkey=banana",
    ],
)
def test_ordinary_text_stays_as_it_is(text):
    assert Redactor(["correct-horse"]).redact(text) == text


secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=40)


@given(secrets, st.text(max_size=20), st.text(max_size=20))
def test_a_configured_secret_is_masked_whatever_it_is_made_of_and_stands_between(secret, before, after):
    redacted = Redactor([secret]).redact(f"{before} {secret} {after}")
    assert f" {secret} " not in redacted
    assert MASK in redacted


def test_a_configured_secret_is_masked_in_a_url_and_in_base64_too():
    secret = "pa/ss+wo=rd?&x"
    redactor = Redactor([secret])
    assert redactor.redact(f"https://h/{quote(secret, safe='')}/p") == f"https://h/{MASK}/p"
    assert redactor.redact(f"({base64.b64encode(secret.encode()).decode().rstrip('=')})") == f"({MASK})"


def test_a_secret_that_is_not_text_is_masked_too():
    secret = b"caf\xe9-key-123".decode("utf-8", "surrogateescape")
    assert Redactor([secret]).redact(f"x {secret} caf%E9-key-123") == f"x {MASK} {MASK}"


def test_of_two_secrets_one_inside_the_other_nothing_is_left():
    assert Redactor(["hunter2", "hunter2-and-more"]).redact("x hunter2-and-more y") == f"x {MASK} y"


def test_an_empty_or_very_short_secret_does_not_blot_out_the_log():
    assert Redactor(["", "a", "on"]).redact("a banana on a plate") == "a banana on a plate"


@given(st.text(alphabet="skSK-_gAIzaBEARERbearer?&key=token:\"' \n", max_size=60))
def test_text_that_is_not_suspected_holds_nothing_to_mask(text):
    redactor = Redactor(["correct-horse"])
    if not redactor.suspects(text):
        assert redactor.redact(f"{text}\ncorrect-horse") == f"{text}\n{MASK}"


def test_a_long_hostile_text_takes_no_more_than_linear_time():
    redactor = Redactor(["correct-horse"])
    for text in ("sk-" * 100_000, "api_key" + " " * 300_000, "bearer " * 50_000, "authorization:" * 20_000):
        assert len(redactor.redact(text)) > 0


class Opaque:
    def __str__(self) -> str:
        return "holds hunter22"


def redacted(record: logging.LogRecord) -> logging.LogRecord:
    assert RedactingFilter(["hunter22"]).filter(record) is True
    return record


def test_message_and_arguments_are_masked():
    record = logging.LogRecord("x", logging.INFO, "", 0, "key %s of %d", ("hunter22", 3), None)
    assert redacted(record).getMessage() == f"key {MASK} of 3"


def test_a_message_with_a_percent_sign_is_kept():
    record = logging.LogRecord("x", logging.INFO, "", 0, "%d%% of hunter22", (50,), None)
    assert redacted(record).getMessage() == f"50% of {MASK}"


def test_an_exceptions_message_is_masked():
    try:
        raise ValueError("bad key hunter22")
    except ValueError:
        record = logging.LogRecord("x", logging.INFO, "", 0, "failed", None, sys.exc_info())
    text = redacted(record).exc_text
    assert "hunter22" not in text.splitlines()[-1]
    assert text.endswith(f"ValueError: bad key {MASK}")


def test_extra_fields_are_masked_however_deep_the_secret_lies():
    record = logging.makeLogRecord(
        {
            "plain": "hunter22",
            "nested": {"hunter22": ["a", ("hunter22",)], "n": 1},
            "opaque": Opaque(),
            "count": 5,
            "none": None,
        }
    )
    record = redacted(record)
    assert (record.plain, record.nested, record.opaque, record.count, record.none) == (
        MASK,
        {MASK: ["a", [MASK]], "n": 1},
        f"holds {MASK}",
        5,
        None,
    )
