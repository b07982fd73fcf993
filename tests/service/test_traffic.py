"""Calls in progress are known, and a server that ends sends its refusals together."""

from __future__ import annotations

import asyncio

import pytest
from muxer.errors import MuxerError, Reason
from muxer.service.traffic import Traffic


async def test_refusals_that_are_held_are_sent_on_release_and_not_before() -> None:
    traffic = Traffic()
    traffic.close()
    holding = asyncio.create_task(traffic.hold())
    await asyncio.sleep(0)
    refusals = [asyncio.create_task(traffic.refuse()) for _ in range(3)]
    await holding

    assert not any(refusal.done() for refusal in refusals)
    traffic.release()
    errors = await asyncio.gather(*refusals, return_exceptions=True)
    assert [e.reason for e in errors if isinstance(e, MuxerError)] == [Reason.SHUTTING_DOWN] * 3


async def test_a_refusal_is_sent_at_once_while_none_are_held() -> None:
    traffic = Traffic()
    traffic.close()

    with pytest.raises(MuxerError) as caught:
        await asyncio.wait_for(traffic.refuse(), 1)
    assert (caught.value.reason, caught.value.retry_after_s) == (Reason.SHUTTING_DOWN, 1.0)


async def test_calls_in_progress_are_cut_and_those_that_have_ended_are_not() -> None:
    traffic = Traffic()
    ended: list[str] = []

    async def call(name: str, end: asyncio.Event) -> None:
        traffic.enter()
        try:
            await end.wait()
        except asyncio.CancelledError:
            ended.append(f"{name} cut")
        finally:
            traffic.leave()
        await asyncio.sleep(0)
        ended.append(name)

    first = asyncio.Event()
    tasks = [asyncio.create_task(call("first", first)), asyncio.create_task(call("second", asyncio.Event()))]
    await asyncio.sleep(0)
    assert traffic.in_flight == 2
    assert await traffic.idle(0) is False
    first.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    traffic.cut()

    assert await traffic.idle(1) is True
    await asyncio.gather(*tasks)
    assert ended == ["first", "second cut", "second"]
