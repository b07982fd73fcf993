"""What the decision log says of one chat request: the request as far as a decision depends on it, the decision, and
what came of it. `modelmuxer replay` reads these lines back.

With a `score` added, a line is an outcome for `modelmuxer fit`, too: `messages`, `model` and `cost_usd` stand where
that command looks for them.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct, structs

from muxer.dispatch.settlement import Attempt, Settled
from muxer.service import recorded_messages
from muxer.service.call import Call
from muxer.types.chat import ChatRequest, ResponseFormat, RoutingOptions, Tool, ToolChoice, Usage
from muxer.types.decision import Candidate, Decision, Intent
from muxer.types.money import PicoUsd, usd

RECORDED_PLAN = 5
"""Models of a plan that are recorded: a request makes three calls at most."""


Share = Annotated[float, Meta(ge=0, le=1)]
NotNegative = Annotated[float, Meta(ge=0)]
Amount = Annotated[PicoUsd, Meta(ge=0, le=(1 << 63) - 1)]
"""Bounds of what a line holds. They are looked at when one is read, for anybody may have edited it since."""


class RequestRecord(Struct, frozen=True, omit_defaults=True):
    """A request without its messages: those fields of `ChatRequest` that a decision reads."""

    model: str = ""
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    response_format: ResponseFormat | None = None
    max_tokens: int | None = None
    n: int | None = None
    reasoning_effort: str = ""
    verbosity: str = ""
    metadata: dict[str, str] = {}
    routing: RoutingOptions = RoutingOptions()


class CandidateRecord(Struct, frozen=True):
    """What was predicted of one model."""

    model: str
    quality: Share
    cost_usd: NotNegative
    cost_p90_usd: NotNegative
    eta_ms: NotNegative
    eta_p95_ms: NotNegative


class DecisionRecord(Struct, frozen=True):
    """The decision. `plan` starts with the model selected and holds the first `RECORDED_PLAN`."""

    selected: str
    plan: tuple[CandidateRecord, ...]
    intent: Intent
    difficulty: Share
    preset: str
    rules: tuple[str, ...]
    price_version: str
    pinned: bool
    reason: str


class AttemptRecord(Struct, frozen=True):
    """One call to a provider; see `Attempt`."""

    model: str
    outcome: str
    seconds: NotNegative
    cost_pico_usd: Amount
    purpose: str


class Outcome(Struct, frozen=True, omit_defaults=True):
    """What came of it. `error` is the reason of a failure, or empty; without an answer there is no bill."""

    seconds: NotNegative
    error: str = ""
    usage: Usage | None = None
    cost_pico_usd: Amount | None = None
    attempts: tuple[AttemptRecord, ...] = ()


class DecisionLine(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line. `model` is who answered, or empty; what was asked for is `request.model`. There is no decision where
    there was no model for the request."""

    time: str
    request_id: str
    rpc: str
    messages: Raw
    request: RequestRecord
    model: str
    outcome: Outcome
    decision_id: str = ""
    decision: DecisionRecord | None = None
    cost_usd: NotNegative | None = None
    tenant: str = ""
    time_left_s: NotNegative | None = None


def encode(call: Call, chat: ChatRequest, seconds: float) -> bytes:
    """The line for a chat call that has ended after so many seconds."""
    settled = call.settled
    line = DecisionLine(
        time=dt.datetime.fromtimestamp(call.at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        request_id=call.request_id,
        decision_id=call.decision_id,
        rpc=call.rpc,
        tenant=call.caller,
        time_left_s=call.timeout_ms / 1000,
        messages=Raw(recorded_messages.encode(chat.messages)),
        request=_request(chat),
        model=call.model,
        cost_usd=None if settled is None else usd(settled.cost),
        decision=None if call.decision is None else _decision(call.decision),
        outcome=_outcome(settled, "" if call.failure is None else call.failure.value, round(seconds, 6)),
    )
    return msgspec.json.encode(line) + b"\n"


def request_of(line: DecisionLine) -> ChatRequest:
    """The request that a line tells of; every decision on it is as on the original. Raises `MuxerError` or
    `ValueError` when the messages are none."""
    return ChatRequest(recorded_messages.decode(bytes(line.messages)), **structs.asdict(line.request))


def _request(chat: ChatRequest) -> RequestRecord:
    fields = {name: getattr(chat, name) for name in RequestRecord.__struct_fields__}
    if chat.routing == RoutingOptions():
        del fields["routing"]  # defaults are left out by their identity
    return RequestRecord(**fields)


def _outcome(settled: Settled | None, error: str, seconds: float) -> Outcome:
    if settled is None:
        return Outcome(seconds, error)
    return Outcome(seconds, error, settled.usage, settled.cost, tuple(_attempt(a) for a in settled.attempts))


def _attempt(attempt: Attempt) -> AttemptRecord:
    return AttemptRecord(attempt.model_id, attempt.outcome, round(attempt.seconds, 6), attempt.cost, attempt.purpose)


def _decision(decision: Decision) -> DecisionRecord:
    return DecisionRecord(
        selected=decision.selected.model.id,
        plan=tuple(_candidate(c) for c in decision.plan[:RECORDED_PLAN]),
        intent=decision.intent,
        difficulty=round(decision.difficulty, 6),
        preset=decision.preset,
        rules=decision.rules,
        price_version=decision.price_version,
        pinned=decision.pinned,
        reason=decision.reason,
    )


def _candidate(candidate: Candidate) -> CandidateRecord:
    return CandidateRecord(
        model=candidate.model.id,
        quality=round(candidate.quality, 6),
        cost_usd=usd(candidate.cost.expected),
        cost_p90_usd=usd(candidate.cost.p90),
        eta_ms=round(candidate.latency.p50_ms, 3),
        eta_p95_ms=round(candidate.latency.p95_ms, 3),
    )
