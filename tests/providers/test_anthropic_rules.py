"""What Anthropic Messages demands of requests beyond other words for the same fields."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from muxer.errors import MuxerError
from muxer.ports import HttpRequest
from muxer.providers.anthropic_request import JSON_HINT
from muxer.providers.provider_state import pack
from muxer.providers.registry import DIALECTS
from muxer.types.chat import ChatRequest, Message, ResponseFormat, TextPart, Tool, ToolCall, ToolChoice

from tests.providers.calls import TIME, USER
from tests.providers.capture import GOLDENS
from tests.providers.wire import Anyone

ANTHROPIC = DIALECTS["anthropic"]
HI = {"type": "text", "text": "Hi"}


def encode(request: ChatRequest, anyone: Anyone, name: str = "the-model", **abilities: Any) -> tuple[HttpRequest, Any]:
    provider, model = anyone("anthropic", **abilities)
    said = ANTHROPIC.encode(request, provider, msgspec.structs.replace(model, name=name), stream=False)
    return said, msgspec.json.decode(said.body)


def dropped(request: ChatRequest, anyone: Anyone, **abilities: Any) -> tuple[str, ...]:
    provider, model = anyone("anthropic", **abilities)
    return ANTHROPIC.dropped(request, provider, model)


def turns(messages: tuple[Message, ...], anyone: Anyone, **abilities: Any) -> list[Any]:
    return encode(ChatRequest(messages), anyone, **abilities)[1]["messages"]


@pytest.mark.parametrize(
    ("sampling", "abilities", "version", "said"),
    [
        ({}, {}, "2026-10-21", {}),
        ({"temperature": 0.5}, {}, "2023-06-01", {"temperature": 0.5}),
        ({"top_p": 0.5}, {}, "2023-06-01", {"top_p": 0.5}),
        ({"temperature": 1.7}, {}, "2023-06-01", {"temperature": 1.0}),
        ({"temperature": 0.5, "top_p": 0.5}, {"sampling_params": False}, "2026-10-21", {}),
        ({"temperature": 0.5, "reasoning_effort": "low"}, {"reasoning": True}, "2026-10-21", {}),
    ],
)
def test_sampling_parameters_go_out_under_the_version_that_takes_them(
    sampling: dict[str, Any], abilities: dict[str, Any], version: str, said: dict[str, float], anyone: Anyone
) -> None:
    request = ChatRequest((USER,), **sampling)
    outgoing, body = encode(request, anyone, **abilities)

    assert outgoing.headers["anthropic-version"] == version
    assert {name: body[name] for name in ("temperature", "top_p") if name in body} == said
    left_out = {name for name in sampling if name in ("temperature", "top_p")} - set(said)
    assert left_out == {name for name in dropped(request, anyone, **abilities) if name in ("temperature", "top_p")}


def test_max_tokens_is_the_models_maximum_where_that_is_less_than_our_default(anyone: Anyone) -> None:
    provider, model = anyone("anthropic")
    for limit, expected in ((0, 16_384), (8_000, 8_000), (64_000, 16_384)):
        small = msgspec.structs.replace(model, max_output_tokens=limit)
        said = ANTHROPIC.encode(ChatRequest((USER,)), provider, small, stream=False)
        assert msgspec.json.decode(said.body)["max_tokens"] == expected


def test_turns_of_the_same_role_are_merged(anyone: Anyone) -> None:
    messages = (USER, Message("user", "There"), Message("assistant", "Yes"), Message("assistant", "?"), USER)

    assert turns(messages, anyone) == [
        {"role": "user", "content": [HI, {"type": "text", "text": "There"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Yes"}, {"type": "text", "text": "?"}]},
        {"role": "user", "content": [HI]},
    ]


@pytest.mark.parametrize(
    ("able", "expected"),
    [
        (False, [{"role": "user", "content": [HI, {"type": "text", "text": "Hurry."}, HI]}]),
        (
            True,
            [
                {"role": "user", "content": [HI]},
                {"role": "system", "content": [{"type": "text", "text": "Hurry."}]},
                {"role": "user", "content": [HI]},
            ],
        ),
    ],
)
def test_a_later_system_message_keeps_its_role_only_where_the_model_takes_that(
    able: bool, expected: list[Any], anyone: Anyone
) -> None:
    messages = (USER, Message("system", "Hurry."), USER)

    assert turns(messages, anyone, mid_conversation_system=able) == expected


def test_a_system_message_between_results_does_not_part_them(anyone: Anyone) -> None:
    calls = (ToolCall("a", "time", "{}"), ToolCall("b", "time", "{}"))
    messages = (
        USER,
        Message("assistant", tool_calls=calls),
        Message("tool", "1", tool_call_id="a"),
        Message("system", "Hurry."),
        Message("tool", "2", tool_call_id="b"),
    )
    last = turns(messages, anyone, mid_conversation_system=True)[-1]

    assert [block["type"] for block in last["content"]] == ["tool_result", "tool_result", "text"]


@pytest.mark.parametrize(
    "messages", [(Message("assistant", "Welcome!"), USER), (Message("system", "Greet."),), (Message("user", ""),)]
)
def test_a_conversation_always_begins_with_the_user(messages: tuple[Message, ...], anyone: Anyone) -> None:
    first = turns(messages, anyone)[0]

    assert first == {"role": "user", "content": [{"type": "text", "text": "."}]}


def test_an_assistant_at_the_end_is_refused_where_the_model_does_not_continue_it(anyone: Anyone) -> None:
    messages = (USER, Message("assistant", "Once upon"))

    assert turns(messages, anyone, assistant_prefill=True)[-1]["content"] == [{"type": "text", "text": "Once upon"}]
    with pytest.raises(MuxerError) as caught:
        turns(messages, anyone)
    assert caught.value.field == "messages[1]"


def test_empty_texts_are_left_out(anyone: Anyone) -> None:
    messages = (Message("user", parts=(TextPart(""), TextPart("Hi"))), Message("assistant", ""), USER)

    assert turns(messages, anyone) == [{"role": "user", "content": [HI, HI]}]


@pytest.mark.parametrize(
    ("arguments", "given"),
    [("", {}), ("  ", {}), ('{"a": 1}', {"a": 1}), ("[1]", {"arguments": "[1]"}), ("{oops", {"arguments": "{oops"})],
)
def test_arguments_become_an_object_whatever_the_model_wrote(arguments: str, given: Any, anyone: Anyone) -> None:
    call = ToolCall("a", "time", arguments)
    result = Message("tool", "1", tool_call_id="a")

    assert turns((USER, Message("assistant", tool_calls=(call,)), result), anyone)[1]["content"][0]["input"] == given


def test_foreign_ids_are_mapped_alike_in_calls_and_results(anyone: Anyone) -> None:
    call = ToolCall("functions.time:0", "time", "{}")
    result = Message("tool", "1", tool_call_id="functions.time:0")
    _, asked, answered = turns((USER, Message("assistant", tool_calls=(call,)), result), anyone)

    assert asked["content"][0]["id"] == answered["content"][0]["tool_use_id"]
    assert asked["content"][0]["id"].replace("_", "").isalnum()


@pytest.mark.parametrize(
    ("mode", "hint"),
    [("required", "You must call a tool in this turn."), ("named", "You must call the tool `time` in this turn.")],
)
def test_models_that_always_think_are_asked_in_words_to_call_a_tool(mode: str, hint: str, anyone: Anyone) -> None:
    request = ChatRequest((USER,), tools=(TIME,), tool_choice=ToolChoice(mode, ("time",)), parallel_tool_calls=False)
    _, body = encode(request, anyone, forced_tool_use=False)

    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert body["system"] == hint
    assert dropped(request, anyone, forced_tool_use=False) == ("tool_choice",)


def test_a_forced_call_prevails_over_thinking(anyone: Anyone) -> None:
    request = ChatRequest((USER,), tools=(TIME,), tool_choice=ToolChoice("required"), reasoning_effort="high")
    _, body = encode(request, anyone, reasoning=True)

    assert (body["tool_choice"], "thinking" in body) == ({"type": "any"}, False)
    assert dropped(request, anyone, reasoning=True) == ("reasoning_effort",)


def test_allowed_tools_are_the_only_ones_offered(anyone: Anyone) -> None:
    choice = ToolChoice("allowed", ("time",), required=True)
    _, body = encode(ChatRequest((USER,), tools=(Tool("weather"), TIME), tool_choice=choice), anyone)

    assert [tool["name"] for tool in body["tools"]] == ["time"]
    assert body["tool_choice"] == {"type": "any"}


def test_a_json_object_is_asked_for_in_words(anyone: Anyone) -> None:
    request = ChatRequest((Message("system", "Be brief."), USER), response_format=ResponseFormat("json_object"))

    assert encode(request, anyone)[1]["system"] == f"Be brief.\n\n{JSON_HINT}"


@pytest.mark.parametrize(
    ("effort", "efforts", "said"),
    [
        ("none", ["none", "low"], {"thinking": {"type": "disabled"}}),
        ("none", ["low", "high"], {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
        ("minimal", ["low", "high"], {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
        ("max", ["low", "max"], {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}),
    ],
)
def test_effort_is_adaptive_thinking(effort: str, efforts: list[str], said: Any, anyone: Anyone) -> None:
    _, body = encode(ChatRequest((USER,), reasoning_effort=effort), anyone, reasoning=True, efforts=efforts)

    assert {name: body[name] for name in ("thinking", "output_config") if name in body} == said


@pytest.mark.parametrize(
    ("effort", "max_tokens", "budget"),
    [("low", None, 1024), ("medium", None, 4096), ("high", None, 16_383), ("high", 2000, 1999), ("low", 1000, None)],
)
def test_older_models_think_by_a_budget_below_max_tokens(
    effort: str, max_tokens: int | None, budget: int | None, anyone: Anyone
) -> None:
    request = ChatRequest((USER,), reasoning_effort=effort, max_tokens=max_tokens)
    _, body = encode(request, anyone, "claude-haiku-4-5", reasoning=True, efforts=["none", "low", "medium", "high"])

    assert body.get("thinking") == (None if budget is None else {"type": "enabled", "budget_tokens": budget})


THINKING = (GOLDENS / "anthropic/thinking-and-tools.json").read_bytes()


def test_signed_thinking_goes_back_word_for_word_and_in_its_place(anyone: Anyone) -> None:
    provider, model = anyone("anthropic", tools=True)
    answer = ANTHROPIC.decode(THINKING, provider, model).choices[0].message
    results = tuple(Message("tool", "ok", tool_call_id=call.id) for call in answer.tool_calls)
    written = [block for block in msgspec.json.decode(THINKING)["content"] if block["type"] != "container_upload"]

    assert turns((USER, answer, *results), anyone)[1]["content"] == written


def test_thinking_of_another_model_stays_behind(anyone: Anyone) -> None:
    provider, model = anyone("anthropic")
    answer = ANTHROPIC.decode(THINKING, provider, msgspec.structs.replace(model, name="another")).choices[0].message
    results = tuple(Message("tool", "ok", tool_call_id=call.id) for call in answer.tool_calls)

    kinds = [block["type"] for block in turns((USER, answer, *results), anyone)[1]["content"]]

    assert kinds == ["text", "tool_use", "tool_use"]


def test_thinking_goes_first_where_the_text_was_edited(anyone: Anyone) -> None:
    provider, model = anyone("anthropic")
    answer = ANTHROPIC.decode(THINKING, provider, model).choices[0].message
    edited = msgspec.structs.replace(answer, content="Something else.")
    results = tuple(Message("tool", "ok", tool_call_id=call.id) for call in answer.tool_calls)
    kinds = [block["type"] for block in turns((USER, edited, *results), anyone)[1]["content"]]

    assert kinds == ["thinking", "redacted_thinking", "thinking", "text", "tool_use", "tool_use"]


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"nonsense",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        pack(
            "anthropic", "the-model", [{"type": "document", "source": {"type": "url", "url": "https://evil.example"}}]
        ),
        pack("anthropic", "the-model", {"type": "thinking"}),
        pack("gemini", "the-model", {"signature": "x"}),
    ],
    ids=["none", "nonsense", "empty", "no text", "deep", "another block", "no list", "another dialect"],
)
def test_a_state_that_we_did_not_write_is_no_state(state: bytes, anyone: Anyone) -> None:
    messages = (USER, Message("assistant", "Yes.", provider_state=state), USER)

    assert turns(messages, anyone)[1]["content"] == [{"type": "text", "text": "Yes."}]
