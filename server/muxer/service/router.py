"""`RouterService`: the typed face."""

from __future__ import annotations

from itertools import islice
from typing import Any

from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1 import router_service_pb2_grpc

from muxer.dispatch.dispatcher import Dispatcher
from muxer.dispatch.settlement import Settled
from muxer.errors import BadRequest, Reason
from muxer.service import from_protobuf, models, to_protobuf
from muxer.service.bounds import validate
from muxer.service.call import CURRENT, Call, new_id
from muxer.service.decider import Decided, Decider
from muxer.service.interceptor import Context
from muxer.types.chat import ChatChunk, ChatRequest
from muxer.types.decision import Candidate, Decision


async def decide(decider: Decider, call: Call, chat: ChatRequest) -> Decided:
    """Decides on a chat, and leaves for the decision log what was asked and what was decided."""
    call.chat = chat
    decided = await decider.decide_chat(chat, call.rpc, call.deadline)
    call.decision_id, call.decision = new_id("dec"), decided.decision
    return decided


def note(call: Call, candidate: Candidate, settled: Settled) -> None:
    """Leaves for the logs what came of the call."""
    call.model = candidate.model.id
    call.settled = settled
    call.cost = settled.cost
    call.attempts = len(settled.attempts)


class RouterServicer(router_service_pb2_grpc.RouterServiceServicer):
    """Decides, and carries decisions out. Errors are raised; the interceptor turns them into statuses."""

    def __init__(self, decider: Decider, dispatcher: Dispatcher) -> None:
        self._decider = decider
        self._dispatcher = dispatcher

    async def Route(self, request: pb.RouteRequest, context: Context) -> pb.RouteResponse:
        """Which model a chat request would go to, and why."""
        decision = self._decider.decide(validate(from_protobuf.chat(request)), "Route")
        return pb.RouteResponse(decision=to_protobuf.decision(decision, new_id("dec"), decision.candidates))

    async def Classify(self, request: pb.ClassifyRequest, context: Context) -> pb.ClassifyResponse:
        """What kind of request this is."""
        intent, signals = self._decider.classify(validate(from_protobuf.chat(request)))
        return pb.ClassifyResponse(intent=to_protobuf.intent(intent, signals))

    async def Estimate(self, request: pb.EstimateRequest, context: Context) -> pb.EstimateResponse:
        """Cost and latency on every model that could serve the request."""
        candidates, intent, signals = self._decider.estimate(validate(from_protobuf.chat(request)))
        return pb.EstimateResponse(
            candidates=to_protobuf.candidates(candidates), intent=to_protobuf.intent(intent, signals)
        )

    async def ChatCompletion(self, request: pb.ChatCompletionRequest, context: Context) -> pb.ChatCompletionResponse:
        """The answer, whole."""
        call = CURRENT.get()
        chat = validate(from_protobuf.chat(request))
        decided = await decide(self._decider, call, chat)
        decision = decided.decision
        answer = await self._dispatcher.complete(chat, decision, call.deadline, decided.attempts)
        note(call, answer.candidate, answer.settled)
        response = to_protobuf.response(answer.response, answer.settled, decision.price_version)
        response.id = new_id("chatcmpl")
        response.created = response.created or call.at
        response.decision.CopyFrom(_carried_out(call, decision, answer.candidate, answer.settled))
        return response

    async def StreamChatCompletion(  # type: ignore[override]  # grpc.aio also takes a coroutine that writes
        self, request: pb.StreamChatCompletionRequest, context: Context
    ) -> None:
        """The answer, as it is written."""
        if not request.HasField("request"):
            raise BadRequest(Reason.MISSING_FIELD, "`request` is required", field="request")
        call = CURRENT.get()
        chat = validate(from_protobuf.chat(request.request))
        decided = await decide(self._decider, call, chat)
        decision = decided.decision
        answer_id = new_id("chatcmpl")
        last: ChatChunk | None = None
        async with self._dispatcher.stream(chat, decision, call.deadline, decided.attempts) as answer:
            async for batch in answer:
                for chunk in batch:
                    last = chunk
                    if chunk.choices:
                        message = to_protobuf.chunk(chunk)
                        message.id, message.created = answer_id, call.at
                        await context.write(message)
        note(call, answer.candidate, answer.settled)
        end = _end(last, call, decision, answer.candidate, answer.settled)
        end.id, end.created = answer_id, call.at
        await context.write(end)

    async def ListModels(self, request: pb.ListModelsRequest, context: Context) -> pb.ListModelsResponse:
        """The models that can be asked for."""
        listed = models.list_models(self._decider.view(), include_unavailable=request.include_unavailable)
        return pb.ListModelsResponse(object="list", data=listed)


def _end(
    last: ChatChunk | None, call: Call, decision: Decision, candidate: Candidate, settled: Settled
) -> pb.StreamChatCompletionResponse:
    """The last message of a stream: usage, cost and decision."""
    return pb.StreamChatCompletionResponse(
        model=candidate.model.name if last is None else last.model,
        usage=to_protobuf.usage(settled.usage),
        cost=to_protobuf.cost(settled, decision.price_version),
        decision=_carried_out(call, decision, candidate, settled),
        attempts=len(settled.attempts),
        dropped_params=settled.dropped,
    )


def _carried_out(call: Call, decision: Decision, candidate: Candidate, settled: Settled) -> Any:
    """The decision with the candidates that were called, and the one that answered as the selected one."""
    called = dict.fromkeys(a.model_id for a in settled.attempts if a.purpose == "answer")
    # Mostly it is the first alone: the search ends with the last that was called.
    found = islice((c for c in decision.candidates if c.model.id in called), len(called))
    by_id = {c.model.id: c for c in found}
    candidates = [by_id[model_id] for model_id in called]
    message = to_protobuf.decision(decision, call.decision_id, candidates)
    message.selected_provider = candidate.model.provider
    message.selected_model = candidate.model.name
    message.simulated = candidate.model.provider in decision.simulated
    return message
