"""A client for HTTP/1.1 that costs a few microseconds: one connection for each request at a time, kept alive.

It reads no more of an answer than it must to know that it is a success, and complete.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from benchmarks.gateway.load import Job

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_DONE = b"data: [DONE]\n\n"


class HttpClient:
    """See `load.Client`."""

    def __init__(self, job: Job, connections: list[_Connection]) -> None:
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{job.port}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(job.body)}\r\n\r\n"
        )
        self._request = head.encode() + job.body
        self._connections = connections
        self._stream = job.messages > 0

    @classmethod
    async def connect(cls, job: Job) -> HttpClient:
        """Opens the connections of a job."""
        loop = asyncio.get_running_loop()
        opened = [await loop.create_connection(_Connection, "127.0.0.1", job.port) for _ in range(job.concurrency)]
        return cls(job, [connection for _, connection in opened])

    async def exchange(self, slot: int) -> float:
        """See `load.Client`."""
        connection = self._connections[slot]
        last = await connection.send(self._request)
        if self._stream and _DONE not in last:
            raise RuntimeError(f"the stream did not end with [DONE]: {last!r}")
        return connection.first

    async def close(self) -> None:
        """See `load.Client`."""
        for connection in self._connections:
            connection.close()


class _Connection(asyncio.Protocol):
    """One request at a time. `first` is when the first byte of the latest answer's body came."""

    def __init__(self) -> None:
        self.first = 0.0
        self._transport: Any = None  # uvloop's transports are no asyncio.WriteTransport
        self._answer: asyncio.Future[bytes]
        self._head = b""
        self._left = 0  # bytes of the body that are to come; -1 when only its end will tell
        self._tail = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if hasattr(self, "_answer") and not self._answer.done():
            self._answer.set_exception(RuntimeError(f"the connection was closed: {error}"))

    def send(self, request: bytes) -> asyncio.Future[bytes]:
        """Sends a request. The future gets the last bytes of the answer."""
        self.first = 0.0
        self._head = self._tail = b""
        self._left = 0
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        if not self.first:
            data = self._body_after_head(data)
            if not data:
                return
            self.first = time.perf_counter()
        self._tail = self._tail[-len(_DONE) - len(_LAST_CHUNK) :] + data
        if self._left < 0:
            if not self._tail.endswith(_LAST_CHUNK):
                return
        else:
            self._left -= len(data)
            if self._left > 0:
                return
        if not self._answer.done():
            self._answer.set_result(self._tail)

    def _body_after_head(self, data: bytes) -> bytes:
        """What there is of the body once the head is whole; before, nothing."""
        self._head += data
        head, end, body = self._head.partition(b"\r\n\r\n")
        if not end:
            return b""
        if not head.startswith(b"HTTP/1.1 200 "):
            self._answer.set_exception(RuntimeError(self._head.decode(errors="replace")))
            return b""
        length = _LENGTH.search(head)
        self._left = int(length[1]) if length else -1
        self._head = head + end
        return body
