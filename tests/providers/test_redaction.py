"""Keys are blotted out of what providers say, in whatever form they come back."""

from __future__ import annotations

import base64
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.providers.redaction import BLOT, redacted

KEY = "AbCdEfGhIjKlMnOpQrStUvWx/+=9"


@pytest.mark.parametrize(
    "text",
    [
        "sk-proj-abcdef1234567890",
        "sk-ab***********yz99",
        "gsk_abcdef123456",
        "AIzaSyA1234567890abcdef",
        "Bearer abc.def.ghi",
        "authorization: bearer   short1",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    ],
)
def test_what_looks_like_a_key_is_blotted_out_whosever_it_is(text: str) -> None:
    shown = redacted(f"Incorrect API key provided: {text}, sorry.", "")

    assert shown.startswith("Incorrect API key provided: ")
    assert BLOT in shown
    assert text.split()[-1] not in shown


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        KEY[3:15],
        urllib.parse.quote(KEY, safe=""),
        base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(b"u:" + KEY.encode()).decode(),
        base64.b64encode(b"k:9" + KEY.encode()).decode(),
        f"key={KEY}&x=1",
        f"<b>{KEY}</b>",
    ],
)
def test_our_key_is_blotted_out_in_every_form(form: str) -> None:
    shown = redacted(f"bad key: {form}!", KEY)

    assert "bad key:" in shown
    assert not any(form[i : i + 12] in shown for i in range(len(form) - 11))


@given(before=st.text(max_size=20), after=st.text(max_size=20), start=st.integers(0, 10), length=st.integers(8, 28))
def test_no_eight_characters_of_our_key_survive(before: str, after: str, start: int, length: int) -> None:
    piece = KEY[start : start + length]
    shown = redacted(before + piece + after, KEY)

    assert not any(KEY[i : i + 8] in shown for i in range(len(KEY) - 7))


@pytest.mark.parametrize(
    "text", ["", "The model `gpt-4` does not exist.", "`temperature` must be at most 2", "co-operation"]
)
def test_other_words_stay_as_they_are(text: str) -> None:
    assert text == redacted(text, KEY)
