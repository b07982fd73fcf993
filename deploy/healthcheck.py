"""Asks a gRPC server whether it takes requests, for container engines: `healthcheck.py ADDRESS`.

ADDRESS is `host:port` or `unix:path`. Exit status: 0 it does, 1 it does not or cannot be reached. Needs no API key.
"""

from __future__ import annotations

import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

TIMEOUT_S = 3.0


def serves(address: str) -> bool:
    """Whether the server at this address reports SERVING."""
    with grpc.insecure_channel(address) as channel:
        try:
            check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined] # a gap in the stubs
            answer = check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


if __name__ == "__main__":
    sys.exit(0 if serves(sys.argv[1]) else 1)
