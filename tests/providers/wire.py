"""Answers in raw bytes, and how to ask for them, for tests of what goes over the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from muxer.ports import HttpRequest, ProviderSpec, Timeouts, Transport, TransportFailed
from muxer.types.catalog import ModelSpec

Place = tuple[ProviderSpec, ModelSpec]
Anyone = Callable[..., Place]
Post = Callable[..., HttpRequest]
Serve = Callable[..., Awaitable[Any]]
Hurried = Callable[..., Timeouts]

PATIENT = Timeouts(connect=20.0, first_byte=20.0, idle=20.0, total=20.0)


async def whole(http: Transport, request: HttpRequest, timeouts: Timeouts = PATIENT, limit: int = 1 << 20) -> bytes:
    async with http.send(request, timeouts) as response:
        return await response.read(limit)


async def failure(
    http: Transport, request: HttpRequest, timeouts: Timeouts = PATIENT, limit: int = 1 << 20
) -> tuple[str, bool]:
    with pytest.raises(TransportFailed) as caught:
        await whole(http, request, timeouts, limit)
    return caught.value.kind, caught.value.sent


def answering(answer: bytes, *, times: int = 1) -> Callable[[Any], Awaitable[None]]:
    """A script that gives the same answer to so many requests of a connection, and then closes it."""

    async def script(connection: Any) -> None:
        for _ in range(times):
            await connection.request()
            await connection.send(answer)

    return script


def ok(body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
