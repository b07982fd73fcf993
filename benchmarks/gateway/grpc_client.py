"""A client over grpc.aio, bytes in and bytes out: one channel for all requests, as gRPC clients do."""

from __future__ import annotations

import time
from typing import Any

import grpc

from benchmarks.gateway.load import Job


class GrpcClient:
    """See `load.Client`."""

    def __init__(self, job: Job) -> None:
        self._body = job.body
        self._messages = job.messages
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{job.port}")
        make: Any = self._channel.unary_stream if job.messages else self._channel.unary_unary
        self._call = make(job.method, request_serializer=None, response_deserializer=None)

    async def exchange(self, slot: int) -> float:  # noqa: ARG002 - one channel for all
        """See `load.Client`."""
        if not self._messages:
            await self._call(self._body)
            return time.perf_counter()
        first = 0.0
        messages = 0
        async for _ in self._call(self._body):
            first = first or time.perf_counter()
            messages += 1
        if messages < self._messages:
            raise RuntimeError(f"the stream had {messages} messages")
        return first

    async def close(self) -> None:
        """See `load.Client`."""
        await self._channel.close()
