"""Where something listens: a TCP port or a unix socket, written as gRPC writes it (`host:port`, `unix:/path`)."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import PurePath

from msgspec import Struct

# What fits into sockaddr_un.sun_path with its closing NUL (104 bytes on the BSDs, 108 on Linux).
_MAX_PATH_BYTES = 103 if sys.platform == "darwin" else 107


class Tcp(Struct, frozen=True):
    """A TCP port; 0 asks the kernel for a free one. `host` is a name or an IP address without brackets."""

    host: str
    port: int

    @property
    def is_ip(self) -> bool:
        """Whether `host` is an IP address rather than a name."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True

    @property
    def reachable_host(self) -> str:
        """Where this machine reaches what listens here: `host`, or loopback when that stands for every address."""
        if self.is_ip and ipaddress.ip_address(self.host).is_unspecified:
            return "::1" if ":" in self.host else "127.0.0.1"
        return self.host

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.is_ip and ipaddress.ip_address(self.host).is_loopback

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Unix(Struct, frozen=True):
    """A unix socket. `path` is absolute."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


Address = Tcp | Unix


def parse_address(text: str) -> Address:
    """Reads `host:port`, `[ipv6]:port` or `unix:/absolute/path`. Raises `ValueError` for anything else."""
    if text.startswith("unix:"):
        return Unix(_socket_path(text.removeprefix("unix:")))
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{text!r}: an IPv6 address must stand in brackets")
    if not (colon and host and host.isprintable() and port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError(f"{text!r} is neither host:port nor unix:/path")
    return Tcp(host, int(port))


def _socket_path(path: str) -> str:
    if not PurePath(path).is_absolute() or not path.isprintable():
        raise ValueError(f"unix:{path}: the path must be absolute and printable")
    if len(path.encode()) > _MAX_PATH_BYTES:
        raise ValueError(f"unix:{path}: the path is longer than the {_MAX_PATH_BYTES} bytes that the system takes")
    return path
