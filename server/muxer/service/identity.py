"""Who calls: checks the API key, in time that does not depend on the key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from muxer.errors import MuxerError, Reason

PUBLIC_METHODS = frozenset(
    {
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
        "/grpc.health.v1.Health/List",
        "/modelmuxer.v1.OperationsService/GetHealth",
    }
)
"""What may be called without a key: load balancers ask for it. Everything else is denied by default."""

MAX_KEY_LENGTH = 4096


class ApiKeys:
    """The keys that callers may present. Keys are compared by their SHA-256, and only that is kept."""

    def __init__(self, keys: str) -> None:
        """`keys`: separated by commas, each a key or `name:key`. None at all: everyone may call."""
        self._names: dict[bytes, str] = {}
        for number, entry in enumerate((k.strip() for k in keys.split(",") if k.strip()), 1):
            name, _, key = entry.rpartition(":")
            self._names[_digest(key)] = name or f"key-{number}"

    @property
    def required(self) -> bool:
        """Whether callers must present a key."""
        return bool(self._names)

    @property
    def names(self) -> frozenset[str]:
        """The names of the keys: the tenants."""
        return frozenset(self._names.values())

    def identify(self, method: str, metadata: Mapping[str, str]) -> str:
        """The name of the caller's key; empty when none is needed. Raises `MuxerError` INVALID_API_KEY."""
        if not self._names or method in PUBLIC_METHODS:
            return ""
        key = _presented(metadata)
        name = self._names.get(_digest(key)) if len(key) <= MAX_KEY_LENGTH else None
        if name is None:
            raise MuxerError(
                Reason.INVALID_API_KEY,
                "Incorrect API key provided" if key else "No API key provided: send `Authorization: Bearer <key>`",
            )
        return name


def _presented(metadata: Mapping[str, str]) -> str:
    scheme, _, token = metadata.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return metadata.get("x-api-key", "")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
