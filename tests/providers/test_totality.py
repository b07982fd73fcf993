"""Nothing of a request is lost in silence: every field is said to the provider, refused, or reported as dropped."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
from muxer.errors import MuxerError, Reason
from muxer.providers.provider_rows import PROVIDERS
from muxer.providers.registry import DIALECTS
from muxer.providers.request_body import may_give_hints
from muxer.types.catalog import Capabilities
from muxer.types.chat import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    Part,
    RefusalPart,
    ResponseFormat,
    RoutingOptions,
    TextPart,
    Tool,
    ToolCall,
    ToolChoice,
)

from tests.providers.calls import CALLS, PDF, PIXEL, SCHEMA, TIME, USER, WEATHER
from tests.providers.wire import Anyone

PLACES = [(name, row.dialect) for name, row in PROVIDERS.items()] + [("openai", "responses")]
ABILITIES: dict[str, dict[str, Any]] = {
    "able": {"reasoning": True, "efforts": ["none", "low", "high"], "tools": True, "assistant_prefill": True},
    "restricted": {"sampling_params": False, "forced_tool_use": False, "reasoning": True, "efforts": ["low", "high"]},
    "plain": {},
}

TOOLED = {"tools": (WEATHER, TIME)}
VALUES: dict[str, list[dict[str, Any]]] = {
    "messages": [{"messages": (Message("user", "Other words"),)}],
    "tools": [TOOLED],
    "tool_choice": [
        *({**TOOLED, "tool_choice": ToolChoice(mode)} for mode in ("none", "required")),
        {**TOOLED, "tool_choice": ToolChoice("named", ("time",))},
        {**TOOLED, "tool_choice": ToolChoice("allowed", ("time",))},
        {"tool_choice": ToolChoice("required")},
    ],
    "parallel_tool_calls": [{**TOOLED, "parallel_tool_calls": False}, {"parallel_tool_calls": True}],
    "response_format": [
        {"response_format": ResponseFormat("json_object")},
        {"response_format": ResponseFormat("json_schema", "place", schema=SCHEMA)},
    ],
    "max_tokens": [{"max_tokens": 77}],
    "temperature": [{"temperature": 0.25}, {"temperature": 0.0}],
    "top_p": [{"top_p": 0.5}],
    "stop": [{"stop": ("END",)}],
    "seed": [{"seed": 7}, {"seed": 0}],
    "n": [{"n": 3}],
    "logprobs": [{"logprobs": True}],
    "top_logprobs": [{"logprobs": True, "top_logprobs": 4}, {"top_logprobs": 4}],
    "presence_penalty": [{"presence_penalty": 0.5}, {"presence_penalty": -0.5}, {"presence_penalty": 0.0}],
    "frequency_penalty": [{"frequency_penalty": 0.5}, {"frequency_penalty": -0.5}],
    "logit_bias": [{"logit_bias": {"50256": -100.0}}],
    "reasoning_effort": [{"reasoning_effort": word} for word in ("none", "minimal", "low", "medium", "high", "max")],
    "verbosity": [{"verbosity": "low"}],
    "user": [{"user": "u1"}],
    "metadata": [{"metadata": {"k": "v"}}],
    "service_tier": [{"service_tier": word} for word in ("default", "flex", "scale", "priority", "fast")],
}
OURS = {"model", "routing", "raw"}
"""Fields that are for the router and not for providers."""


def body(request: ChatRequest, place: tuple[str, str], abilities: str, anyone: Anyone) -> bytes:
    provider, model = anyone(place[0], **ABILITIES[abilities])
    return DIALECTS[place[1]].encode(request, provider, model, stream=False).body


def refusal(request: ChatRequest, place: tuple[str, str], abilities: str, anyone: Anyone) -> str:
    """The field for which the request is refused, as unsupported; empty if it is not."""
    try:
        body(request, place, abilities, anyone)
    except MuxerError as error:
        return error.field if error.reason is Reason.UNSUPPORTED_PARAMETER else error.message
    return ""


def test_every_field_of_a_request_has_a_sample() -> None:
    assert {field.name for field in msgspec.structs.fields(ChatRequest)} == {*VALUES, *OURS}


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("field", VALUES)
def test_a_field_is_said_refused_or_reported(place: tuple[str, str], field: str, anyone: Anyone) -> None:
    for value, abilities in itertools.product(VALUES[field], ABILITIES):
        provider, model = anyone(place[0], **ABILITIES[abilities])
        dialect = DIALECTS[place[1]]
        without = {name: given for name, given in value.items() if name != field}
        request = ChatRequest(**{"messages": (USER,), **value})
        if refused := refusal(request, place, abilities, anyone):
            assert refused in value
            with pytest.raises(MuxerError):
                dialect.dropped(request, provider, model)
            continue
        said = body(request, place, abilities, anyone)
        unsaid = body(ChatRequest(**{"messages": (USER,), **without}), place, abilities, anyone)
        reported = set(dialect.dropped(request, provider, model))

        assert (said != unsaid) or field in reported
        assert reported <= set(value)
        assert may_give_hints(request) or not reported


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize(
    "value",
    [
        {"n": 1},
        {"logprobs": False},
        {"response_format": ResponseFormat("text")},
        {"model": "auto"},
        {"routing": RoutingOptions(preset="cheap")},
    ],
    ids=str,
)
def test_what_holds_anyhow_needs_no_word(place: tuple[str, str], value: dict[str, Any], anyone: Anyone) -> None:
    provider, model = anyone(place[0])
    request = ChatRequest((USER,), **value)

    assert body(ChatRequest((USER,)), place, "plain", anyone) == body(request, place, "plain", anyone)
    assert DIALECTS[place[1]].dropped(request, provider, model) == ()


PARTS: dict[str, Part] = {
    "text": TextPart("the words"),
    "image": ImagePart("https://h.example/the-image.png"),
    "inline image": ImagePart(PIXEL),
    "audio": AudioPart("dGhlIGF1ZGlv", "wav"),
    "file": FilePart(file_data=PDF),
    "file id": FilePart(file_id="https://files.example/the-file"),
    "refusal": RefusalPart("the refusal"),
}
MARKS = {
    "text": "the words",
    "image": "the-image.png",
    "inline image": "iVBORw0KGgo=",
    "audio": "dGhlIGF1ZGlv",
    "file": "JVBERi0=",
    "file id": "the-file",
    "refusal": "the refusal",
}


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool"])
@pytest.mark.parametrize("kind", PARTS)
def test_a_part_of_any_kind_is_said_or_refused_by_its_path(
    place: tuple[str, str], role: str, kind: str, anyone: Anyone
) -> None:
    part = PARTS[kind]
    messages: tuple[Message, ...] = (USER, Message(role, parts=(TextPart("first"), part)))
    if role == "tool":
        asked = Message("assistant", tool_calls=(ToolCall("call_1", "weather", "{}"),))
        messages = (asked, Message("tool", parts=(part, part), tool_call_id="call_1"))
    request = ChatRequest(messages)
    if refused := refusal(request, place, "able", anyone):
        assert refused.startswith("messages[1].parts[")
        return

    assert MARKS[kind] in body(request, place, "able", anyone).decode()


MESSAGES = {
    "name": (Message("user", "Hi", name="ann"), "messages.name"),
    "detail": (Message("user", parts=(ImagePart(PIXEL, "low"),)), "messages.image_url.detail"),
}


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("hint", MESSAGES)
def test_a_hint_inside_a_message_is_said_or_reported(place: tuple[str, str], hint: str, anyone: Anyone) -> None:
    message, name = MESSAGES[hint]
    provider, model = anyone(place[0])
    request = ChatRequest((message,))
    said = body(request, place, "plain", anyone)

    assert (b"ann" in said or b'"low"' in said) != (name in DIALECTS[place[1]].dropped(request, provider, model))


@pytest.mark.parametrize("hint", MESSAGES)
def test_a_hint_inside_a_message_is_worth_asking_the_encoder_about(hint: str) -> None:
    message, _ = MESSAGES[hint]

    assert may_give_hints(ChatRequest((USER, message)))


def test_an_ordinary_conversation_gives_no_hints() -> None:
    assert not may_give_hints(ChatRequest((USER, Message("assistant", "Yes."), USER), model="auto", max_tokens=100))


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_refusal_of_an_earlier_turn_is_still_said(place: tuple[str, str], anyone: Anyone) -> None:
    request = ChatRequest((USER, Message("assistant", refusal="I would rather not."), USER))

    assert b"I would rather not." in body(request, place, "plain", anyone)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_calls_and_results_are_all_said(place: tuple[str, str], anyone: Anyone) -> None:
    messages = (
        USER,
        Message("assistant", "Checking.", tool_calls=CALLS),
        Message("tool", "4 degrees", tool_call_id="call_1"),
        Message("tool", '{"hour": 12}', tool_call_id="call_2"),
    )
    said = body(ChatRequest(messages, tools=(WEATHER, TIME)), place, "able", anyone).decode()

    for mark in ("Checking.", "weather", "Oslo", "4 degrees", "hour"):
        assert mark in said


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_tools_that_are_no_functions_are_refused_or_said(place: tuple[str, str], anyone: Anyone) -> None:
    call = ToolCall("call_1", "sql", "SELECT 1", kind="custom")
    requests = {
        "tools[0].type": ChatRequest((USER,), tools=(Tool("sql", "Runs SQL.", kind="custom"),)),
        "messages[1].tool_calls[0].type": ChatRequest((USER, Message("assistant", tool_calls=(call,)), USER)),
    }
    for field, request in requests.items():
        if place[0] == "openai":
            assert b'"custom' in body(request, place, "able", anyone)
            continue
        with pytest.raises(MuxerError) as caught:
            body(request, place, "able", anyone)
        assert (caught.value.reason, caught.value.field) == (Reason.UNSUPPORTED_PARAMETER, field)


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1} x', '{"a": 1}, "model": "dearest"', "null", '{"\ud800": 1'])
def test_a_schema_that_is_no_json_object_never_reaches_a_provider(
    place: tuple[str, str], text: str, anyone: Anyone
) -> None:
    wanted = ResponseFormat("json_schema", "place", schema=text)
    with pytest.raises(MuxerError) as caught:
        body(ChatRequest((USER,), response_format=wanted), place, "able", anyone)

    assert (caught.value.reason, caught.value.field) == (Reason.INVALID_VALUE, "response_format.schema")


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_named_choice_without_a_name_is_refused(place: tuple[str, str], anyone: Anyone) -> None:
    with pytest.raises(MuxerError, match="names no tool"):
        body(ChatRequest((USER,), tools=(TIME,), tool_choice=ToolChoice("named")), place, "able", anyone)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_model_has_the_samples_of_every_ability(place: tuple[str, str]) -> None:
    known = {field.name for field in msgspec.structs.fields(Capabilities)}

    assert all(set(able) <= known for able in ABILITIES.values())
