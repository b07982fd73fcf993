"""Lines of a decision log, as a server would write them."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace
from muxer.core.route import decide
from muxer.dispatch.settlement import Attempt, Settled
from muxer.errors import MuxerError
from muxer.service.call import Call
from muxer.service.decision_record import encode
from muxer.types.chat import ChatRequest, Usage
from muxer.types.decision import View
from muxer.types.money import PicoUsd

from tests.core.builders import requests

TIME_LEFT_S = 300.0
COST = PicoUsd(1_500_000)
USAGE = Usage(7, 90)

REQUESTS = requests().filter(lambda request: request.routing.max_cost != 0)
"""What a server takes: it refuses a limit of nothing."""


def line(request: ChatRequest, world: View, *, question: Attempt | None = None, **fields: Any) -> bytes:
    """The line for a request that was decided in this world, and answered by the first choice; or refused."""
    call = Call(
        "/modelmuxer.v1.RouterService/ChatCompletion", "r-1", 1_795_392_000, 0.0, int(TIME_LEFT_S * 1000), False
    )
    call.chat = request
    try:
        decision = decide(request, in_time(world), with_rejected=False)
    except MuxerError as error:
        call.failure = error.reason
    else:
        call.decision_id, call.decision, call.model = "dec-1", decision, decision.selected.model.id
        answer = Attempt(call.model, "ok", 0.5, USAGE, COST)
        attempts = (answer,) if question is None else (question, answer)
        call.settled = Settled(USAGE, PicoUsd(sum(a.cost for a in attempts)), attempts)
    written = encode(call, request, 0.75)
    return written if not fields else json.dumps({**json.loads(written), **fields}).encode() + b"\n"


def in_time(world: View) -> View:
    """The same world, with the time that the lines give a request."""
    return replace(world, time_left_s=TIME_LEFT_S)
