"""What the decision log writes, replay reads: every decision on it is as on the original."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from hypothesis import given
from msgspec.structs import replace
from muxer.learn.outcomes import Row, gather
from muxer.replay.recorded import read
from muxer.types.chat import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    RefusalPart,
    ResponseFormat,
    RoutingOptions,
    TextPart,
    Tool,
    ToolCall,
    ToolChoice,
)
from muxer.types.decision import View

from tests.core.builders import ask, decided, views
from tests.core.shipped import WORLD
from tests.replay.records import COST, REQUESTS, TIME_LEFT_S, in_time, line

CALL = ToolCall("call_1", "weather", '{"city": "Oslo"}', provider_state=b"signed")
FREE_CALL = ToolCall("call_2", "free", "SELECT 1", "custom")
WHOLE = ChatRequest(
    messages=(
        Message("system", "Be brief.", name="house"),
        Message("user", parts=(TextPart("What is\nthis? “é”"), ImagePart("https://example.org/a.png", "low"))),
        Message(
            "assistant", "Checking.", tool_calls=(CALL, FREE_CALL), reasoning="Let me see.", provider_state=b"state"
        ),
        Message("tool", "Rain", tool_call_id="call_1"),
        Message("assistant", parts=(RefusalPart("I would rather not."),)),
        Message("user", "And now?"),
    ),
    model="auto:fast",
    tools=(Tool("weather", "Tells it.", '{\n  "type": "object"\n}', strict=True), Tool("free", kind="custom")),
    tool_choice=ToolChoice("allowed", ("weather",), required=True),
    response_format=ResponseFormat("json_schema", "answer", schema='{"type": "object"}'),
    max_tokens=200,
    n=2,
    reasoning_effort="low",
    verbosity="high",
    metadata={"team": "search"},
    routing=RoutingOptions("fast", 0.2, COST, ("*",), ("openai:*",), "run", 0.5),
)


@given(REQUESTS, views())
def test_a_recorded_request_is_decided_on_as_the_original(request: ChatRequest, world: View) -> None:
    recorded = read(line(request, world))

    assert decided(recorded.request, in_time(world)) == decided(request, in_time(world))


def test_nothing_that_matters_is_lost():
    recorded = read(line(WHOLE, WORLD, tenant="ada")).request
    kept = [replace(m, provider_state=b"") for m in WHOLE.messages]
    kept[1] = replace(kept[1], parts=(TextPart("What is\nthis? “é”"), ImagePart("https://example.org/a.png")))
    kept[2] = replace(kept[2], tool_calls=(replace(CALL, provider_state=b""), FREE_CALL))

    assert recorded == replace(WHOLE, messages=tuple(kept))


def test_what_came_of_it_is_read_too():
    recorded = read(line(ask("Hello"), WORLD, tenant="ada"))
    first = decided(ask("Hello"), WORLD)

    assert first is not None
    assert (recorded.choice, recorded.bill, recorded.decided) == (first.selected.model.id, COST, True)
    assert (recorded.tenant, recorded.time_left_s, recorded.decision_id) == ("ada", TIME_LEFT_S, "dec-1")


def test_a_refusal_is_recorded_without_a_choice():
    written = json.loads(line(ask("Hello", max_cost="0.000000001"), WORLD))

    assert written["outcome"]["error"] == "insufficient_budget"
    assert written["model"] == ""
    assert not {"decision", "decision_id", "cost_usd"} & written.keys()
    assert read(json.dumps(written).encode()).choice == ""


def test_a_line_is_one_line_and_has_no_attachments():
    data = "QUJD" * 1000
    image, file = ImagePart(f"data:image/png;base64,{data}"), FilePart(file_data=f"data:application/pdf;base64,{data}")
    request = ask("Look", image, file, FilePart(file_data=data), AudioPart(data, "mp3"))
    written = line(request, WORLD)

    assert written.endswith(b"\n")
    assert written.count(b"\n") == 1
    assert b"QUJD" not in written
    shown = json.loads(written)["messages"][0]["content"]
    assert shown[1]["image_url"]["url"] == "data:image/png;base64,omitted=4022"
    assert shown[2]["file"]["file_data"] == "data:application/pdf;base64,omitted=4028"
    assert shown[3]["file"]["file_data"] == "data:,omitted=4000"
    assert shown[4]["input_audio"] == {"data": "omitted=4000", "format": "mp3"}


def test_with_a_score_a_line_is_an_outcome_to_fit():
    row = msgspec.json.decode(line(ask("Hello"), WORLD, score=0.5), type=Row)
    outcomes = gather([row])

    assert outcomes.models == [row.model]
    assert outcomes.prompts[0].request() == ChatRequest((Message("user", "Hello"),))
    assert outcomes.costs.tolist() == [[pytest.approx(1.5e-6)]]


def test_a_body_of_a_chat_request_will_do():
    body = b'{"messages": [{"role": "user", "content": "Hello"}], "model": "auto:economy", "temperature": 1}'
    recorded = read(body)

    assert (recorded.request.model, recorded.decided) == ("auto:economy", False)


def edited(field: str, value: object) -> bytes:
    """A line of the log in which somebody has changed one field, or added it."""
    written = json.loads(line(ask("Hello"), WORLD))
    *way, last = field.split(".")
    place = written
    for name in way:
        place = place[int(name)] if name.isdigit() else place[name]
    place[last] = value
    return json.dumps(written).encode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("request.routing", {}),
        ("request.routing", {"max_cost": 1, "max_price_share": 1, "min_quality": 0}),
        ("time_left_s", 0),
        ("outcome.cost_pico_usd", 0),
        ("decision.selected", "openai:of-the-past"),
        ("decision.intent", {"label": "unknown", "confidence": 0, "method": "disabled"}),
        ("decision.intent", {"label": "safety_risk", "confidence": 1, "method": "llm"}),
    ],
)
def test_what_is_within_its_bounds_is_taken(field, value):
    assert read(edited(field, value)).decided


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("messages", [], "`messages` must have at least one"),
        ("messages", [{"role": "tool", "content": "secret"}], "tool_call_id"),
        ("request.routing", {"max_price_share": 5}, "routing.max_price_share"),
        ("request.routing", {"min_quality": 1.5}, "routing.min_quality"),
        ("request.routing", {"preset": "secret"}, "routing.preset"),
        ("request.routing", {"max_cost": 0}, "routing.max_cost"),
        ("request.routing", {"max_cost": -1}, "routing.max_cost"),
        ("request.routing", {"max_cost": 10**40}, "routing.max_cost"),
        ("request.max_tokens", 0, "max_tokens"),
        ("time_left_s", -3, "time_left_s"),
        ("cost_usd", -0.5, "cost_usd"),
        ("outcome.cost_pico_usd", -5, "outcome.cost_pico_usd"),
        ("outcome.cost_pico_usd", 10**40, "int"),
        ("outcome.seconds", -1, "outcome.seconds"),
        ("outcome.attempts.0.cost_pico_usd", -(10**15), "outcome.attempts[0].cost_pico_usd"),
        ("decision.difficulty", 2, "decision.difficulty"),
        ("decision.plan.0.quality", -0.1, "decision.plan[0].quality"),
        ("decision.intent.label", "secret", "decision.intent.label"),
        ("decision.intent.confidence", 7, "decision.intent.confidence"),
    ],
)
def test_what_no_server_takes_or_writes_is_refused_and_the_field_is_named(field, value, told):
    with pytest.raises(ValueError, match=re.escape(told)) as problem:
        read(edited(field, value))

    assert "secret" not in str(problem.value)


@pytest.mark.parametrize(
    "bad",
    [
        b"secret",
        b'{"prompt": "secret"}',
        b'["secret"]',
        b'{"messages": []}',
        b'{"messages": [{"role": "secret", "content": ""}]}',
        b'{"rpc": "ChatCompletion", "messages": [{"role": "user", "content": "secret"}]}',
        b"[" * 100_000,
        line(ask("Hello"), WORLD, messages=[{"role": "user", "content": {"secret": 1}}]),
        line(ask("Hello"), WORLD)[:200],
    ],
    ids=range(9),
)
def test_anything_else_is_refused_without_its_words(bad):
    with pytest.raises(ValueError, match=r".") as problem:
        read(bad)

    assert "secret" not in str(problem.value)
