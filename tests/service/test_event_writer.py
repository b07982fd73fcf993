"""Silence is filled with comments, but never before the first event, and never into another message."""

from __future__ import annotations

import asyncio

from muxer.service.event_writer import EventWriter
from muxer.service.openai_stream import KEEP_ALIVE


class Wire:
    """Takes messages, one at a time, as gRPC does."""

    def __init__(self):
        self.sent = []
        self.busy = False
        self.arrived = asyncio.Event()

    async def write(self, message):
        assert not self.busy
        self.busy = True
        await asyncio.sleep(0)
        self.busy = False
        self.sent.append((message.content_type, message.data))
        self.arrived.set()


async def test_the_first_message_tells_the_content_type():
    wire = Wire()
    async with EventWriter(wire) as events:
        assert not events.begun
        await events.write(b"data: 1\n\n")
        await events.write(b"data: 2\n\n")

    assert events.begun
    assert [kind for kind, _ in wire.sent] == ["text/event-stream; charset=utf-8", ""]


async def test_silence_is_filled_with_comments_until_the_end():
    wire = Wire()
    async with EventWriter(wire, silence_s=0.01) as events:
        await events.write(b"data: 1\n\n")
        for _ in range(2):
            wire.arrived.clear()
            await wire.arrived.wait()
    after = len(wire.sent)
    await asyncio.sleep(0.03)

    assert [data for _, data in wire.sent[1:3]] == [KEEP_ALIVE, KEEP_ALIVE]
    assert len(wire.sent) == after


async def test_there_is_no_comment_before_the_first_event():
    wire = Wire()
    async with EventWriter(wire, silence_s=0.001):
        await asyncio.sleep(0.01)

    assert wire.sent == []


async def test_comments_and_events_never_meet():
    wire = Wire()
    async with EventWriter(wire, silence_s=0.0001) as events:
        for number in range(200):
            await events.write(b"%d" % number)
            await asyncio.sleep(0)

    assert [int(data) for _, data in wire.sent if data != KEEP_ALIVE] == list(range(200))
