"""Providers that speak OpenAI with differences: what each row makes of the same request."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from muxer.errors import MuxerError
from muxer.providers.openai_quirks import OpenAIQuirks
from muxer.providers.openai_request import parameters
from muxer.providers.provider_rows import PROVIDERS
from muxer.providers.registry import DIALECTS
from muxer.types.chat import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    TextPart,
    ToolCall,
    ToolChoice,
)

from tests.providers.calls import PDF, PIXEL, TIME, USER, WEATHER
from tests.providers.wire import Anyone

REQUEST = ChatRequest(
    (
        Message("developer", "Be brief."),
        Message("user", "Hi", name="ann"),
        Message("assistant", tool_calls=(ToolCall("call_with_a_long_id", "time", "{}"),)),
        Message("tool", "noon", tool_call_id="call_with_a_long_id"),
    ),
    tools=(WEATHER, TIME),
    tool_choice=ToolChoice("allowed", ("time",), required=True),
    parallel_tool_calls=True,
    max_tokens=100,
    temperature=1.5,
    top_p=0.9,
    stop=("END",),
    seed=7,
    n=1,
    presence_penalty=0.1,
    frequency_penalty=0.2,
    reasoning_effort="low",
    verbosity="low",
    user="u1",
    metadata={"k": "v"},
    service_tier="default",
)

TIME_TOOL = {"type": "function", "function": {"name": "time"}}


def call(id_: str) -> dict[str, Any]:
    function = {"name": "time", "arguments": "{}"}
    return {"role": "assistant", "tool_calls": [{"id": id_, "type": "function", "function": function}]}


SHARED = {
    "model": "the-model",
    "top_p": 0.9,
    "stop": ["END"],
    "presence_penalty": 0.1,
    "frequency_penalty": 0.2,
    "tools": [TIME_TOOL],
    "tool_choice": "required",
    "stream": True,
}
EXPECTED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "mistral": (
        {
            **SHARED,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Hi"},
                call("6gmYmWe03"),
                {"role": "tool", "content": "noon", "tool_call_id": "6gmYmWe03"},
            ],
            "max_tokens": 100,
            "random_seed": 7,
            "temperature": 1.0,
            "parallel_tool_calls": True,
            "reasoning_effort": "none",
            "metadata": {"k": "v"},
            "service_tier": "default",
        },
        {"verbosity", "user", "messages.name"},
    ),
    "groq": (
        {
            **SHARED,
            "messages": [
                {"role": "developer", "content": "Be brief."},
                {"role": "user", "content": "Hi"},
                call("call_with_a_long_id"),
                {"role": "tool", "content": "noon", "tool_call_id": "call_with_a_long_id"},
            ],
            "max_completion_tokens": 100,
            "seed": 7,
            "temperature": 1.5,
            "parallel_tool_calls": True,
            "reasoning_effort": "none",
            "user": "u1",
            "service_tier": "on_demand",
            "stream_options": {"include_usage": True},
        },
        {"verbosity", "metadata", "messages.name"},
    ),
    "together": (
        {
            **SHARED,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Hi", "name": "ann"},
                call("call_with_a_long_id"),
                {"role": "tool", "content": "noon", "tool_call_id": "call_with_a_long_id"},
            ],
            "max_tokens": 100,
            "seed": 7,
            "temperature": 1.5,
            "reasoning_effort": "none",
        },
        {"verbosity", "user", "metadata", "service_tier", "parallel_tool_calls"},
    ),
}


def encoded(name: str, request: ChatRequest, anyone: Anyone, **abilities: Any) -> Any:
    provider, model = anyone(name, **abilities)
    return msgspec.json.decode(DIALECTS["openai"].encode(request, provider, model, stream=False).body)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_row_makes_its_own_words_of_a_request(name: str, anyone: Anyone) -> None:
    provider, model = anyone(name, reasoning=True, efforts=["none", "high"])
    said = DIALECTS["openai"].encode(REQUEST, provider, model, stream=True)
    body, dropped = EXPECTED[name]

    assert body == msgspec.json.decode(said.body)
    assert dropped == set(DIALECTS["openai"].dropped(REQUEST, provider, model))
    assert said.headers["authorization"] == "Bearer sk-the-key-of-the-operator"


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("groq", "n", {"n": 2}),
        ("groq", "logprobs", {"logprobs": True}),
        ("groq", "logit_bias", {"logit_bias": {"5": 1.0}}),
        ("mistral", "logit_bias", {"logit_bias": {"5": 1.0}}),
        ("openai", "logit_bias", {"logit_bias": {"5": 1.0}}),
        ("openai", "top_logprobs", {"top_logprobs": 3, "logprobs": True}),
        ("openai", "stop", {"stop": ("END",)}),
    ],
)
def test_what_would_change_the_answer_is_refused_and_not_left_out(
    name: str, field: str, value: dict[str, Any], anyone: Anyone
) -> None:
    with pytest.raises(MuxerError) as caught:
        encoded(name, ChatRequest((USER,), **value), anyone, reasoning=True, sampling_params=False)

    assert caught.value.field in (field, "logprobs")


@pytest.mark.parametrize(("effort", "taken"), [("none", True), ("low", False), ("", False)])
def test_some_models_take_sampling_parameters_only_while_they_do_not_reason(
    effort: str, taken: bool, anyone: Anyone
) -> None:
    request = ChatRequest((USER,), temperature=0.5, reasoning_effort=effort)
    said = encoded("openai", request, anyone, reasoning=True, efforts=["none", "low"], sampling_params=False)

    assert ("temperature" in said) == taken


@pytest.mark.parametrize("name", ["openai", "mistral", "groq", "together"])
@pytest.mark.parametrize("limit", [None, 100])
def test_a_request_without_wishes_says_what_one_says_whose_only_wish_is_dropped(
    name: str, limit: int | None, anyone: Anyone
) -> None:
    plain = ChatRequest((Message("user", "Hi"),), max_tokens=limit)
    wishing = ChatRequest((Message("user", "Hi"),), max_tokens=limit, parallel_tool_calls=True)
    provider, model = anyone(name)

    assert parameters(plain, provider, model).fields == parameters(wishing, provider, model).fields
    assert len(parameters(plain, provider, model).fields) == (limit is not None)
    assert parameters(plain, provider, model).dropped == []


def test_together_counts_log_probabilities(anyone: Anyone) -> None:
    assert encoded("together", ChatRequest((USER,), logprobs=True), anyone)["logprobs"] == 1
    assert encoded("together", ChatRequest((USER,), logprobs=True, top_logprobs=5), anyone)["logprobs"] == 5


def test_parts_have_the_form_of_each_row(anyone: Anyone) -> None:
    request = ChatRequest((Message("user", parts=(AudioPart("UklGRg==", "mp3"),)),))
    audio = encoded("together", request, anyone)["messages"][0]["content"]
    files = (TextPart("a"), ImagePart(PIXEL), FilePart(file_data=PDF), FilePart(file_id="file-1"))
    mistral = encoded("mistral", ChatRequest((Message("user", parts=files),)), anyone)["messages"][0]["content"]

    assert audio == [{"type": "audio_url", "audio_url": {"url": "data:audio/mpeg;base64,UklGRg=="}}]
    assert mistral == [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": PIXEL}},
        {"type": "document_url", "document_url": PDF},
        {"type": "file", "file_id": "file-1"},
    ]


def test_mistrals_own_ids_stay_and_foreign_ones_stay_apart(anyone: Anyone) -> None:
    calls = tuple(ToolCall(id_, "time", "{}") for id_ in ("Ab3dE6gH9", "call_1", "call_2"))
    said = encoded("mistral", ChatRequest((USER, Message("assistant", tool_calls=calls))), anyone)
    ids = [call["id"] for call in said["messages"][1]["tool_calls"]]

    assert ids[0] == "Ab3dE6gH9"
    assert len(set(ids)) == 3
    assert all(len(id_) == 9 and id_.isalnum() for id_ in ids)


@pytest.mark.parametrize(
    ("asked", "known", "said"),
    [
        ("minimal", ["none", "low", "medium", "high"], "low"),
        ("minimal", ["none", "high"], "none"),
        ("low", ["none", "high"], "none"),
        ("medium", ["none", "high"], "high"),
        ("max", ["none", "low", "medium", "high", "xhigh"], "xhigh"),
        ("none", ["low", "medium", "high"], "low"),
        ("none", ["none", "default"], "none"),
        ("high", ["none", "default"], "default"),
        ("xhigh", ["low", "high", "max"], "high"),
        ("high", [], "high"),
    ],
)
def test_effort_is_said_in_the_models_nearest_word(asked: str, known: list[str], said: str, anyone: Anyone) -> None:
    request = ChatRequest((USER,), reasoning_effort=asked)

    assert encoded("openai", request, anyone, reasoning=True, efforts=known)["reasoning_effort"] == said


def test_a_server_without_a_key_gets_no_authorization(anyone: Anyone) -> None:
    _, model = anyone("openai")
    provider = PROVIDERS["openai"].spec("", "http://127.0.0.1:11434/v1")

    assert "authorization" not in DIALECTS["openai"].encode(ChatRequest((USER,)), provider, model, stream=False).headers


@pytest.mark.parametrize("name", ["openai", "mistral", "groq", "together"])
def test_the_rows_quirks_are_spelt_as_they_are_read(name: str) -> None:
    quirks = msgspec.convert(PROVIDERS[name].quirks, OpenAIQuirks)

    assert quirks != OpenAIQuirks()


def test_a_misspelt_quirk_is_refused(anyone: Anyone) -> None:
    _, model = anyone("openai")
    provider = msgspec.structs.replace(PROVIDERS["groq"].spec("k"), quirks={"developer_rolle": False})
    with pytest.raises(msgspec.ValidationError, match="developer_rolle"):
        DIALECTS["openai"].encode(ChatRequest((USER,)), provider, model, stream=False)
