"""The floor: a grpc.aio server that does nothing but answer canned bytes. What it costs, no gRPC gateway can save."""

from __future__ import annotations

import asyncio
import itertools
from multiprocessing.connection import Connection
from typing import Any

import grpc
import uvloop

from benchmarks.gateway.workload import ANSWER_CHARS, EVENTS, PAUSES

UNARY = "/floor/Unary"
STREAM = "/floor/Stream"

_EVENT_BYTES = 120
_PAUSES = itertools.cycle(PAUSES)


def run(parent: Connection) -> None:
    """The process: tells its port, and serves until the parent is gone."""
    uvloop.run(_serve(parent))


async def _serve(parent: Connection) -> None:
    server = grpc.aio.server()
    handlers: dict[str, Any] = {
        "Unary": grpc.unary_unary_rpc_method_handler(_unary),
        "Stream": grpc.unary_stream_rpc_method_handler(_stream),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("floor", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(parent.fileno(), over.set)  # readable when it is closed: nothing is ever sent
    parent.send(port)
    await over.wait()
    await server.stop(grace=0)


async def _unary(request: bytes, context: Any) -> bytes:  # noqa: ARG001 - as gRPC calls it
    return b"x" * ANSWER_CHARS


async def _stream(request: bytes, context: Any) -> None:
    """The request is the mean pause between two messages, in seconds."""
    pause_s = float(request)
    for _ in range(EVENTS):
        await context.write(b"x" * _EVENT_BYTES)
        await asyncio.sleep(pause_s * next(_PAUSES))
