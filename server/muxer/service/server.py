"""The gRPC server: addresses, health, reflection, and an end that loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from modelmuxer.v1 import (
    openai_service_pb2,
    openai_service_pb2_grpc,
    operations_service_pb2,
    operations_service_pb2_grpc,
    router_service_pb2,
    router_service_pb2_grpc,
)
from msgspec import Struct

from muxer.service.traffic import Traffic

SERVICES: tuple[str, ...] = (
    router_service_pb2.DESCRIPTOR.services_by_name["RouterService"].full_name,
    openai_service_pb2.DESCRIPTOR.services_by_name["OpenAIService"].full_name,
    operations_service_pb2.DESCRIPTOR.services_by_name["OperationsService"].full_name,
)

_KIB = 1024
_METADATA_BYTES = 64 * _KIB
"""Above what Envoy lets pass, so that a large header is refused there, with a proper answer."""

_LAST_WORDS_S = 0.5
"""How long refusals may take to be sent. Health watches and the like, which never end by themselves, take all of it."""


class Servicers(Struct, frozen=True):
    """What the server serves."""

    router: router_service_pb2_grpc.RouterServiceServicer
    openai: openai_service_pb2_grpc.OpenAIServiceServicer
    operations: operations_service_pb2_grpc.OperationsServiceServicer


class GrpcServer:
    """One grpc.aio server. Starts serving at `start`; `stop` drains."""

    def __init__(
        self,
        servicers: Servicers,
        interceptors: Sequence[grpc.aio.ServerInterceptor],
        traffic: Traffic,
        max_request_bytes: int,
    ) -> None:
        self._traffic = traffic
        self._server = grpc.aio.server(interceptors=list(interceptors), options=_options(max_request_bytes))
        self._health = health.aio.HealthServicer()
        router_service_pb2_grpc.add_RouterServiceServicer_to_server(servicers.router, self._server)
        openai_service_pb2_grpc.add_OpenAIServiceServicer_to_server(servicers.openai, self._server)
        operations_service_pb2_grpc.add_OperationsServiceServicer_to_server(servicers.operations, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server)

    async def start(self, addresses: Sequence[str]) -> tuple[int, ...]:
        """Serves on these addresses, `host:port` or `unix:path`; returns their ports, in order.

        Raises `RuntimeError` when an address cannot be had.
        """
        ports = tuple(self._server.add_insecure_port(address) for address in addresses)
        await self._server.start()
        await self._report(health_pb2.HealthCheckResponse.SERVING)
        return ports

    async def stop(self, delay_s: float, grace_s: float) -> bool:
        """Reports NOT_SERVING at once, takes new calls for `delay_s` more seconds, waits up to `grace_s` for the calls
        in progress, and stops. Returns whether all of them had ended."""
        self._traffic.draining = True
        await self._report(health_pb2.HealthCheckResponse.NOT_SERVING)
        if delay_s > 0:
            await asyncio.sleep(delay_s)
        self._traffic.close()
        done = await self._traffic.idle(grace_s)
        if not done:
            self._traffic.cut()
        await self._traffic.hold()
        await self._close()
        return done

    async def _close(self) -> None:
        """Ends the connections.

        gRPC cancels, without a reason, every call that reaches it from now on, those in its queue included. So nobody
        may be sending one: clients wait for refusals that are held, and by the time that they get them they have been
        told, on the same connection, to use it no more.
        """
        closing = asyncio.create_task(self._server.stop(_LAST_WORDS_S))
        await asyncio.sleep(0)  # the task's first step tells the clients
        self._traffic.release()
        await closing

    async def _report(self, status: int) -> None:
        for name in ("", *SERVICES):
            await self._health.set(name, status)


def _options(max_request_bytes: int) -> list[tuple[str, int]]:
    return [
        # The interceptor refuses what is above the limit with our own error; this is only the ceiling behind it.
        ("grpc.max_receive_message_length", 2 * max_request_bytes + _METADATA_BYTES),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_metadata_size", _METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", 2 * _METADATA_BYTES),
        ("grpc.so_reuseport", 0),  # a second server on the same port is a mistake, not a replica
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ]
