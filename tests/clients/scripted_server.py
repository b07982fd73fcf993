"""A router whose answers are a script, for the tests of the clients: a process that serves gRPC on a free port.

    python tests/clients/scripted_server.py --port-file FILE

writes its port to FILE once it serves. The API key that it takes is `test-key`. The last message of a request says
what is to happen:

    fail REASON   fails with that reason, with the details that FAILURES lists for it
    fail plainly  fails with a status alone
    fail foreign  fails with a rich status that is not the router's
    fail garbled  fails with bytes that are not a status
    break         streams one chunk, then fails with PROVIDER_ERROR
    wait          streams one chunk, then nothing until the caller goes away; says nothing at all when not streaming
    when N wait   answers as soon as exactly N calls are waiting

Anything else is answered with the request itself, as JSON; streamed, in chunks of one character.
"""

# ruff: noqa: N802 - gRPC names the methods

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, QuotaFailure, RetryInfo
from google.rpc.status_pb2 import Status
from modelmuxer.v1 import chat_pb2, model_pb2, router_service_pb2_grpc, routing_pb2
from modelmuxer.v1 import router_service_pb2 as pb

API_KEY = "test-key"


@dataclass(frozen=True)
class Failure:
    """What the router would fail with for one reason."""

    code: grpc.StatusCode
    message: str
    metadata: dict[str, str] = field(default_factory=dict)
    others: tuple[Message, ...] = ()


FAILURES = {
    "INVALID_API_KEY": Failure(grpc.StatusCode.UNAUTHENTICATED, "This API key is not known."),
    "INSUFFICIENT_BUDGET": Failure(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "No model fits the budget of $0.08.",
        {"limit": "0.08", "estimate": "0.12"},
        (QuotaFailure(violations=[QuotaFailure.Violation(subject="request", description="$0.08")]),),
    ),
    "SECURITY_RATE_LIMIT": Failure(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "61 requests in 60 s, 60 are allowed.",
        {"current": "61", "limit": "60", "window": "60s"},
        (RetryInfo(retry_delay=Duration(seconds=1, nanos=500_000_000)),),
    ),
    "MISSING_FIELD": Failure(
        grpc.StatusCode.INVALID_ARGUMENT,
        "A message needs a role.",
        {"field": "messages[0].role"},
        (
            BadRequest(
                field_violations=[BadRequest.FieldViolation(field="messages[0].role", description="Is required.")]
            ),
        ),
    ),
    "PROVIDER_ERROR": Failure(grpc.StatusCode.UNAVAILABLE, "The provider failed.", {"provider": "openai"}),
}

Context = grpc.aio.ServicerContext[Any, Any]


def packed(message: Message) -> AnyMessage:
    """The message as one detail of a status."""
    detail = AnyMessage()
    detail.Pack(message)
    return detail


async def abort(context: Context, code: grpc.StatusCode, message: str, rich_status: bytes) -> NoReturn:
    """Fails the call with this rich status."""
    await context.abort(code, message, trailing_metadata=(("grpc-status-details-bin", rich_status),))


async def fail(context: Context, reason: str, domain: str = "modelmuxer") -> NoReturn:
    """Fails the call for this reason, as the router does."""
    failure = FAILURES[reason]
    info = ErrorInfo(reason=f"ERROR_REASON_{reason}", domain=domain, metadata=failure.metadata)
    details = [packed(detail) for detail in (info, *failure.others)]
    status = Status(code=failure.code.value[0], message=failure.message, details=details)
    await abort(context, failure.code, failure.message, status.SerializeToString())


def decision() -> routing_pb2.RoutingDecision:
    """The decision that stands in every answer."""
    return routing_pb2.RoutingDecision(
        decision_id="decision-1",
        selected_provider="openai",
        selected_model="gpt-6-luna",
        routing_reason="Cheapest of two.",
        simulated=True,
    )


class ScriptedRouter(router_service_pb2_grpc.RouterServiceServicer):
    """Answers as the script of this module says."""

    def __init__(self) -> None:
        self.waiting = 0
        self.changed = asyncio.Condition()

    async def act(self, request: Message, messages: Any, context: Context) -> str:
        """Plays the script's part for this request, and returns what the answer says."""
        if ("authorization", f"Bearer {API_KEY}") not in (context.invocation_metadata() or ()):
            await fail(context, "INVALID_API_KEY")
        script = messages[-1].content if messages else ""
        match script.split():
            case ["fail", "plainly"]:
                await context.abort(grpc.StatusCode.INTERNAL, "Something broke.")
            case ["fail", "foreign"]:
                await fail(context, "PROVIDER_ERROR", domain="example.com")
            case ["fail", "garbled"]:
                await abort(context, grpc.StatusCode.INTERNAL, "Something broke.", b"\xff\xff\xff")
            case ["fail", reason]:
                await fail(context, reason)
            case ["when", number, "wait"]:
                async with self.changed:
                    await self.changed.wait_for(lambda: self.waiting == int(number))
        return MessageToJson(request, preserving_proto_field_name=True, indent=None, sort_keys=True)

    async def count(self, change: int) -> None:
        async with self.changed:
            self.waiting += change
            self.changed.notify_all()

    async def wait_until_cancelled(self) -> None:
        """Waits for as long as the caller does."""
        await self.count(+1)
        try:
            await asyncio.Event().wait()
        finally:
            await self.count(-1)

    async def Route(self, request: pb.RouteRequest, context: Context) -> pb.RouteResponse:
        made = decision()
        made.routing_reason = await self.act(request, request.messages, context)
        return pb.RouteResponse(decision=made)

    async def Classify(self, request: pb.ClassifyRequest, context: Context) -> pb.ClassifyResponse:
        said = await self.act(request, request.messages, context)
        return pb.ClassifyResponse(intent=routing_pb2.IntentPrediction(label=said, confidence=0.75))

    async def Estimate(self, request: pb.EstimateRequest, context: Context) -> pb.EstimateResponse:
        said = await self.act(request, request.messages, context)
        return pb.EstimateResponse(candidates=[routing_pb2.Candidate(provider="openai", reason=said)])

    async def ChatCompletion(self, request: pb.ChatCompletionRequest, context: Context) -> pb.ChatCompletionResponse:
        said = await self.act(request, request.messages, context)
        if request.messages[-1].content == "wait":
            await self.wait_until_cancelled()
        message = chat_pb2.ChatMessage(role="assistant", content=said)
        return pb.ChatCompletionResponse(
            id="answer-1",
            model="gpt-6-luna",
            choices=[chat_pb2.ChatChoice(message=message, finish_reason="stop")],
            cost=chat_pb2.Cost(usd=0.000125, pico_usd=125_000_000),
            decision=decision(),
            attempts=1,
        )

    async def StreamChatCompletion(
        self, request: pb.StreamChatCompletionRequest, context: Context
    ) -> AsyncIterator[pb.StreamChatCompletionResponse]:
        said = await self.act(request.request, request.request.messages, context)
        script = request.request.messages[-1].content
        for character in said[:1] if script in ("break", "wait") else said:
            delta = chat_pb2.ChatDelta(content=character)
            yield pb.StreamChatCompletionResponse(choices=[chat_pb2.ChatChunkChoice(delta=delta)])
        if script == "break":
            await fail(context, "PROVIDER_ERROR")
        if script == "wait":
            await self.wait_until_cancelled()
        yield pb.StreamChatCompletionResponse(
            choices=[chat_pb2.ChatChunkChoice(finish_reason="stop")], decision=decision(), attempts=1
        )

    async def ListModels(self, request: pb.ListModelsRequest, context: Context) -> pb.ListModelsResponse:
        await self.act(request, [], context)
        models = [model_pb2.Model(id="openai:gpt-6-luna", object="model", available=True)]
        if request.include_unavailable:
            models.append(model_pb2.Model(id="mistral:large", object="model", unavailable_reason="no key"))
        return pb.ListModelsResponse(object="list", data=models)


async def serve(port_file: Path) -> None:
    """Serves until the process is ended."""
    server = grpc.aio.server()
    router_service_pb2_grpc.add_RouterServiceServicer_to_server(ScriptedRouter(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    draft = port_file.with_suffix(".new")
    draft.write_text(str(port))
    draft.replace(port_file)
    await server.wait_for_termination()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port-file", type=Path, required=True)
    asyncio.run(serve(parser.parse_args().port_file))
