"""With a decision log, every chat request leaves one line, whatever came of it, over both faces; `replay` reads it."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api.httpbody_pb2 import HttpBody
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.openai_service_pb2_grpc import OpenAIServiceStub
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub
from msgspec import Struct

from tests.cli.processes import run, until
from tests.stack.stack import running_stack
from tests.test_intent_classifier import EXAMPLES

KEY = "the-key-of-the-team-0123456789"
CALLER = (("authorization", f"Bearer {KEY}"),)
PROMPTS = [text for texts in EXAMPLES.values() for text in texts[:3]][:20]


class Logged(Struct):
    """A log, and the decision ids that callers were told."""

    path: Path
    told: list[str]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]


class Caller:
    """Asks over each of the four ways, and returns the decision's id."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.typed = RouterServiceStub(channel)
        self.bytes = OpenAIServiceStub(channel)

    def unary(self, prompt: str) -> str:
        return self.typed.ChatCompletion(self._chat(prompt), metadata=CALLER).decision.decision_id

    def stream(self, prompt: str) -> str:
        request = pb.StreamChatCompletionRequest(request=self._chat(prompt))
        return list(self.typed.StreamChatCompletion(request, metadata=CALLER))[-1].decision.decision_id

    def openai_unary(self, prompt: str) -> str:
        return self._openai(prompt, stream=False)

    def openai_stream(self, prompt: str) -> str:
        return self._openai(prompt, stream=True)

    @property
    def ways(self) -> tuple[Any, ...]:
        return self.unary, self.stream, self.openai_unary, self.openai_stream

    def _chat(self, prompt: str) -> pb.ChatCompletionRequest:
        return pb.ChatCompletionRequest(messages=[{"role": "user", "content": prompt}])

    def _openai(self, prompt: str, *, stream: bool) -> str:
        body = json.dumps({"messages": [{"role": "user", "content": prompt}], "stream": stream}).encode()
        answers = self.bytes.CreateChatCompletion(HttpBody(data=body), metadata=CALLER)
        return str(b"".join(a.data for a in answers).partition(b'"decision_id":"')[2].partition(b'"')[0].decode())


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Logged:
    """Twenty requests, five over each way, from a server that has ended."""
    path = tmp_path_factory.mktemp("log") / "decisions.jsonl"
    environment = {"MODELMUXER_DECISION_LOG": str(path), "MODELMUXER_API_KEYS": f"team:{KEY}"}
    with running_stack(environment, envoy=False) as stack, grpc.insecure_channel(stack.grpc) as channel:
        caller = Caller(channel)
        told = [caller.ways[number % 4](prompt) for number, prompt in enumerate(PROMPTS)]
        caller.typed.Route(pb.RouteRequest(messages=[{"role": "user", "content": "Hello"}]), metadata=CALLER)
    return Logged(path, told)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Caller, Logged]]:
    """A caller without a key, and the log of the server that it calls."""
    path = tmp_path / "decisions.jsonl"
    with (
        running_stack({"MODELMUXER_DECISION_LOG": str(path)}, envoy=False) as stack,
        grpc.insecure_channel(stack.grpc) as channel,
    ):
        yield Caller(channel), Logged(path, [])


def test_every_chat_leaves_one_line_and_nothing_else_does(logged):
    prompts = {line["decision_id"]: line["messages"][0]["content"] for line in logged.lines}

    assert len(logged.lines) == len(PROMPTS) == 20
    assert prompts == dict(zip(logged.told, PROMPTS, strict=True))
    assert {line["rpc"] for line in logged.lines} == {"ChatCompletion", "StreamChatCompletion", "CreateChatCompletion"}


def test_a_line_says_what_was_decided_and_what_came_of_it(logged):
    for line in logged.lines:
        decision, outcome = line["decision"], line["outcome"]
        assert line["model"] == decision["selected"] == decision["plan"][0]["model"]
        assert line["tenant"] == "team"
        assert outcome["cost_pico_usd"] == round(line["cost_usd"] * 1e12) > 0
        assert outcome["usage"]["completion_tokens"] > 0
        assert [a["outcome"] for a in outcome["attempts"]] == ["ok"]


def test_the_file_is_its_owners_alone_and_holds_no_key(logged):
    assert stat.S_IMODE(logged.path.stat().st_mode) == 0o600
    assert KEY not in logged.path.read_text(encoding="utf-8")


def replayed(*words: str) -> dict[str, Any]:
    done = run("replay", *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def better(logged: Logged) -> dict[str, Any]:
    """What preset quality would have changed."""
    return replayed(str(logged.path), "--preset", "quality")


def test_without_other_settings_a_log_replayed_twice_changes_nothing(logged):
    summary = replayed(str(logged.path), "--twice")

    assert (summary["requests"], summary["compared"], summary["changed"], summary["moves"]) == (20, 20, 0, [])


def test_economy_costs_less_and_quality_more(logged, better):
    economy, quality = replayed(str(logged.path), "--preset", "economy")["all"], better["all"]

    assert economy["now"]["cost_usd"] < quality["now"]["cost_usd"]
    assert economy["now"]["quality"] < quality["now"]["quality"]
    assert economy["before"]["cost_usd"] < quality["now"]["cost_usd"]


def test_what_is_said_as_json_has_this_form(better):
    totals = {"cost_usd", "quality", "eta_mean_ms", "eta_p95_ms"}

    assert better.keys() == {
        "requests", "compared", "changed", "changed_share", "all", "billed", "bill_usd", "intents", "moves", "refused",
        "refused_before", "refused_both", "gone",
    }  # fmt: skip
    assert better["all"].keys() == {"requests", "changed", "before", "now"}
    assert better["all"]["now"].keys() == totals
    assert better["intents"][0].keys() == {"requests", "changed", "before", "now", "intent"}
    assert better["moves"][0].keys() == {"before", "now", "requests", "cost_usd", "quality", "eta_ms"}


def test_a_refused_chat_is_logged_without_a_decision(own):
    caller, log = own
    request = pb.ChatCompletionRequest(messages=[{"role": "user", "content": "Hello"}], routing={"max_cost_usd": 1e-9})
    with pytest.raises(grpc.RpcError):
        caller.typed.ChatCompletion(request)
    until(lambda: log.path.stat().st_size > 0)
    (line,) = log.lines

    assert (line["outcome"]["error"], line["model"]) == ("insufficient_budget", "")
    assert line["request"]["routing"]["max_cost"] == 1000
    assert "decision" not in line


def test_a_chat_that_fails_is_logged_with_its_decision(own):
    caller, log = own
    with pytest.raises(grpc.RpcError):
        caller.unary("Hello [[simulate:400]]")
    until(lambda: log.path.stat().st_size > 0)
    (line,) = log.lines

    assert line["outcome"]["error"]
    assert line["decision"]["selected"]
    assert "cost_usd" not in line


def test_a_chat_that_fell_back_is_logged_with_who_answered(own):
    caller, log = own
    caller.typed.ChatCompletion(
        pb.ChatCompletionRequest(
            messages=[{"role": "user", "content": "Hello [[simulate:503;provider=groq]]"}], model="gpt-oss-120b"
        )
    )
    until(lambda: log.path.stat().st_size > 0)
    (line,) = log.lines

    assert line["decision"]["selected"] == "groq:openai/gpt-oss-120b"
    assert line["model"] == "together:openai/gpt-oss-120b"
    assert line["request"]["model"] == "gpt-oss-120b"
    assert [a["outcome"] for a in line["outcome"]["attempts"]] == ["provider_unavailable", "ok"]


def test_a_stream_that_nobody_waits_for_is_logged(own):
    caller, log = own
    request = {"messages": [{"role": "user", "content": "Hello [[simulate:gated;gate=never]]"}]}
    call = caller.typed.StreamChatCompletion(pb.StreamChatCompletionRequest(request=request))
    next(iter(call))
    call.cancel()
    until(lambda: log.path.stat().st_size > 0)
    (line,) = log.lines

    assert line["outcome"]["error"] == "cancelled"
    assert line["decision"]["selected"]


def test_a_malformed_chat_is_no_decision_and_leaves_no_line(own):
    caller, log = own
    with pytest.raises(grpc.RpcError):
        caller.typed.ChatCompletion(pb.ChatCompletionRequest())
    caller.unary("Hello")
    until(lambda: log.path.stat().st_size > 0)

    assert [line["messages"][0]["content"] for line in log.lines] == ["Hello"]
