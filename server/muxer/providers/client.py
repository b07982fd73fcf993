"""Asks a model once: a dialect over a transport, with every failure turned into a `ProviderFailed`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from muxer.errors import MuxerError, ProviderFailed, Reason
from muxer.ports import (
    Dialect,
    HttpRequest,
    HttpResponse,
    ProviderSpec,
    StreamDecoder,
    Timeouts,
    Transport,
    TransportFailed,
)
from muxer.providers.assembly import Assembly
from muxer.providers.egress import check_destination
from muxer.providers.failures import ODD_ANSWER, SERVER, TIMED_OUT, UNREACHABLE, FailureClass, failed
from muxer.providers.output_cap import OutputCap
from muxer.providers.registry import dialect_for
from muxer.providers.request_body import may_give_hints
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk, ChatRequest, ChatResponse

MAX_BODY_BYTES = 16 << 20
MAX_ERROR_BYTES = 64 << 10

END_GRACE_S = 0.5
"""How long a stream whose last event has come may take to end, so that its connection can be used again."""

_TRANSPORT_FAILURES: dict[str, FailureClass] = {
    "connect": UNREACHABLE,
    "first_byte": TIMED_OUT,
    "idle": TIMED_OUT,
    "total": TIMED_OUT,
    "cut": SERVER,
    "too_large": ODD_ANSWER,
    "protocol": ODD_ANSWER,
}


class HttpProviderClient:
    """See `ports.ProviderClient`. Without state of its own; the transport belongs to the caller, who closes it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def dropped(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> tuple[str, ...]:
        """See `ports.Dialect.dropped`."""
        if not may_give_hints(request):
            return ()
        return dialect_for(request, provider, model).dropped(request, provider, model)

    async def complete(
        self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, timeouts: Timeouts
    ) -> ChatResponse:
        """See `ports.ProviderClient.complete`."""
        dialect = dialect_for(request, provider, model)
        if dialect.unary_max_tokens is not None and (request.max_tokens or 0) > dialect.unary_max_tokens:
            return await self._assembled(request, provider, model, timeouts)
        outgoing = _encoded(dialect, request, provider, model, stream=False)
        try:
            async with self._transport.send(outgoing, timeouts) as response:
                await _raise_for_status(response, dialect, provider, model)
                body = await response.read(MAX_BODY_BYTES)
        except TransportFailed as failure:
            raise _failed(failure, provider, model) from failure
        return dialect.decode(body, provider, model)

    async def _assembled(
        self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, timeouts: Timeouts
    ) -> ChatResponse:
        assembly = Assembly()
        async with self.stream(request, provider, model, timeouts) as batches:
            async for chunks in batches:
                assembly.add(chunks)
        return assembly.response()

    @asynccontextmanager
    async def stream(
        self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, timeouts: Timeouts
    ) -> AsyncGenerator[AsyncIterator[Sequence[ChatChunk]], None]:
        """See `ports.ProviderClient.stream`."""
        dialect = dialect_for(request, provider, model)
        outgoing = _encoded(dialect, request, provider, model, stream=True)
        decoder = dialect.stream_decoder(provider, model)
        cap = OutputCap(request, provider, model)
        try:
            async with self._transport.send(outgoing, timeouts) as response:
                await _raise_for_status(response, dialect, provider, model)
                yield _batches(response, decoder, cap, provider, model)
        except TransportFailed as failure:
            raise _failed(failure, provider, model) from failure


async def _batches(
    response: HttpResponse, decoder: StreamDecoder, cap: OutputCap, provider: ProviderSpec, model: ModelSpec
) -> AsyncIterator[Sequence[ChatChunk]]:
    try:
        body = response.chunks()
        async for data in body:
            if chunks := decoder.feed(data):
                cap.count(chunks)
                yield chunks
            if decoder.done:
                break
        while chunks := decoder.close():
            yield chunks
        await _read_to_end(body)
    except (TransportFailed, ProviderFailed) as failure:
        if decoder.usage is not None:  # what was reported is billed, also when the answer is not whole
            yield (ChatChunk(id="", created=0, model=model.name, usage=decoder.usage),)
        if isinstance(failure, ProviderFailed):
            raise
        raise _failed(failure, provider, model) from failure


async def _read_to_end(body: AsyncIterator[bytes]) -> None:
    try:
        async with asyncio.timeout(END_GRACE_S):
            async for _ in body:
                pass
    except (TimeoutError, TransportFailed):
        return  # the answer is whole; only the connection is lost


async def _raise_for_status(response: HttpResponse, dialect: Dialect, provider: ProviderSpec, model: ModelSpec) -> None:
    if response.status == 200:
        return
    try:
        body = await response.read(MAX_ERROR_BYTES)
    except TransportFailed:
        body = b""  # the status says enough
    raise dialect.decode_error(response.status, response.headers, body, provider, model)


def _encoded(
    dialect: Dialect, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, *, stream: bool
) -> HttpRequest:
    try:
        outgoing = dialect.encode(request, provider, model, stream=stream)
    except MuxerError as error:
        failure = ProviderFailed(
            error.reason,
            error.message,
            provider=provider.name,
            model=model.name,
            failover=error.reason is Reason.UNSUPPORTED_PARAMETER,
            sent=False,
        )
        failure.field = error.field
        raise failure from error
    check_destination(outgoing, provider)
    return outgoing


def _failed(failure: TransportFailed, provider: ProviderSpec, model: ModelSpec) -> ProviderFailed:
    mapped = failed(_TRANSPORT_FAILURES[failure.kind], provider, model, detail=str(failure))
    mapped.sent = failure.sent
    mapped.provider_code = failure.kind
    return mapped
