"""HTTP/2 as nobody's client library sends it: floods and bombs, frame by frame.

A connection that abuses the protocol is closed, or its requests are refused; a client on another connection is served
all the while, and Envoy's memory does not grow by more than 64 MiB. (CVE-2023-44487, CVE-2024-27919, CVE-2026-47774,
CVE-2026-73550 and their like.)
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from tests.edge.conftest import MIB, Edge

pytestmark = pytest.mark.asyncio(loop_scope="module")

# RFC 9113, 6
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS = 0x1, 0x4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
STATUS_200 = b"\x88"  # RFC 7541, appendix A: entry 8 of the static table

Header = tuple[bytes, bytes]
Frame = tuple[int, int, int, bytes]
GET_HEALTH: list[Header] = [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/health"), (b":authority", b"h")]

POST_CHAT = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/v1/chat/completions"), (b":authority", b"h")]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def integer(value: int, prefix_bits: int, pattern: int) -> bytes:
    """An integer of HPACK (RFC 7541, 5.1)."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes([pattern | value])
    out, value = [pattern | limit], value - limit
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def literal(name: bytes, value: bytes, *, remember: bool = False) -> bytes:
    """A header field spelled out; `remember` puts it into the dynamic table."""
    return (b"\x40" if remember else b"\0") + integer(len(name), 7, 0) + name + integer(len(value), 7, 0) + value


def block(headers: Iterable[Header]) -> bytes:
    return b"".join(literal(name, value) for name, value in headers)


class Connection:
    """A connection whose every byte is ours."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.send(PREFACE + frame(SETTINGS, 0, 0))

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def frames(self) -> AsyncIterator[Frame]:
        """What comes back, until the connection is closed. SETTINGS and PING are answered by nobody."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await self._reader.readexactly(9)
                payload = await self._reader.readexactly(int.from_bytes(head[:3], "big"))
                yield head[3], head[4], int.from_bytes(head[5:9], "big"), payload

    async def is_given_up(self) -> bool:
        """Whether the other side says GOAWAY, or closes it without a word, within five seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                async for kind, *_ in self.frames():
                    if kind == GOAWAY:
                        break
                return True
        return False

    async def answer(self, stream: int) -> list[Frame]:
        """The frames of one stream, to its end or the connection's."""
        found = []
        async with asyncio.timeout(5):
            async for kind, flags, number, payload in self.frames():
                if number == stream:
                    found.append((kind, flags, number, payload))
                ended = number == stream and kind in (DATA, HEADERS) and flags & END_STREAM
                if ended or kind in (RST_STREAM, GOAWAY):
                    break
        return found


@contextlib.asynccontextmanager
async def connected(edge: Edge) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection(edge.envoy.address.host, edge.envoy.address.port)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()


def memory(shared_dir: Path) -> int:
    """Bytes of memory that this module's Envoy has."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{shared_dir}/envoy.yaml".encode() in (process / "cmdline").read_bytes():
                return int((process / "statm").read_text().split()[1]) * 4096
    raise AssertionError("Envoy is not running")


@contextlib.asynccontextmanager
async def harmless_to_others(edge: Edge, shared_dir: Path) -> AsyncIterator[None]:
    """A second client asks again and again while the body runs; none of it may fail or wait for long."""
    before, waits, over = memory(shared_dir), [], asyncio.Event()

    async def ask() -> None:
        while not over.is_set():
            started = time.perf_counter()
            assert (await edge.rest.get("/health")).status_code == 200
            waits.append(time.perf_counter() - started)

    other = asyncio.create_task(ask())
    try:
        yield
    finally:
        over.set()
        await other
    assert max(waits) < 1
    assert memory(shared_dir) - before < 64 * MIB


def head(headers: Iterable[Header], *, stream: int = 1, end: int = END_STREAM) -> bytes:
    """A whole request header, in as many frames as it takes."""
    encoded = block(headers)
    pieces = [encoded[at : at + 16_384] for at in range(0, len(encoded), 16_384)]
    kinds = [HEADERS] + [CONTINUATION] * (len(pieces) - 1)
    flags = [end] + [0] * (len(pieces) - 1)
    flags[-1] |= END_HEADERS
    return b"".join(map(frame, kinds, flags, [stream] * len(pieces), pieces))


async def test_rest_over_http2_without_tls_works(edge: Edge) -> None:
    async with connected(edge) as connection:
        connection.send(head(GET_HEALTH))
        first, *rest = await connection.answer(1)
    assert (first[0], first[3][:1]) == (HEADERS, STATUS_200)
    assert b"".join(payload for kind, _, _, payload in rest if kind == DATA) == b'{"status":"ok"}'


CANCEL = (8).to_bytes(4, "big")
FLOODS = {
    "rapid reset": b"".join(
        head(GET_HEALTH, stream=stream) + frame(RST_STREAM, 0, stream, CANCEL) for stream in range(1, 4001, 2)
    ),
    "continuations": frame(HEADERS, END_STREAM, 1, block(GET_HEALTH))
    + b"".join(frame(CONTINUATION, 0, 1, literal(b"a%d" % number, b"x" * 8000)) for number in range(2000)),
    "pings": frame(PING, 0, 0, b"x" * 8) * 200_000,
    "settings": frame(SETTINGS, 0, 0) * 200_000,
    "empty data": head(POST_CHAT, end=0) + frame(DATA, 0, 1) * 50_000,
    "priorities": head(POST_CHAT, end=0) + frame(PRIORITY, 0, 1, b"\0\0\0\0\x10") * 50_000,
    "window updates": head(POST_CHAT, end=0) + frame(WINDOW_UPDATE, 0, 1, (1).to_bytes(4, "big")) * 50_000,
}
BOMBS = {
    "10,000 cookies": head([*GET_HEALTH, *[(b"cookie", b"a=b")] * 10_000]),
    "10,000 names": head([*GET_HEALTH, *[(b"a%d" % number, b"x") for number in range(10_000)]]),
    "one long value": head([*GET_HEALTH, (b"a", b"x" * 1_000_000)]),
    "1,000 hosts": head([*GET_HEALTH, *[(b"host", b"h")] * 1_000]),
    "1,000 references to one long field": frame(
        HEADERS,
        END_HEADERS | END_STREAM,
        1,
        block(GET_HEALTH) + literal(b"a", b"x" * 3_900, remember=True) + integer(62, 7, 0x80) * 1_000,
    ),
    "an underscore": head([*GET_HEALTH, (b"x_mm_rest", b"1")]),
    "a capital": head([*GET_HEALTH, (b"X-Mm-Rest", b"1")]),
    "a space": head([*GET_HEALTH, (b"a b", b"1")]),
    "no name": head([*GET_HEALTH, (b"", b"1")]),
    "two paths": head([*GET_HEALTH, (b":path", b"/v1/models")]),
    "no path": head([*GET_HEALTH[:2], *GET_HEALTH[3:]]),
}


async def test_every_flood_closes_its_connection_and_harms_nobody_else(edge: Edge, shared_dir: Path) -> None:
    async def flood(frames: bytes) -> bool:
        async with connected(edge) as connection:
            connection.send(frames)
            return await connection.is_given_up()

    async with harmless_to_others(edge, shared_dir):
        given_up = await asyncio.gather(*map(flood, FLOODS.values()))
    assert dict(zip(FLOODS, given_up, strict=True)) == dict.fromkeys(FLOODS, True)


async def test_every_header_bomb_is_refused_and_harms_nobody_else(edge: Edge, shared_dir: Path) -> None:
    async def is_refused(frames: bytes) -> bool:
        async with connected(edge) as connection:
            connection.send(frames)
            answer = await connection.answer(1)
        return STATUS_200 not in [payload[:1] for kind, _, _, payload in answer if kind == HEADERS]

    async with harmless_to_others(edge, shared_dir):
        refused = await asyncio.gather(*map(is_refused, BOMBS.values()))
    assert dict(zip(BOMBS, refused, strict=True)) == dict.fromkeys(BOMBS, True)


async def test_streams_beyond_the_limit_of_a_connection_are_refused(edge: Edge) -> None:
    async with connected(edge) as connection:
        for stream in range(1, 203, 2):
            connection.send(head(POST_CHAT, stream=stream, end=0))
        refused = await connection.answer(201)
    assert [kind for kind, *_ in refused] == [RST_STREAM]
