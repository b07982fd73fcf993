"""Official SDKs as oracles: what they put on the wire for a call, and what we do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from muxer.ports import HttpRequest

GOLDENS = Path(__file__).parent / "goldens"

OWN_HEADERS = ("authorization", "content-type", "accept", "anthropic-version")


async def captured(
    serve: Any, answer: bytes, call: Callable[[str], Awaitable[object]]
) -> tuple[str, dict[str, str | None], Any]:
    """Path, headers and body of what an SDK sends to a server of ours."""

    async def script(connection: Any) -> None:
        await connection.request()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(answer)}\r\n\r\n"
        await connection.send(head.encode() + answer)

    server = await serve(script)
    await call(server.url)
    head, body = server.requests[0]
    first, *lines = head.strip().split("\r\n")
    headers = {name: value for name, _, value in (line.lower().partition(": ") for line in lines)}
    return first.split(" ")[1], _own(headers), msgspec.json.decode(body)


def sent(request: HttpRequest) -> tuple[str, dict[str, str | None], Any]:
    """The same of a request of ours, to the server `http://x`."""
    headers = {name: value.lower() for name, value in request.headers.items()}
    return request.url.removeprefix("http://x"), _own(headers), msgspec.json.decode(request.body)


def _own(headers: dict[str, str]) -> dict[str, str | None]:
    return {name: headers.get(name) for name in OWN_HEADERS}
