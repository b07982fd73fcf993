"""Forms that are rare but legal: gateways and older servers send them, and nothing of them may be lost."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from muxer.ports import HttpRequest
from muxer.providers.provider_rows import PROVIDERS
from muxer.providers.quirks import check_quirks
from muxer.providers.registry import DIALECTS
from muxer.types.catalog import Capabilities, DatedPrice, ModelSpec, Rates
from muxer.types.chat import ChatRequest, Message, Tool

MODEL = ModelSpec("any", "m", (DatedPrice(dt.date.min, Rates(1, 1)),), Capabilities(tools=True))


def openai_message(message: dict) -> Message:
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    row = PROVIDERS["mistral"].spec("k")
    return DIALECTS["openai"].decode(json.dumps(body).encode(), row, MODEL).choices[0].message


@pytest.mark.parametrize(
    ("thinking", "reasoning"),
    [("hm", "hm"), ([{"type": "text", "text": "h"}, {"type": "text", "text": "m"}], "hm"), (None, ""), (7, "")],
)
def test_thinking_comes_as_text_as_a_list_or_not_at_all(thinking, reasoning):
    said = openai_message({"content": [{"type": "thinking", "thinking": thinking}, {"type": "text", "text": "Hi"}]})

    assert (said.content, said.reasoning) == ("Hi", reasoning)


def test_a_tool_call_without_its_function_has_no_arguments():
    call = openai_message({"content": "", "tool_calls": [{"id": "1", "type": "function"}]}).tool_calls[0]

    assert (call.id, call.arguments) == ("1", "")


def test_a_stream_of_cohere_may_end_with_openais_terminator():
    end = '{"type":"message-end","delta":{"finish_reason":"COMPLETE"}}'
    delta = '{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hi"}}}}'
    decoder = DIALECTS["cohere"].stream_decoder(PROVIDERS["cohere"].spec("k"), MODEL)
    chunks = [*decoder.feed(f"data: [DONE]\n\ndata: {delta}\n\ndata: {end}\n\n".encode()), *decoder.close()]

    assert "".join(c.delta.content for chunk in chunks for c in chunk.choices) == "Hi"


def test_a_block_of_anthropic_may_begin_with_its_text():
    events = [
        {"type": "message_start", "message": {"id": "1", "content": [], "usage": {"input_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "hm"}},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "Hi"}},
        {"type": "message_delta", "usage": {"output_tokens": 2}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    ]
    data = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events).encode()
    decoder = DIALECTS["anthropic"].stream_decoder(PROVIDERS["anthropic"].spec("k"), MODEL)
    deltas = [c.delta for chunk in [*decoder.feed(data), *decoder.close()] for c in chunk.choices]

    assert ("".join(d.content for d in deltas), "".join(d.reasoning for d in deltas)) == ("Hi", "hm")


def gemini(**more: object) -> tuple[HttpRequest, tuple[str, ...]]:
    request = ChatRequest((Message("user", "Hi"),), **more)
    row = PROVIDERS["google"].spec("k")
    dialect = DIALECTS["gemini"]
    return dialect.encode(request, row, MODEL, stream=False), dialect.dropped(request, row, MODEL)


def test_what_gemini_does_not_know_of_a_tool_is_told():
    assert "tools.strict" in gemini(tools=(Tool("f", strict=True),))[1]


@pytest.mark.parametrize(("tier", "dropped"), [("auto", False), ("scale", True)])
def test_a_tier_that_means_nothing_there_is_told_unless_it_asks_for_nothing(tier, dropped):
    assert ("service_tier" in gemini(service_tier=tier)[1]) == dropped


def test_quirks_that_nobody_knows_are_refused():
    check_quirks("openai", {"message_names": False})
    check_quirks("cohere", {})
    for dialect, quirks in (("openai", {"misspelt": 1}), ("openai", {"message_names": 1}), ("cohere", {"any": 1})):
        with pytest.raises(ValueError):
            check_quirks(dialect, quirks)
