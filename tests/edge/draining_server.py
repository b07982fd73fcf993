"""A server as the supervisor expects it, as a process: serves on a unix socket, and drains on SIGTERM.

A chat begins with one event and ends once the server drains and was asked for its health, which says so.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from google.api.httpbody_pb2 import HttpBody

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.edge.conftest import Upstream


async def main(socket: str) -> None:
    draining, asked, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def chat(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
        yield HttpBody(content_type="text/event-stream", data=b"data: 1\n\n")
        await asked.wait()
        yield HttpBody(data=b"data: [DONE]\n\n")
        finished.set()

    async def health(request: Any, context: Any) -> HttpBody:
        if draining.is_set():
            asked.set()
            await context.send_initial_metadata((("x-mm-http-status", "503"),))
        return HttpBody(content_type="application/json", data=b'{"draining":%d}' % draining.is_set())

    upstream = Upstream(Path(socket))
    upstream.chat, upstream.health = chat, health
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, draining.set)
    async with upstream.serving():
        print("serving", flush=True)
        await draining.wait()
        await upstream.set_serving(False)
        await finished.wait()
    print("drained", flush=True)


asyncio.run(main(sys.argv[1]))
