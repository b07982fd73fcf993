"""Delivers answers that are not streamed, and those that are no answer at all: wrong lengths, bombs, redirects."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from functools import lru_cache

from aiohttp import web

from muxer.simulator.exchange import Exchange, Gone, forever

_MEGABYTE = 1_048_576
REDIRECT_TARGET = "/_sim/redirected"
_SMUGGLED = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n{"smuggled":true}'

_Play = Callable[[Exchange], Awaitable[web.StreamResponse]]


def no_answer(name: str) -> _Play | None:
    """How to deliver a scenario that is no answer, streamed or not; None for all others."""
    return _NO_ANSWERS.get(name)


async def deliver(exchange: Exchange) -> web.StreamResponse:
    """Sends a whole answer as its scenario says."""
    exchange.complete = True
    return await _PLAYS.get(exchange.scenario.name, _plain)(exchange)


def _reply(exchange: Exchange, status: int, body: bytes, **headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(status=status, body=body, headers={**exchange.headers, **named})


async def _plain(exchange: Exchange) -> web.Response:
    return _reply(exchange, 200, exchange.body(), content_type="application/json")


async def _gated(exchange: Exchange) -> web.Response:
    await exchange.gates.passed(exchange.scenario.text("gate", "gate"))
    return await _plain(exchange)


async def _half(exchange: Exchange) -> None:
    body = exchange.body()
    await exchange.open("application/json", length=len(body))
    await exchange.write(body[: len(body) // 2])


async def _hang(exchange: Exchange) -> web.StreamResponse:
    await _half(exchange)
    await forever()
    return Gone()


async def _hang_up(exchange: Exchange) -> web.StreamResponse:
    await _half(exchange)
    return exchange.hang_up()


async def _reset(exchange: Exchange) -> web.StreamResponse:
    await _half(exchange)
    return exchange.reset()


async def _cut_json(exchange: Exchange) -> web.Response:
    body = exchange.body()
    return _reply(exchange, 200, body[: len(body) // 2], content_type="application/json")


async def _cut_character(exchange: Exchange) -> web.Response:
    body = exchange.body()
    end = next((index for index, byte in enumerate(body) if byte >= 0x80), len(body) // 2)
    return _reply(exchange, 200, body[: end + 1], content_type="application/json")


async def _slow(exchange: Exchange) -> web.StreamResponse:
    body = exchange.body()
    await exchange.open("application/json", length=len(body))
    for position in range(len(body)):
        await exchange.write(body[position : position + 1])
        await asyncio.sleep(exchange.scenario.seconds("seconds"))
    return await exchange.close()


async def _html(exchange: Exchange) -> web.Response:
    page = b"<!doctype html><html><title>Bad gateway</title><body>A simulated page, not an answer.</body></html>"
    return _reply(exchange, 200, page, content_type="text/html")


async def _empty(exchange: Exchange) -> web.Response:
    return _reply(exchange, 200, b"", content_type="application/json")


async def _redirect(exchange: Exchange) -> web.Response:
    """To an address of the simulator that records who comes (or to `to=`)."""
    status = exchange.scenario.integer("status", 302)
    status = status if status in (301, 302, 303, 307, 308) else 302
    return _reply(exchange, status, b"", location=exchange.scenario.text("to", REDIRECT_TARGET))


async def _wrong_length(exchange: Exchange) -> web.StreamResponse:
    """`kind=long` announces more than is sent, `short` less (and a response of its own follows), `chunked` announces
    a length and sends chunks."""
    exchange.complete = True
    body = exchange.body()
    kind = exchange.scenario.text("kind", "long")
    length = {"short": len(body) // 2, "chunked": 5}.get(kind, len(body) + 100)
    lines = [f"{name}: {value}" for name, value in exchange.headers.items()]
    lines += ["content-type: application/json", f"content-length: {length}"]
    if kind == "chunked":
        lines.append("transfer-encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    head = "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode()
    exchange.call.status = 200
    exchange.transport.write(head + body + (_SMUGGLED if kind == "short" else b""))
    if kind == "long":
        return exchange.hang_up()
    return Gone(keep_alive=True)


async def _huge(exchange: Exchange) -> web.StreamResponse:
    """A JSON string of 1 GiB, or of `mb=`."""
    exchange.complete = True
    await exchange.open("application/json")
    await exchange.write(b'{"id":"')
    for _ in range(exchange.scenario.integer("mb", 1_024) * 16):
        await exchange.write(b"x" * (_MEGABYTE // 16))
    await exchange.write(b'"}')
    return await exchange.close()


async def _bomb(exchange: Exchange) -> web.Response:
    """64 MiB of blanks (or `mb=`), compressed `chain=` times with `encoding=` gzip or deflate."""
    encoding = exchange.scenario.text("encoding", "gzip")
    chain = min(max(exchange.scenario.integer("chain", 1), 1), 4)
    body = _compressed_blanks(max(exchange.scenario.integer("mb", 64), 1), encoding == "deflate")
    for _ in range(chain - 1):
        body = zlib.compress(body, wbits=15 if encoding == "deflate" else 31)
    encodings = ", ".join([encoding] * chain)
    return _reply(exchange, 200, body, content_type="application/json", content_encoding=encodings)


@lru_cache(maxsize=4)
def _compressed_blanks(megabytes: int, zlib_format: bool) -> bytes:
    blanks = b" " * _MEGABYTE
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(blanks) + packer.flush(zlib.Z_FULL_FLUSH)
    body = block * megabytes + zlib.compressobj(9, wbits=-15).flush()
    if zlib_format:
        check = 1
        for _ in range(megabytes):
            check = zlib.adler32(blanks, check)
        return b"\x78\xda" + body + check.to_bytes(4, "big")
    check = 0
    for _ in range(megabytes):
        check = zlib.crc32(blanks, check)
    size = (megabytes * _MEGABYTE) % 2**32
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return header + body + check.to_bytes(4, "little") + size.to_bytes(4, "little")


_PLAYS: dict[str, _Play] = {
    "gated": _gated,
    "hang_mid_stream": _hang,
    "truncated": _hang_up,
    "hang_up_mid_stream": _hang_up,
    "reset_mid_stream": _reset,
    "malformed_event": _cut_json,
    "truncated_utf8": _cut_character,
    "slow_bytes": _slow,
    "endless": _huge,
}

_NO_ANSWERS: dict[str, _Play] = {
    "malformed_json": _html,
    "empty_200": _empty,
    "redirect": _redirect,
    "wrong_content_length": _wrong_length,
    "huge_body": _huge,
    "gzip_bomb": _bomb,
}

NAMES = frozenset((*_PLAYS, *_NO_ANSWERS))
"""The scenarios that are played here."""
