"""`OpenAIService`: the OpenAI-compatible face, bytes in and bytes out."""

from __future__ import annotations

import msgspec
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.json_format import MessageToDict
from modelmuxer.v1 import openai_service_pb2, openai_service_pb2_grpc
from msgspec import structs

from muxer.dispatch.dispatcher import Dispatcher
from muxer.dispatch.streamed import StreamedAnswer
from muxer.errors import MuxerError
from muxer.service import models
from muxer.service.bounds import validate
from muxer.service.call import CURRENT, Call, new_id
from muxer.service.decider import Decided, Decider
from muxer.service.event_writer import EventWriter
from muxer.service.interceptor import Context, unexpected
from muxer.service.openai_answer import encode
from muxer.service.openai_names import use_openai_words
from muxer.service.openai_request import FaceRequest, decode
from muxer.service.openai_stream import StreamEncoder
from muxer.service.router import decide, note
from muxer.service.router_metadata import router_metadata
from muxer.telemetry.rpc_status import CUT_OFF
from muxer.types.decision import Candidate
from muxer.types.money import usd

JSON = "application/json"


class OpenAIServicer(openai_service_pb2_grpc.OpenAIServiceServicer):
    """What OpenAI's clients ask for. With `debug`, answers say in headers how they were routed."""

    def __init__(self, decider: Decider, dispatcher: Dispatcher, *, debug: bool) -> None:
        self._decider = decider
        self._dispatcher = dispatcher
        self._debug = debug

    async def CreateChatCompletion(  # type: ignore[override]  # grpc.aio also takes a coroutine that writes
        self, request: HttpBody, context: Context
    ) -> None:
        """One JSON document, or server-sent events."""
        call = CURRENT.get()
        face = decode(request.data)
        try:
            validate(face.chat)
            decided = await decide(self._decider, call, face.chat)
            if face.stream:
                await self._stream(call, face, decided, context)
            else:
                await self._complete(call, face, decided, context)
        except MuxerError as error:
            use_openai_words(error, request.data)
            raise

    async def GetModel(self, request: openai_service_pb2.GetModelRequest, context: Context) -> HttpBody:
        """One model, as OpenAI's model object."""
        model = MessageToDict(
            models.get_model(self._decider.view(), request.id),
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
        )
        return HttpBody(content_type=JSON, data=msgspec.json.encode(model))

    async def _complete(self, call: Call, face: FaceRequest, decided: Decided, context: Context) -> None:
        decision = decided.decision
        answer = await self._dispatcher.complete(face.chat, decision, call.deadline, decided.attempts)
        note(call, answer.candidate, answer.settled)
        metadata = router_metadata(decision, call.decision_id, answer.candidate, answer.settled)
        await self._headers(answer.candidate, answer.settled.dropped, context)
        response = answer.response if answer.response.created else structs.replace(answer.response, created=call.at)
        body = encode(response, new_id("chatcmpl"), answer.settled.usage, metadata)
        await context.write(HttpBody(content_type=JSON, data=body))

    async def _stream(self, call: Call, face: FaceRequest, decided: Decided, context: Context) -> None:
        decision = decided.decision
        encoder = StreamEncoder(new_id("chatcmpl"), call.at, include_usage=face.include_usage)
        async with (
            self._dispatcher.stream(face.chat, decision, call.deadline, decided.attempts) as answer,
            EventWriter(context) as events,
        ):
            try:
                await self._events(answer, encoder, events, context)
                note(call, answer.candidate, answer.settled)
                metadata = router_metadata(decision, call.decision_id, answer.candidate, answer.settled)
                await events.write(encoder.finish(answer.settled.usage, metadata))
            except CUT_OFF:
                raise  # nobody listens any more
            except Exception as error:
                if not events.begun:
                    raise  # nothing was sent yet: the caller gets a real status
                known = error if isinstance(error, MuxerError) else unexpected(error, call)
                call.failure = known.reason
                await events.write(encoder.fail(known))

    async def _events(
        self, answer: StreamedAnswer, encoder: StreamEncoder, events: EventWriter, context: Context
    ) -> None:
        async for batch in answer:
            data = encoder.encode(batch)
            if not data:
                continue
            if not events.begun:
                await self._headers(answer.candidate, answer.dropped, context)
            await events.write(data)

    async def _headers(self, candidate: Candidate, dropped: tuple[str, ...], context: Context) -> None:
        """Sends headers of our own, if there are any: it costs a message of its own."""
        headers: list[tuple[str, str]] = []
        if dropped:
            headers.append(("x-router-dropped-params", ",".join(dropped)))
        if self._debug:
            headers.append(("x-route-decision", candidate.model.id))
            headers.append(("x-route-estimate-usd", f"{usd(candidate.cost.expected):.6f}"))
        if headers:
            await context.send_initial_metadata(tuple(headers))
