"""Why a model stopped and what it used, in every provider's words, whole and streamed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from muxer.errors import ProviderFailed
from muxer.ports import ProviderSpec
from muxer.providers.assembly import Assembly
from muxer.providers.registry import DIALECTS
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatResponse, Usage

MODEL = ModelSpec("prov", "the-model", ())

Wire = Callable[..., tuple[Any, list[Any]]]


def openai(finish: str | None, usage: Any = None, text: str = "Hi", call: bool = False) -> tuple[Any, list[Any]]:
    calls = [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}] if call else None
    said = {"role": "assistant", "content": text, "tool_calls": calls}
    whole = {"choices": [{"index": 0, "message": said, "finish_reason": finish}], "usage": usage}
    ending = {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}], "usage": usage}
    return whole, [{"choices": [{"index": 0, "delta": said}]}, ending, "[DONE]"]


def anthropic(stop: str | None, usage: Any = None, text: str = "Hi", call: bool = False) -> tuple[Any, list[Any]]:
    blocks: list[Any] = [{"type": "text", "text": text}] if text else []
    blocks += [{"type": "tool_use", "id": "c", "name": "f", "input": {}}] if call else []
    counts = {"input_tokens": 1, "output_tokens": 0} if usage is None else usage
    starts = [{"type": "content_block_start", "index": i, "content_block": block} for i, block in enumerate(blocks)]
    stops = [{"type": "content_block_stop", "index": i} for i in range(len(blocks))]
    return {"content": blocks, "stop_reason": stop, "usage": counts}, [
        {"type": "message_start", "message": {"id": "", "usage": counts}},
        *starts,
        *stops,
        {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": counts},
        {"type": "message_stop"},
    ]


def gemini(finish: str | None, usage: Any = None, text: str = "Hi", call: bool = False) -> tuple[Any, list[Any]]:
    parts: list[Any] = [{"text": text}] if text else []
    parts += [{"functionCall": {"id": "c", "name": "f", "args": {}}}] if call else []
    whole = {"candidates": [{"content": {"parts": parts}, "finishReason": finish}], "usageMetadata": usage}
    return whole, [whole]


def cohere(finish: str | None, usage: Any = None, text: str = "Hi", call: bool = False) -> tuple[Any, list[Any]]:
    wire = {"id": "c", "function": {"name": "f", "arguments": "{}"}}
    message = {"content": [{"type": "text", "text": text}], "tool_calls": [wire] if call else None}
    return {"id": "", "message": message, "finish_reason": finish, "usage": usage}, [
        {"type": "message-start", "id": ""},
        {"type": "content-delta", "delta": {"message": {"content": {"text": text}}}},
        *([{"type": "tool-call-start", "delta": {"message": {"tool_calls": wire}}}] if call else []),
        {"type": "message-end", "delta": {"finish_reason": finish, "usage": usage}},
    ]


def responses(finish: str | None, usage: Any = None, text: str = "Hi", call: bool = False) -> tuple[Any, list[Any]]:
    items: list[Any] = [{"type": "message", "content": [{"type": "output_text", "text": text}]}] if text else []
    items += [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}] if call else []
    status = "completed" if finish == "completed" else "incomplete"
    details = None if finish == "completed" else {"reason": finish}
    whole = {"status": status, "incomplete_details": details, "output": items, "usage": usage}
    return whole, [
        {"type": "response.created", "response": {"id": ""}},
        {"type": "response.output_text.delta", "delta": text},
        *({"type": "response.output_item.added", "output_index": i, "item": item} for i, item in enumerate(items)),
        *({"type": "response.output_item.done", "output_index": i, "item": item} for i, item in enumerate(items)),
        {"type": f"response.{status}", "response": whole},
    ]


WIRES: dict[str, Wire] = {
    "openai": openai,
    "anthropic": anthropic,
    "gemini": gemini,
    "cohere": cohere,
    "responses": responses,
}


def both(dialect: str, whole: Any, events: list[Any]) -> list[ChatResponse]:
    """The answer read as a whole and put together from its stream."""
    provider = ProviderSpec("prov", dialect, "http://127.0.0.1:9")
    decoder = DIALECTS[dialect].stream_decoder(provider, MODEL)
    assembly = Assembly()
    for event in events:
        data = event.encode() if isinstance(event, str) else msgspec.json.encode(event)
        assembly.add(decoder.feed(b"data: " + data + b"\n\n"))
    while chunks := decoder.close():
        assembly.add(chunks)
    return [DIALECTS[dialect].decode(msgspec.json.encode(whole), provider, MODEL), assembly.response()]


FINISHES = [
    *[("openai", native, "stop") for native in ("stop", "eos")],
    *[("openai", native, "length") for native in ("length", "model_length")],
    ("openai", "content_filter", "content_filter"),
    *[("anthropic", native, "stop") for native in ("end_turn", "stop_sequence", "pause_turn")],
    *[("anthropic", native, "length") for native in ("max_tokens", "model_context_window_exceeded")],
    ("anthropic", "refusal", "content_filter"),
    ("gemini", "STOP", "stop"),
    ("gemini", "MAX_TOKENS", "length"),
    *[
        ("gemini", native, "content_filter")
        for native in (
            "SAFETY",
            "RECITATION",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "SPII",
            "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT",
            "IMAGE_RECITATION",
            "IMAGE_OTHER",
            "MODEL_ARMOR",
            "LANGUAGE",
        )
    ],
    *[("cohere", native, "stop") for native in ("COMPLETE", "STOP_SEQUENCE")],
    ("cohere", "MAX_TOKENS", "length"),
    ("responses", "completed", "stop"),
    ("responses", "max_output_tokens", "length"),
    ("responses", "content_filter", "content_filter"),
    *[(dialect, "a_new_word", "stop") for dialect in sorted(WIRES)],
]


def test_every_dialect_has_its_words() -> None:
    assert set(WIRES) == set(DIALECTS)


@pytest.mark.parametrize(("dialect", "native", "finish"), FINISHES)
def test_every_native_finish_reason_has_a_canonical_one_and_is_kept(dialect: str, native: str, finish: str) -> None:
    for answer in both(dialect, *WIRES[dialect](native)):
        choice = answer.choices[0]

        assert (finish, native, "Hi") == (choice.finish_reason, choice.native_finish_reason, choice.message.content)


@pytest.mark.parametrize(
    ("dialect", "native"),
    [
        ("openai", "tool_calls"),
        ("openai", "function_call"),
        ("openai", "stop"),
        ("anthropic", "tool_use"),
        ("anthropic", "end_turn"),
        ("gemini", "STOP"),
        ("cohere", "TOOL_CALL"),
        ("responses", "completed"),
    ],
)
def test_an_answer_that_calls_tools_ends_with_tool_calls(dialect: str, native: str) -> None:
    for answer in both(dialect, *WIRES[dialect](native, text="", call=True)):
        assert [call.name for call in answer.choices[0].message.tool_calls] == ["f"]
        assert answer.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("dialect", "native"),
    [
        ("openai", "error"),
        *[
            ("gemini", native)
            for native in (
                "MALFORMED_FUNCTION_CALL",
                "UNEXPECTED_TOOL_CALL",
                "TOO_MANY_TOOL_CALLS",
                "MISSING_THOUGHT_SIGNATURE",
                "MALFORMED_RESPONSE",
                "OTHER",
            )
        ],
        ("cohere", "ERROR"),
        ("cohere", "TIMEOUT"),
    ],
)
def test_a_finish_reason_that_means_a_failure_is_one(dialect: str, native: str) -> None:
    whole, events = WIRES[dialect](native)
    for pair in ((whole, WIRES[dialect]("STOP")[1]), (WIRES[dialect]("STOP")[0], events)):
        with pytest.raises(ProviderFailed, match=f"it stopped for `{native}`"):
            both(dialect, *pair)


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "gemini", "cohere"])
def test_an_unknown_finish_reason_without_any_text_is_a_failure(dialect: str) -> None:
    with pytest.raises(ProviderFailed, match="it stopped for `a_new_word`"):
        both(dialect, *WIRES[dialect]("a_new_word", text=""))


ENDS = {"openai": "stop", "anthropic": "end_turn", "gemini": "STOP", "cohere": "COMPLETE", "responses": "completed"}
PLAIN = {"prompt_tokens": 100, "completion_tokens": 50}
COUNTS = {"promptTokenCount": 100, "candidatesTokenCount": 20}
UNITS = {"input_tokens": 100.0, "output_tokens": 50.0}

USAGES: list[tuple[str, Any, Usage | None]] = [
    ("openai", PLAIN, Usage(100, 50)),
    (
        "openai",
        {
            **PLAIN,
            "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 16},
            "completion_tokens_details": {"reasoning_tokens": 30},
        },
        Usage(100, 50, 64, 16, 30),
    ),
    ("openai", {**PLAIN, "prompt_tokens_details": None, "completion_tokens_details": None}, Usage(100, 50)),
    ("openai", {**PLAIN, "cached_tokens": 64}, Usage(100, 50, 64)),  # Together
    ("openai", {"prompt_tokens": 100.0, "completion_tokens": 50.0}, Usage(100, 50)),
    (
        "anthropic",
        {
            "input_tokens": 10,
            "cache_read_input_tokens": 80,
            "cache_creation_input_tokens": 10,
            "output_tokens": 50,
            "output_tokens_details": {"thinking_tokens": 30},
        },
        Usage(100, 50, 80, 10, 30),
    ),
    ("anthropic", {"input_tokens": 100, "output_tokens": 50, "cache_read_input_tokens": None}, Usage(100, 50)),
    (
        "gemini",
        {**COUNTS, "toolUsePromptTokenCount": 5, "cachedContentTokenCount": 64, "thoughtsTokenCount": 30},
        Usage(105, 50, 64, 0, 30),
    ),
    ("gemini", {"promptTokenCount": 100}, Usage(100, 0)),
    ("cohere", {"billed_units": UNITS, "tokens": {"input_tokens": 500.0}, "cached_tokens": 16.0}, Usage(100, 50, 16)),
    (
        "responses",
        {
            "input_tokens": 100,
            "output_tokens": 50,
            "input_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 16},
            "output_tokens_details": {"reasoning_tokens": 30},
        },
        Usage(100, 50, 64, 16, 30),
    ),
    # What cannot be right counts as not reported.
    *[(dialect, None, None) for dialect in ("openai", "gemini", "cohere", "responses")],
    *[(dialect, {}, None) for dialect in sorted(WIRES)],
    *[
        ("openai", {**PLAIN, **wrong}, None)
        for wrong in (
            {"prompt_tokens": -1},
            {"completion_tokens": -1},
            {"prompt_tokens": 10**12},
            {"prompt_tokens": None},
            {"prompt_tokens": "100"},
            {"prompt_tokens": True},
            {"cached_tokens": -5},
            {"prompt_tokens_details": {"cached_tokens": 101}},
            {"prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 60}},
            {"completion_tokens_details": {"reasoning_tokens": 51}},
        )
    ],
    ("anthropic", {"input_tokens": -100, "cache_read_input_tokens": 200, "output_tokens": 50}, None),
    ("anthropic", {"input_tokens": 100, "output_tokens": 10**12}, None),
    ("gemini", {"promptTokenCount": 100, "candidatesTokenCount": -1}, None),
    ("gemini", {"promptTokenCount": 10, "cachedContentTokenCount": 11}, None),
    ("cohere", {"billed_units": {"input_tokens": -1.0, "output_tokens": 5.0}}, None),
    ("responses", {"input_tokens": 10**12, "output_tokens": 1}, None),
]


@pytest.mark.parametrize(("dialect", "wire", "usage"), USAGES)
def test_usage_is_in_openais_sense_or_none(dialect: str, wire: Any, usage: Usage | None) -> None:
    native = {"openai": "stop", "anthropic": "end_turn", "gemini": "STOP", "cohere": "COMPLETE"}.get(
        dialect, "completed"
    )

    assert [usage, usage] == [answer.usage for answer in both(dialect, *WIRES[dialect](native, wire))]


def test_groqs_usage_is_found_in_its_side_channel() -> None:
    whole, events = openai("stop")
    events[1]["x_groq"] = {"id": "r", "usage": PLAIN}
    events.insert(2, {"choices": [], "x_groq": {"usage": {"dram_cached_tokens": 5}}})

    assert both("openai", whole, events)[1].usage == Usage(100, 50)


def test_the_last_of_several_usages_counts() -> None:
    whole, events = openai("stop", PLAIN)
    events[0]["usage"] = {"prompt_tokens": 100, "completion_tokens": 1}
    events.insert(2, {"choices": [], "usage": PLAIN})

    assert both("openai", whole, events)[1].usage == Usage(100, 50)
