"""What happens around every call: admission, identity, deadline, request id, and errors in their documented form."""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from muxer.errors import BadRequest, MuxerError, Reason
from muxer.ports import Clock
from muxer.service.call import CURRENT, REQUEST_ID_HEADER, REST_MARK, Call, request_id, timeout_ms
from muxer.service.decision_record import encode
from muxer.service.identity import ApiKeys
from muxer.service.status import TABLE, abort, is_final
from muxer.service.traffic import Traffic, shutting_down
from muxer.settings import Settings
from muxer.telemetry.port import LineLog, RequestLog, Telemetry, Tracer
from muxer.telemetry.rpc_status import CUT_OFF, final_code

_LOG = logging.getLogger(__name__)
_OURS = "/modelmuxer.v1."
_UNTRACKED = frozenset({"GetHealth", "GetMetrics"})
"""Asked for by machines every few seconds: neither admitted, logged nor measured."""

_DO_NOT_REPEAT = (("x-should-retry", "false"),)

Context = grpc.aio.ServicerContext[Any, Any]
Behaviour = Callable[[Any, Context], Awaitable[Any]]


class EdgeInterceptor(grpc.aio.ServerInterceptor):
    """Wraps every method once. Messages come in as bytes and are parsed here, so that size and form have our errors."""

    def __init__(
        self,
        settings: Settings,
        keys: ApiKeys,
        traffic: Traffic,
        clock: Clock,
        telemetry: Telemetry,
        log: RequestLog,
        tracer: Tracer,
        decisions: LineLog | None = None,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._traffic = traffic
        self._clock = clock
        self._telemetry = telemetry
        self._log = log
        self._tracer = tracer
        self._decisions = decisions
        self._wrapped: dict[str, Any] = {}

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """The wrapped handler of the method; None, which means UNIMPLEMENTED, when there is no such method."""
        method = handler_call_details.method
        wrapped = self._wrapped.get(method)
        if wrapped is None:
            handler = await continuation(handler_call_details)
            if handler is None:
                return None
            wrapped = self._wrap(method, handler)
            self._wrapped[method] = wrapped
        return wrapped

    def _wrap(self, method: str, handler: Any) -> Any:
        if not method.startswith(_OURS):
            return _guard(handler, lambda context: self._identify(method, context))
        if handler.response_streaming:
            behaviour = self._serve(method, handler.unary_stream, handler.request_deserializer)
            return grpc.unary_stream_rpc_method_handler(
                behaviour, None, response_serializer=handler.response_serializer
            )
        behaviour = self._serve(method, handler.unary_unary, handler.request_deserializer)
        return grpc.unary_unary_rpc_method_handler(behaviour, None, response_serializer=handler.response_serializer)

    def _serve(self, method: str, inner: Behaviour, parse: Callable[[bytes], Any]) -> Behaviour:
        route = method.rpartition("/")[2]
        tracked = route not in _UNTRACKED

        async def behaviour(body: bytes, context: Context) -> Any:
            started = self._clock.monotonic()
            metadata = _metadata(context)
            call = Call(method, request_id(metadata), int(self._clock.now()), started, 0, REST_MARK in metadata)
            CURRENT.set(call)
            if not call.rest:
                context.set_trailing_metadata(((REQUEST_ID_HEADER, call.request_id),))
            admitted = False
            remaining = context.time_remaining()
            try:
                self._begin(call, metadata, remaining)
                if tracked:
                    if self._traffic.closed:
                        await self._traffic.refuse()
                    self._traffic.enter()
                    admitted = True
                    self._telemetry.request_started(route)
                return await inner(self._parse(body, parse), context)
            except MuxerError as error:
                call.failure = error.reason
                if call.rest and is_final(error):
                    await context.send_initial_metadata(_DO_NOT_REPEAT)
                await abort(context, error, rest=call.rest)
            except CUT_OFF as error:
                if self._traffic.cutting:
                    call.failure = Reason.SHUTTING_DOWN
                    await abort(context, shutting_down(), rest=call.rest)
                late = final_code(context, error, remaining) is grpc.StatusCode.DEADLINE_EXCEEDED
                call.failure = Reason.DEADLINE_EXCEEDED if late else Reason.CANCELLED
                raise
            except Exception as error:
                call.failure = Reason.INTERNAL
                await abort(context, unexpected(error, call), rest=call.rest)
            finally:
                if admitted:
                    self._traffic.leave()
                if tracked:
                    seconds = self._clock.monotonic() - started
                    self._finished(route, call, seconds, admitted=admitted)
                    if self._decisions is not None and call.chat is not None:
                        self._decisions.write(partial(encode, call, call.chat, seconds), len(body))

        return behaviour

    def _identify(self, method: str, context: Context) -> str:
        return self._keys.identify(method, _metadata(context))

    def _begin(self, call: Call, metadata: Mapping[str, Any], remaining: float | None) -> None:
        call.caller = self._keys.identify(call.method, metadata)
        settings = self._settings
        call.timeout_ms = timeout_ms(metadata, remaining, settings.request_timeout_ms, settings.max_request_timeout_ms)
        call.deadline += call.timeout_ms / 1000

    def _parse(self, body: bytes, parse: Callable[[bytes], Any]) -> Any:
        limit = self._settings.max_request_bytes
        if len(body) > limit:
            raise BadRequest(
                Reason.REQUEST_TOO_LARGE,
                f"The request has {len(body):,} bytes; at most {limit:,} are taken",
                details={"limit_bytes": limit},
            )
        try:
            return parse(body)
        except DecodeError:
            raise BadRequest(
                Reason.INVALID_PROTOBUF, "The request is not the protobuf message that this method takes"
            ) from None

    def _finished(self, route: str, call: Call, seconds: float, *, admitted: bool) -> None:
        code = grpc.StatusCode.OK if call.failure is None else TABLE[call.failure].code
        if admitted:
            self._telemetry.request_finished(route, code.name, seconds)
        self._log.request_finished(
            call.request_id,
            route,
            code.name,
            seconds,
            model=call.model,
            cost=call.cost,
            attempts=call.attempts,
            trace_id=self._tracer.trace_id(),
        )


def unexpected(error: Exception, call: Call) -> MuxerError:
    """A fault of our own as the caller is told of it. The log gets its place, but not its text: that may quote a
    prompt."""
    place = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("request %s: unexpected %s\n%s", call.request_id, type(error).__name__, place)
    return MuxerError(
        Reason.INTERNAL,
        f"The router failed. Please report this with the request id {call.request_id}",
        details={"request_id": call.request_id},
    )


def _metadata(context: Context) -> dict[str, str]:
    """The call's metadata; of a repeated name the last, and binary ones left out."""
    pairs: Any = context.invocation_metadata() or ()
    return {name: value for name, value in pairs if isinstance(value, str)}


def _guard(handler: Any, check: Callable[[Context], str]) -> Any:
    """A handler of another package (health, reflection) behind the identity check alone."""
    behaviour = handler.stream_stream or handler.unary_stream or handler.unary_unary or handler.stream_unary

    async def allowed(context: Context) -> None:
        try:
            check(context)
        except MuxerError as error:
            await abort(context, error, rest=False)

    async def stream(request: Any, context: Context) -> Any:
        await allowed(context)
        async for response in behaviour(request, context):
            yield response

    async def plain(request: Any, context: Context) -> Any:
        await allowed(context)
        return await behaviour(request, context)

    wrapped = stream if inspect.isasyncgenfunction(behaviour) else plain
    kinds = ("stream_stream", "unary_stream", "unary_unary", "stream_unary")
    kind = next(k for k in kinds if getattr(handler, k) is not None)
    make = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(wrapped, handler.request_deserializer, handler.response_serializer)
