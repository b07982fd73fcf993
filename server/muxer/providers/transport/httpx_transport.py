"""The alternative transport, over httpx: for those who need what its ecosystem offers, at more CPU per call.

`httpx.AsyncHTTPTransport` is used without `httpx.AsyncClient` around it, so there are no redirects, cookies,
decompression or environment proxies to switch off. Every call has a connection of its own: httpcore takes what a server
sends beyond the length of one answer for the beginning of the next, which could be another caller's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import TracebackType

import httpx

from muxer.ports import HttpRequest, Timeouts, TransportFailed
from muxer.providers.transport.contract import BodyLimit, check_encoding, check_url, outgoing_headers
from muxer.providers.transport.lookup import GuardedLookup, Lookup, system_lookup


class HttpxTransport:
    """See the module. Create and close it in the event loop that uses it."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = GuardedLookup(lookup)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._pool = httpx.AsyncHTTPTransport(limits=limits, trust_env=False, retries=0)

    def send(self, request: HttpRequest, timeouts: Timeouts) -> _Exchange:
        """See `Transport.send`."""
        return _Exchange(self._pool, self._lookup, request, timeouts)

    async def close(self) -> None:
        """Closes every connection."""
        await self._pool.aclose()


class _Exchange:
    """One request and its answer, as a context."""

    def __init__(
        self, pool: httpx.AsyncHTTPTransport, lookup: Lookup, request: HttpRequest, timeouts: Timeouts
    ) -> None:
        self._pool = pool
        self._lookup = lookup
        self._request = request
        self._timeouts = timeouts
        self._response: _Response | None = None

    async def __aenter__(self) -> _Response:
        check_url(self._request.url)
        timers = _Timers(self._timeouts)
        try:
            async with timers.until_first_byte():
                response = await self._begin()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise _failure(error, timers) from error
        self._response = _Response(response, timers)
        try:
            check_encoding(self._response.headers)
        except TransportFailed:
            await response.aclose()
            raise
        return self._response

    async def _begin(self) -> httpx.Response:
        """Sends the request to the first of the host's addresses that can be connected to."""
        url = httpx.URL(self._request.url)
        unreachable = httpx.ConnectError("the name has no addresses")
        for address in await self._lookup(url.host, url.port or 0):
            outgoing = httpx.Request(
                self._request.method,
                url.copy_with(host=address),
                headers={**outgoing_headers(self._request), "host": url.netloc.decode(), "connection": "close"},
                content=self._request.body,
                extensions={
                    "timeout": {"connect": self._timeouts.connect, "write": self._timeouts.first_byte},
                    "sni_hostname": url.host,  # which the certificate is then checked for
                },
            )
            try:
                return await self._pool.handle_async_request(outgoing)
            except httpx.ConnectError as error:
                unreachable = error
        raise unreachable

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._response is not None:
            await self._response.close()


class _Timers:
    """httpx knows one read timeout for head and body; the port tells the first byte, the next ones and all apart."""

    def __init__(self, timeouts: Timeouts) -> None:
        now = asyncio.get_running_loop().time()
        self._idle = timeouts.idle
        self._end = now + timeouts.total
        self._first_byte = timeouts.first_byte
        self.started = False

    def until_first_byte(self) -> asyncio.Timeout:
        now = asyncio.get_running_loop().time()
        return asyncio.timeout_at(min(now + self._first_byte, self._end))

    def until_next_byte(self) -> asyncio.Timeout:
        if not self.started:
            return self.until_first_byte()
        now = asyncio.get_running_loop().time()
        return asyncio.timeout_at(min(now + self._idle, self._end))

    def expired(self) -> TransportFailed:
        if asyncio.get_running_loop().time() >= self._end:
            return TransportFailed("total", "no whole answer within the time allowed", sent=True)
        if self.started:
            return TransportFailed("idle", "the answer stalled", sent=True)
        return TransportFailed("first_byte", "no answer within the time allowed", sent=True)


class _Response:
    def __init__(self, response: httpx.Response, timers: _Timers) -> None:
        self._response = response
        self._timers = timers
        self._headers = dict(response.headers)
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        self._body = aiter(stream)

    @property
    def status(self) -> int:
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._headers

    async def read(self, limit: int) -> bytes:
        cap = BodyLimit(limit, self.headers)
        parts = []
        async for data in self.chunks():
            cap.count(data)
            parts.append(data)
        return b"".join(parts)

    def chunks(self) -> AsyncIterator[bytes]:
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            async with self._timers.until_next_byte():
                data = await anext(self._body)
        except (httpx.HTTPError, TimeoutError) as error:
            raise _failure(error, self._timers) from error
        self._timers.started = True
        return data

    async def close(self) -> None:
        await self._response.aclose()


def _failure(error: Exception, timers: _Timers) -> TransportFailed:
    name = type(error).__name__
    match error:
        case httpx.ConnectTimeout():
            return TransportFailed("connect", "no connection within the time allowed", sent=False)
        case TimeoutError() | httpx.TimeoutException():
            return timers.expired()
        case httpx.ConnectError() | httpx.UnsupportedProtocol() | httpx.InvalidURL() | OSError():
            return TransportFailed("connect", f"no connection: {name}", sent=False)
        case httpx.RemoteProtocolError() if "disconnected" in str(error) or "peer closed" in str(error):
            return TransportFailed("cut", f"the connection broke: {name}", sent=True)
        case httpx.ProtocolError() | ValueError():
            return TransportFailed("protocol", f"not an HTTP answer: {name}", sent=True)
    return TransportFailed("cut", f"the connection broke: {name}", sent=True)
