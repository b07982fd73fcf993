"""`OperationsService`: health and metrics over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from modelmuxer.v1 import operations_service_pb2_grpc

from muxer.service.call import REST_MARK
from muxer.service.interceptor import Context

HTTP_STATUS_HEADER = "x-mm-http-status"
"""Initial metadata that Envoy turns into the HTTP status of an answer that is none of our errors."""


class OperationsServicer(operations_service_pb2_grpc.OperationsServiceServicer):
    """`health` returns whether requests are taken, and the report; `metrics` renders for an accept header."""

    def __init__(
        self,
        health: Callable[[], tuple[bool, Mapping[str, Any]]],
        metrics: Callable[[str], tuple[str, bytes]],
    ) -> None:
        self._health = health
        self._metrics = metrics

    async def GetHealth(self, request: Empty, context: Context) -> HttpBody:
        """200 when requests are taken, 503 when they are not; the body says what the server runs with."""
        serving, report = self._health()
        if not serving and any(name == REST_MARK for name, _ in context.invocation_metadata() or ()):
            await context.send_initial_metadata(((HTTP_STATUS_HEADER, "503"), ("retry-after", "1")))
        return HttpBody(content_type="application/json", data=msgspec.json.encode(report))

    async def GetMetrics(self, request: Empty, context: Context) -> HttpBody:
        """The metrics, in the format that the accept header asks for."""
        pairs = context.invocation_metadata() or ()
        accept = next((str(value) for name, value in pairs if name == "accept"), "")
        content_type, body = await asyncio.to_thread(self._metrics, accept)  # some 10 us a line
        return HttpBody(content_type=content_type, data=body)
