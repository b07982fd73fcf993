"""The default transport, over aiohttp: the least CPU per call of the HTTP clients that were measured.

What aiohttp would do on its own is switched off: decompression, redirects, cookies, environment proxies.

A request is sent again in one case only: on a connection from the pool that the server closed just then, and of which
it is certain that no byte was written. Everything else could make a provider work, and bill, twice.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import AsyncIterator, Mapping
from types import TracebackType

import aiohttp
from aiohttp.abc import AbstractResolver, AbstractStreamWriter, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from muxer.ports import HttpRequest, Timeouts, TransportFailed
from muxer.providers.transport.contract import BodyLimit, check_encoding, check_url, outgoing_headers
from muxer.providers.transport.lookup import GuardedLookup, Lookup, system_lookup

KEEPALIVE_S = 30.0
"""How long an idle connection is kept. Shorter than the idle limits of common load balancers (60 s and more), so that
the server is seldom the one that closes it."""

_ERRORS = (aiohttp.ClientError, HttpProcessingError, TimeoutError, OSError, ValueError)


class AiohttpTransport:
    """One connection pool. Create and close it in the event loop that uses it."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = GuardedLookup(lookup)
        self._session: aiohttp.ClientSession | None = None

    def send(self, request: HttpRequest, timeouts: Timeouts) -> _Exchange:
        """See `Transport.send`."""
        if self._session is None:
            self._session = _session(self._lookup)
        return _Exchange(self._session, request, timeouts)

    async def close(self) -> None:
        """Closes every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class _Resolver(AbstractResolver):
    """A lookup in aiohttp's terms. aiohttp remembers what it finds for ten seconds."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self._lookup(host, port)
        ]
        return [result for result in found if family in (socket.AF_UNSPEC, result["family"])]

    async def close(self) -> None:
        return


def _session(lookup: Lookup) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE_S, resolver=_Resolver(lookup)),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )


@functools.lru_cache(maxsize=64)
def _client_timeout(timeouts: Timeouts) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=timeouts.total,
        connect=timeouts.connect,
        sock_read=timeouts.first_byte,
        ceil_threshold=float("inf"),  # no rounding up to whole seconds
    )


class _Body(aiohttp.Payload):
    """A request body that knows whether any of the request was handed to the network.

    aiohttp keeps the head back until the body is written, and writes both at once.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._data = data
        self._size = len(data)
        self.sent = False

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return self._data.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        transport = writer.transport
        self.sent = self.sent or not (transport is None or transport.is_closing())
        await writer.write(self._data)


class _Exchange:
    """One request and its answer, as a context."""

    def __init__(self, session: aiohttp.ClientSession, request: HttpRequest, timeouts: Timeouts) -> None:
        self._session = session
        self._request = request
        self._timeouts = timeouts
        self._response: _Response | None = None

    async def __aenter__(self) -> _Response:
        check_url(self._request.url)
        try:
            response = await self._begin()
        except TransportFailed as failure:
            if failure.kind != "cut" or failure.sent:
                raise
            response = await self._begin()  # the server closed the idle connection before a byte was written
        self._response = _Response(response, self._timeouts)
        try:
            check_encoding(self._response.headers)
        except TransportFailed:
            response.close()
            raise
        return self._response

    async def _begin(self) -> aiohttp.ClientResponse:
        body = _Body(self._request.body)
        try:
            return await self._session.request(
                self._request.method,
                URL(self._request.url, encoded=True),
                headers=outgoing_headers(self._request),
                data=body,
                allow_redirects=False,
                timeout=_client_timeout(self._timeouts),
            )
        except _ERRORS as error:
            raise _failure(error, before_body=True, sent=body.sent) from error

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._response is not None:
            self._response.close()


class _Response:
    def __init__(self, response: aiohttp.ClientResponse, timeouts: Timeouts) -> None:
        self._response = response
        self._started = response.content.total_bytes > 0
        connection = response.connection
        if connection is not None and connection.protocol is not None:
            # aiohttp restarts this timer at every read, so the time that was allowed for the first byte goes on
            # holding until a byte of the body has come.
            connection.protocol.read_timeout = timeouts.idle
            if self._started:
                connection.protocol.start_timeout()

    @property
    def status(self) -> int:
        return self._response.status

    @functools.cached_property
    def headers(self) -> Mapping[str, str]:
        return {name.lower(): value for name, value in self._response.headers.items()}

    async def read(self, limit: int) -> bytes:
        cap = BodyLimit(limit, self.headers)
        parts = []
        async for data in self.chunks():
            cap.count(data)
            parts.append(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def chunks(self) -> AsyncIterator[bytes]:
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            data = await self._response.content.readany()
        except _ERRORS as error:
            raise _failure(error, before_body=not self._started, sent=True) from error
        if not data:
            raise StopAsyncIteration
        self._started = True
        return data

    def close(self) -> None:
        """Gives the connection back if the body was read to its end, and closes it otherwise."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


def _failure(error: Exception, *, before_body: bool, sent: bool) -> TransportFailed:
    name = type(error).__name__
    match error:
        case aiohttp.ConnectionTimeoutError():
            return TransportFailed("connect", "no connection within the time allowed", sent=False)
        case aiohttp.SocketTimeoutError() if before_body:
            return TransportFailed("first_byte", "no answer within the time allowed", sent=sent)
        case aiohttp.SocketTimeoutError():
            return TransportFailed("idle", "the answer stalled", sent=sent)
        case TimeoutError():
            return TransportFailed("total", "no whole answer within the time allowed", sent=sent)
        case aiohttp.ClientConnectorError() | aiohttp.InvalidURL():
            return TransportFailed("connect", f"no connection: {name}", sent=False)
        case aiohttp.ClientResponseError() | HttpProcessingError() | ValueError():
            return TransportFailed("protocol", f"not an HTTP answer: {name}", sent=sent)
    return TransportFailed("cut", f"the connection broke: {name}", sent=sent)
