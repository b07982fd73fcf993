"""One HTTP request to a neighbour on this machine, over TCP or a unix socket: Envoy's own interface, `/health`."""

from __future__ import annotations

import asyncio
import http.client
import socket

from msgspec import Struct

from muxer.edge.address import Address, Unix

_TIMEOUT_S = 2.0


class Answer(Struct, frozen=True):
    """Status and body of an answer."""

    status: int
    body: bytes


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


async def ask(address: Address, method: str, path: str) -> Answer | None:
    """The answer, or None when there is none within two seconds."""
    return await asyncio.to_thread(_ask, address, method, path)


def _ask(address: Address, method: str, path: str) -> Answer | None:
    if isinstance(address, Unix):
        connection: http.client.HTTPConnection = _UnixConnection(address.path)
    else:
        connection = http.client.HTTPConnection(address.host, address.port, timeout=_TIMEOUT_S)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return Answer(response.status, response.read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
