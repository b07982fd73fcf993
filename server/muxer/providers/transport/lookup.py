"""From a provider's name to addresses that may be connected to, checked after the lookup and before the connection.

Names in base URLs are the operator's, so addresses of a private network are as good as any: that is where local models
live. Two things are never right: link-local addresses, which is where clouds keep their credentials, and a name that
was a public one and now leads into the private network, which is DNS rebinding.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Addresses of a host, best first. Raises `OSError` when there are none."""


class GuardedLookup:
    """A `Lookup` that refuses addresses which a provider cannot have, with `OSError`."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._public: set[str] = set()

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host."""
        addresses = await self._lookup(host, port)
        if not addresses:
            raise OSError("the name has no addresses")
        if any(is_forbidden(text) for text in addresses):
            raise OSError("the name leads to a link-local or multicast address")
        parsed = [_address(text) for text in addresses]
        if any(address.is_global for address in parsed):
            self._public.add(host)
        if host in self._public and not all(address.is_global for address in parsed):
            raise OSError("the name of a public host leads to a private address")
        return addresses


async def system_lookup(host: str, port: int) -> Sequence[str]:
    """What the operating system says, without blocking the event loop."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


def is_forbidden(text: str) -> bool:
    """Whether no provider can have this IP address. Raises `ValueError` for what is none."""
    address = _address(text)
    return address.is_link_local or address.is_multicast


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
