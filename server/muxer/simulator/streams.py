"""Delivers streamed answers, one event after the other, and all that can go wrong with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from muxer.simulator.exchange import Exchange, Gone, forever
from muxer.simulator.wire import Event

CONTENT_TYPE = "text/event-stream; charset=utf-8"
_MEGABYTE = 1_048_576
_BOM = b"\xef\xbb\xbf"

_Play = Callable[[Exchange], Awaitable[Gone | None]]


async def deliver(exchange: Exchange) -> web.StreamResponse:
    """Sends a stream as its scenario says."""
    await exchange.open(CONTENT_TYPE)
    gone = await _PLAYS.get(exchange.scenario.name, _plain)(exchange)
    return gone or await exchange.close()


async def _plain(exchange: Exchange) -> None:
    for event in exchange.events():
        await exchange.send(event)
    exchange.complete = True


async def _some(exchange: Exchange, default: int) -> None:
    """The first events, as many as the scenario says."""
    for event, _ in zip(exchange.events(), range(exchange.scenario.integer("after", default)), strict=False):
        await exchange.send(event)


async def _gated(exchange: Exchange) -> None:
    wait_after = exchange.scenario.integer("after", 1)
    for index, event in enumerate(exchange.events()):
        if index == wait_after:
            await exchange.gates.passed(exchange.scenario.text("gate", "gate"))
        await exchange.send(event)
    exchange.complete = True


async def _hang(exchange: Exchange) -> None:
    await _some(exchange, 3)
    await forever()


async def _fail(exchange: Exchange) -> None:
    await _some(exchange, 5)
    await exchange.send(exchange.failure)


async def _fail_first(exchange: Exchange) -> None:
    for event in exchange.events():
        if event.tokens:
            break
        await exchange.send(event)
    await exchange.send(exchange.failure)


async def _truncate(exchange: Exchange) -> None:
    await _some(exchange, 5)


async def _reset(exchange: Exchange) -> Gone:
    await _some(exchange, 5)
    return exchange.reset()


async def _hang_up(exchange: Exchange) -> Gone:
    await _some(exchange, 5)
    return exchange.hang_up()


async def _malformed(exchange: Exchange) -> None:
    broken_at = exchange.scenario.integer("after", 3)
    for index, event in enumerate(exchange.events()):
        if index == broken_at:
            half = Event(event.data[: len(event.data) // 2], event.name)
            await exchange.send(half)
        await exchange.send(event)
    exchange.complete = True


async def _twice(exchange: Exchange) -> None:
    for index, event in enumerate(exchange.events()):
        await exchange.send(event)
        if event.reports_usage and not event.tokens and index:
            await exchange.send(event)
    exchange.complete = True


async def _end_twice(exchange: Exchange) -> None:
    last = Event(b"")
    for last in exchange.events():
        await exchange.send(last)
    await exchange.send(last)
    exchange.complete = True


def _framed(frame: Callable[[int, bytes], bytes]) -> _Play:
    """A play that sends every event, each frame changed as told; the function gets the event's position."""

    async def play(exchange: Exchange) -> None:
        for index, event in enumerate(exchange.events()):
            await exchange.send(event, frame(index, event.frame()))
        exchange.complete = True

    return play


def _newlines(*kinds: bytes) -> Callable[[int, bytes], bytes]:
    return lambda index, frame: frame.replace(b"\n", kinds[index % len(kinds)])


def _several_lines(_index: int, frame: bytes) -> bytes:
    return frame.replace(b"data: {", b"data: {\ndata: ", 1)


def _no_blank_line(index: int, frame: bytes) -> bytes:
    return frame[:-1] if index == 2 else frame


async def _long_line(exchange: Exchange) -> None:
    size = exchange.scenario.integer("bytes", _MEGABYTE)
    for index, event in enumerate(exchange.events()):
        padded = event.data[:-1] + b" " * size + event.data[-1:] if index == 2 else event.data
        await exchange.send(event, Event(padded, event.name).frame())
    exchange.complete = True


async def _bytewise(exchange: Exchange) -> None:
    """Every byte in a write of its own."""
    seconds = exchange.scenario.seconds("seconds")
    for event in exchange.events():
        frame = event.frame()
        for position in range(len(frame)):
            await exchange.write(frame[position : position + 1])
            if seconds:
                await asyncio.sleep(seconds)
        exchange.sent(event)
    exchange.complete = True


async def _cut_character(exchange: Exchange) -> None:
    """Ends the body cleanly in the midst of a character."""
    for event in exchange.events():
        frame = event.frame()
        beyond_ascii = next((index for index, byte in enumerate(frame) if byte >= 0x80), None)
        if beyond_ascii is not None:
            await exchange.write(frame[: beyond_ascii + 1])
            return
        await exchange.send(event)


async def _endless(exchange: Exchange) -> None:
    """Repeats the text until the client leaves or the limit (1 GiB, or `mb=`) is reached."""
    limit = exchange.scenario.integer("mb", 1_024) * _MEGABYTE
    said = [event for event in exchange.events() if event.tokens] or list(exchange.events())
    sent = 0
    while sent < limit:
        for event in said:
            sent += len(event.data)
            await exchange.send(event)


_PLAYS: dict[str, _Play] = {
    "gated": _gated,
    "hang_mid_stream": _hang,
    "error_mid_stream": _fail,
    "error_before_first_token": _fail_first,
    "truncated": _truncate,
    "reset_mid_stream": _reset,
    "hang_up_mid_stream": _hang_up,
    "malformed_event": _malformed,
    "usage_twice": _twice,
    "end_twice": _end_twice,
    "keepalive_comments": _framed(lambda _, frame: b": keep-alive\n\n" + frame),
    "crlf": _framed(_newlines(b"\r\n")),
    "cr": _framed(_newlines(b"\r")),
    "mixed_newlines": _framed(_newlines(b"\r\n", b"\n", b"\r")),
    "bom": _framed(lambda index, frame: frame if index else _BOM + frame),
    "several_data_lines": _framed(_several_lines),
    "missing_blank_line": _framed(_no_blank_line),
    "long_line": _long_line,
    "split_bytes": _bytewise,
    "slow_bytes": _bytewise,
    "truncated_utf8": _cut_character,
    "endless": _endless,
}

NAMES = frozenset(_PLAYS)
"""The scenarios that are played here."""
