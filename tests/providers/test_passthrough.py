"""What is passed through is what the provider said, or nothing: never bytes that are no text."""

from __future__ import annotations

import datetime as dt

import pytest
from muxer.providers.openai_chat import OpenAIChat
from muxer.providers.provider_rows import PROVIDERS
from muxer.types.catalog import DatedPrice, ModelSpec, Rates
from muxer.types.chat import ChatRequest, Message

MODEL = ModelSpec("openai", "gpt-4o", (DatedPrice(dt.date.min, Rates(1, 1)),))
ROW = PROVIDERS["openai"].spec("key")
ANSWER = (
    b'{"id":"1","object":"chat.completion","created":1,"model":"m","x":"%s","choices":[{"index":0,"message":'
    b'{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}'
)
EVENT = (
    b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","x":"%s","choices":[{"index":0,"delta":'
    b'{"role":"assistant","content":"Hi"},"finish_reason":null}]}\n\n'
)


@pytest.mark.parametrize(("text", "passes"), [(b"plain", True), ("naïve".encode(), True), (b"\xff\xfe", False)])
def test_only_text_is_passed_through(text, passes):
    whole = OpenAIChat().decode(ANSWER % text, ROW, MODEL)
    (chunk,) = OpenAIChat().stream_decoder(ROW, MODEL).feed(EVENT % text)

    assert (whole.raw == ANSWER % text, chunk.raw != b"") == (passes, passes)
    assert whole.choices[0].message.content == "Hi"


def test_unknown_fields_go_only_to_providers_that_take_them():
    request = ChatRequest(
        (Message("user", "Hi"),), raw=b'{"messages":[{"role":"user","content":"Hi"}],"store":true,"x_unknown":1}'
    )
    rows = [row for row in PROVIDERS.values() if row.dialect == "openai"]
    sent = {row.name: OpenAIChat().encode(request, row.spec("k"), MODEL, stream=False).body for row in rows}

    assert b'"store":true' in sent["openai"]
    assert all(b"x_unknown" not in body for body in sent.values())
    assert b"store" not in sent["mistral"] + sent["groq"] + sent["together"]
