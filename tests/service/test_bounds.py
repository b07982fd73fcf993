"""Every bound holds at its edges, names its field, and stands in the proto file just so."""

from __future__ import annotations

import re
from operator import attrgetter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.errors import BadRequest, Reason
from muxer.service import bounds
from muxer.service.bounds import validate
from muxer.types.chat import (
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    ResponseFormat,
    RoutingOptions,
    TextPart,
    Tool,
    ToolCall,
    ToolChoice,
)

PLAIN = ChatRequest((Message("user", "Hello"),))
PROTO = Path(__file__).parents[2] / "proto" / "modelmuxer" / "v1"


def refused(request: ChatRequest) -> str:
    """The field that is at fault; empty when nothing is."""
    try:
        validate(request)
    except BadRequest as error:
        return error.field if f"`{error.field}`" in error.message else f"a message without {error.field}"
    return ""


@pytest.mark.parametrize(
    ("field", "low", "high", "step"),
    [
        ("max_tokens", 1, 1_048_576, 1),
        ("temperature", 0, 2, 0.001),
        ("top_p", 0, 1, 0.001),
        ("n", 1, 8, 1),
        ("presence_penalty", -2, 2, 0.001),
        ("frequency_penalty", -2, 2, 0.001),
    ],
)
def test_numbers_may_reach_their_bounds_and_not_pass_them(field, low, high, step):
    for value, fits in ((low, True), (high, True), (low - step, False), (high + step, False)):
        assert refused(replace(PLAIN, **{field: value})) == ("" if fits else field)


@given(st.sampled_from(["temperature", "top_p", "presence_penalty", "frequency_penalty"]))
def test_what_is_no_number_is_refused(field):
    for value in (float("nan"), float("inf"), float("-inf")):
        assert refused(replace(PLAIN, **{field: value})) == field


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (replace(PLAIN, messages=()), "messages"),
        (replace(PLAIN, messages=PLAIN.messages * 4097), "messages"),
        (replace(PLAIN, model="m" * 257), "model"),
        (replace(PLAIN, stop=("a",) * 5), "stop"),
        (replace(PLAIN, stop=("",)), "stop"),
        (replace(PLAIN, logit_bias={"1": 101}), "logit_bias"),
        (replace(PLAIN, logit_bias={"1": float("nan")}), "logit_bias"),
        (replace(PLAIN, metadata={"k" * 65: "v"}), "metadata"),
        (replace(PLAIN, metadata={str(i): "v" for i in range(17)}), "metadata"),
        (replace(PLAIN, reasoning_effort="extreme"), "reasoning_effort"),
        (replace(PLAIN, service_tier="gold"), "service_tier"),
        (replace(PLAIN, verbosity="loud"), "verbosity"),
        (replace(PLAIN, top_logprobs=3), "top_logprobs"),
        (replace(PLAIN, top_logprobs=21, logprobs=True), "top_logprobs"),
        (replace(PLAIN, routing=RoutingOptions(preset="turbo")), "routing.preset"),
        (replace(PLAIN, routing=RoutingOptions(min_quality=1.1)), "routing.min_quality"),
        (replace(PLAIN, routing=RoutingOptions(allowed_models=("",))), "routing.allowed_models"),
        (replace(PLAIN, routing=RoutingOptions(denied_models=("*",) * 65)), "routing.denied_models"),
        (replace(PLAIN, routing=RoutingOptions(run_id="r" * 129)), "routing.run_id"),
        (replace(PLAIN, messages=(Message("tool", "x"),)), "messages[0].tool_call_id"),
        (replace(PLAIN, messages=(Message("user", "x", tool_call_id="1"),)), "messages[0].tool_call_id"),
        (replace(PLAIN, messages=(Message("user", tool_calls=(ToolCall("1", "a"),)),)), "messages[0].tool_calls"),
        (replace(PLAIN, messages=(Message("assistant", tool_calls=(ToolCall("", "a"),)),)),
         "messages[0].tool_calls[0].id"),
        (replace(PLAIN, messages=(Message("user", "x", (TextPart("y"),)),)), "messages[0].content"),
        (replace(PLAIN, messages=(Message("user", parts=(ImagePart("ftp://x"),)),)), "messages[0].parts[0].image.url"),
        (replace(PLAIN, messages=(Message("user", parts=(ImagePart("https://x", "huge"),)),)),
         "messages[0].parts[0].image.detail"),
        (replace(PLAIN, messages=(Message("user", parts=(FilePart(),)),)), "messages[0].parts[0].file"),
        (replace(PLAIN, messages=(Message("user", parts=(FilePart("1", "data:,"),)),)), "messages[0].parts[0].file"),
        (replace(PLAIN, tools=(Tool("bad name"),)), "tools[0].name"),
        (replace(PLAIN, tools=(Tool("a", kind="magic"),)), "tools[0].type"),
        (replace(PLAIN, tool_choice=ToolChoice("required")), "tool_choice"),
        (replace(PLAIN, tools=(Tool("a"),), tool_choice=ToolChoice("named", ("b",))), "tool_choice.names"),
        (replace(PLAIN, tools=(Tool("a"),), tool_choice=ToolChoice("named")), "tool_choice.names"),
        (replace(PLAIN, tools=(Tool("a"),), tool_choice=ToolChoice("allowed")), "tool_choice.names"),
        (replace(PLAIN, tools=(Tool("a"),), tool_choice=ToolChoice("sometimes")), "tool_choice.mode"),
        (replace(PLAIN, response_format=ResponseFormat("yaml")), "response_format.type"),
        (replace(PLAIN, response_format=ResponseFormat("json_schema", "a")), "response_format.schema"),
        (replace(PLAIN, response_format=ResponseFormat("json_schema", "", schema="{}")), "response_format.name"),
    ],
)  # fmt: skip
def test_what_a_field_may_not_hold_is_refused_by_its_path(request_, field):
    assert refused(request_) == field


def test_what_is_missing_is_told_from_what_is_wrong():
    with pytest.raises(BadRequest) as missing:
        validate(replace(PLAIN, messages=()))
    with pytest.raises(BadRequest) as wrong:
        validate(replace(PLAIN, n=9))

    assert (missing.value.reason, wrong.value.reason) == (Reason.MISSING_FIELD, Reason.INVALID_VALUE)


def comments() -> dict[str, str]:
    """The comment of every field, by message and field name."""
    found = {}
    for file in PROTO.glob("*.proto"):
        message, comment = "", ""
        for line in file.read_text().splitlines():
            line = line.strip()
            if line.startswith("message "):
                message = line.split()[1]
            if line.startswith("//"):
                comment += " " + line.removeprefix("//").strip()
            else:
                field = re.match(r"(?:optional |repeated )?[\w.<>, ]+ (\w+) = \d+", line)
                if field:
                    found[f"{message}.{field[1]}"] = comment
                comment = ""
    return found


STATED = {
    "ChatCompletionRequest": bounds.REQUEST,
    "ChatMessage": bounds.MESSAGE,
    "Tool": bounds.TOOL,
    "ToolCall": bounds.TOOL_CALL,
}
IMPOSSIBLE = {
    "words": "?",
    "nothing": "",
    "number": -1e12,
    "items": ("x" * 2000,) * 5000,
    "pairs": {"k" * 999: "v" * 999},
    "bytes": b"x" * (2 << 20),
}


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:,\d{3})*", text)) - {"1"}


@pytest.mark.parametrize(
    ("message", "bound"), [(m, b) for m, table in STATED.items() for b in table], ids=lambda v: getattr(v, "field", v)
)
def test_every_bound_stands_in_the_comment_of_its_field(message, bound):
    owner, field = ("RoutingOptions", bound.field.partition(".")[2]) if "." in bound.field else (message, bound.field)
    comment = comments()[f"{owner}.{field}"]
    said = []
    for value in IMPOSSIBLE.values():
        try:
            said.append(bound.allowed(value))
        except (TypeError, AttributeError):
            continue  # not the kind of value that this bound is about
    problem = next(text for text in said if text)

    if "one of" in problem:
        assert all(word in comment for word in re.findall(r"`\w+`", problem))
    else:
        limits = numbers(problem.replace("1,048,576 bytes", "1 MiB").replace("64 to", ""))
        assert limits <= numbers(comment) | numbers(comment.replace("MiB", ""))


def test_objects_that_the_others_are_compared_with_have_nothing_wrong():
    for table in (bounds.REQUEST, bounds.MESSAGE, bounds.TOOL, bounds.TOOL_CALL):
        for bound in table:
            assert bound.allowed(attrgetter(bound.attribute or bound.field)(table.plain)) == "", bound.field
