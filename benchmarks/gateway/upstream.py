"""A provider for measuring: canned answers over HTTP/1.1 on a bare asyncio protocol, so that it costs next to nothing.

It speaks OpenAI Chat Completions and looks at nothing of a request but its length and whether it wants a stream. Every
event of a stream is a write of its own: at once, or with pauses between them, as uneven as a model's.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from multiprocessing.connection import Connection
from typing import Any

import uvloop

from benchmarks.gateway.workload import PAUSES, answer_events, whole_answer

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def run(parent: Connection) -> None:
    """The process: tells its port, then takes the pause between two events in seconds, until the parent is gone."""
    uvloop.run(_serve(parent))


async def _serve(parent: Connection) -> None:
    loop = asyncio.get_running_loop()
    answers = _Answers()
    server = await loop.create_server(lambda: _Connection(answers), "127.0.0.1", 0, backlog=1024)
    over = asyncio.Event()

    def told() -> None:
        try:
            answers.pause_s = parent.recv()
            parent.send(None)
        except (EOFError, ConnectionError):
            loop.remove_reader(parent.fileno())
            over.set()

    loop.add_reader(parent.fileno(), told)
    parent.send(server.sockets[0].getsockname()[1])
    await over.wait()


class _Answers:
    """What every connection answers."""

    def __init__(self) -> None:
        body = whole_answer()
        self.whole = (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
        head = (
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        frames = [b"%x\r\n%b\r\n" % (len(event), event) for event in answer_events()]
        self.writes = [head + frames[0], *frames[1:-1], frames[-1] + b"0\r\n\r\n"]
        self.pause_s = 0.0
        self._pauses = itertools.cycle(PAUSES)

    def next_pause_s(self) -> float:
        """The pause before the next event."""
        return self.pause_s * next(self._pauses)


class _Connection(asyncio.Protocol):
    def __init__(self, answers: _Answers) -> None:
        self._answers = answers
        self._loop = asyncio.get_running_loop()
        self._pending = b""
        self._transport: Any = None  # uvloop's transports are no asyncio.WriteTransport

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._pending + data
        while (head := data.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(data, 0, head)
            end = head + 4 + (int(length[1]) if length else 0)
            if len(data) < end:
                break
            if b'"stream":true' in data[head:end]:
                self._stream(0)
            else:
                self._transport.write(self._answers.whole)
            data = data[end:]
        self._pending = data

    def _stream(self, position: int) -> None:
        if self._transport.is_closing():
            return
        writes = self._answers.writes
        self._transport.write(writes[position])
        if position + 1 < len(writes):
            self._loop.call_later(self._answers.next_pause_s(), self._stream, position + 1)
