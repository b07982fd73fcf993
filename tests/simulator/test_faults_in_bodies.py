"""Faults of whole bodies and of connections do on the wire exactly what they say."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest
from muxer.simulator import Simulator

from tests.simulator.chat import CHAT, body

if TYPE_CHECKING:
    from tests.simulator.conftest import Wire


@pytest.mark.parametrize("stream", [True, False])
async def test_a_reset_is_a_reset(wire: Wire, stream: bool) -> None:
    wire.chat("reset_mid_stream", stream=stream)
    with pytest.raises(ConnectionResetError):
        await wire.reader.read()


@pytest.mark.parametrize("scenario", ["truncated", "hang_up_mid_stream"])
async def test_a_truncated_body_is_shorter_than_announced(wire: Wire, scenario: str) -> None:
    wire.chat(scenario, stream=False)
    _, headers = await wire.head()
    rest = await wire.reader.read()

    assert int(headers["content-length"]) // 2 == len(rest)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("scenario", "content_type", "beginning"),
    [("malformed_json", "text/html", b"<!doctype html>"), ("empty_200", "application/json", b"")],
)
async def test_what_is_no_answer_comes_with_a_200_and_costs_nothing(
    http: httpx.AsyncClient, sim: Simulator, scenario: str, content_type: str, beginning: bytes, stream: bool
) -> None:
    answer = await http.post(CHAT, json=body(scenario, stream=stream))

    assert (200, content_type) == (answer.status_code, answer.headers["content-type"])
    assert beginning == answer.content[:15]
    assert sim.record.bill.total.calls == 0


@pytest.mark.parametrize("scenario", ["malformed_event", "truncated_utf8"])
async def test_a_malformed_body_has_the_length_it_announces(http: httpx.AsyncClient, scenario: str) -> None:
    answer = await http.post(CHAT, json=body(scenario))

    with pytest.raises(ValueError, match=r"."):
        json.loads(answer.content)


async def test_a_length_that_is_too_long_ends_early(wire: Wire) -> None:
    wire.chat("wrong_content_length;kind=long", stream=False)
    _, headers = await wire.head()
    rest = await wire.reader.read()

    assert int(headers["content-length"]) == len(rest) + 100
    assert json.loads(rest)["object"] == "chat.completion"


async def test_a_length_that_is_too_short_is_followed_by_a_smuggled_answer(wire: Wire) -> None:
    wire.chat("wrong_content_length;kind=short", stream=False)
    _, headers = await wire.head()
    await wire.reader.readexactly(int(headers["content-length"]))
    leftover = await wire.reader.readuntil(b'{"smuggled":true}')

    assert b"HTTP/1.1 200 OK" in leftover
    wire.chat("ok", stream=False)
    assert (await wire.head())[0] == 200


async def test_a_length_may_come_along_with_chunks(wire: Wire) -> None:
    wire.chat("wrong_content_length;kind=chunked", stream=False)
    _, headers = await wire.head()

    assert (headers["content-length"], headers["transfer-encoding"]) == ("5", "chunked")
    assert json.loads(b"".join(await wire.chunks()))["object"] == "chat.completion"


async def test_a_huge_body_has_the_size_that_was_scripted(http: httpx.AsyncClient) -> None:
    answer = await http.post(CHAT, json=body("huge_body;mb=2"))

    assert len(answer.content) == 2 * 1_048_576 + 9


@pytest.mark.parametrize(
    ("scenario", "encoding", "unpacked"),
    [
        ("gzip_bomb;mb=3", "gzip", lambda data: zlib.decompress(data, 31)),
        ("gzip_bomb;mb=3;encoding=deflate", "deflate", zlib.decompress),
        ("gzip_bomb;mb=3;chain=2", "gzip, gzip", lambda data: zlib.decompress(zlib.decompress(data, 31), 31)),
    ],
)
async def test_a_bomb_is_small_on_the_wire_and_large_inside(
    wire: Wire, scenario: str, encoding: str, unpacked: Callable[[bytes], bytes]
) -> None:
    wire.chat(scenario, stream=False)
    _, headers = await wire.head()
    data = await wire.reader.readexactly(int(headers["content-length"]))

    assert encoding == headers["content-encoding"]
    assert len(data) < 10_000
    assert unpacked(data) == b" " * 3 * 1_048_576


async def test_a_redirect_leads_to_a_place_that_records_who_follows(http: httpx.AsyncClient, sim: Simulator) -> None:
    answer = await http.post(CHAT, json=body("redirect;status=307"))
    assert (answer.status_code, len([call for call in sim.record.calls if call.provider == "redirected"])) == (307, 0)

    await http.get(answer.headers["location"])
    assert sim.record.last.provider == "redirected"


async def test_a_kept_connection_breaks_when_the_next_request_comes(wire: Wire) -> None:
    wire.chat("keepalive_race", stream=False)
    _, headers = await wire.head()
    await wire.reader.readexactly(int(headers["content-length"]))
    wire.chat("ok", stream=False)

    with pytest.raises(ConnectionResetError):
        await wire.reader.readexactly(1)
