"""Reads what is to be routed again: lines of the decision log, or bodies of chat requests as anybody records them."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from muxer.core import intent
from muxer.errors import MuxerError
from muxer.service.amounts import MOST_USD
from muxer.service.bounds import validate
from muxer.service.decision_record import DecisionLine, request_of
from muxer.service.openai_request import decode
from muxer.types.chat import ChatRequest
from muxer.types.decision import Intent
from muxer.types.money import PicoUsd, pico


class Recorded(Struct, frozen=True):
    """A request of the past, and what is known of it. `choice` is the model that it went to at first; empty when the
    line has no decision, or tells of a refusal. `told` is the intent by a language model, if one told it, and `spent`
    what asking cost; nobody is asked again. `bill` is what the whole request cost."""

    request: ChatRequest
    decision_id: str = ""
    tenant: str = ""
    time_left_s: float | None = None
    decided: bool = False
    choice: str = ""
    told: Intent | None = None
    spent: PicoUsd = PicoUsd(0)
    bill: PicoUsd | None = None


class _Kind(Struct, frozen=True):
    """What tells a line of the decision log from a body: a body knows no RPC."""

    rpc: str = ""


_KIND = msgspec.json.Decoder(_Kind)
_LINE = msgspec.json.Decoder(DecisionLine)

_LABELS = frozenset({*intent.LABELS, intent.DISABLED.label})


def read(line: bytes) -> Recorded:
    """What stands in a line. Raises `ValueError` when it is of neither form, and when it has what no server would take
    or write; the message does not quote the line."""
    try:
        return _of_log(_LINE.decode(line)) if _KIND.decode(line).rpc else Recorded(validate(decode(line).chat))
    except MuxerError as error:
        raise ValueError(error.message) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _of_log(line: DecisionLine) -> Recorded:
    decision, outcome = line.decision, line.outcome
    told = None if decision is None else _known(decision.intent)
    return Recorded(
        request=validate(_limited(request_of(line))),
        decision_id=line.decision_id,
        tenant=line.tenant,
        time_left_s=line.time_left_s,
        decided=True,
        choice="" if decision is None else decision.selected,
        told=told if told is not None and told.method == "llm" else None,
        spent=PicoUsd(sum(a.cost_pico_usd for a in outcome.attempts if a.purpose != "answer")),
        bill=outcome.cost_pico_usd,
    )


def _limited(request: ChatRequest) -> ChatRequest:
    """The request itself. Raises `ValueError` when its limit, which `validate` does not look at, is none that a caller
    can set."""
    limit = request.routing.max_cost
    if limit is not None and not 0 < limit <= pico(MOST_USD):
        raise ValueError(f"`request.routing.max_cost` must be above 0 and at most {pico(MOST_USD):,}")
    return request


def _known(told: Intent) -> Intent:
    """The intent itself. Raises `ValueError` when there is none such."""
    if told.label not in _LABELS:
        raise ValueError("`decision.intent.label` is none of the intents")
    if not 0 <= told.confidence <= 1:
        raise ValueError("`decision.intent.confidence` must be 0 to 1")
    return told
