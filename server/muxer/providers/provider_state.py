"""What a provider wants back unread in the next request, carried by the caller as opaque bytes.

Signed reasoning is bound to the model that wrote it, so it is labelled with dialect and model, and left out when
another one is asked. The bytes come back from the caller: whatever they hold is checked against a type before it is
used, and anything else counts as no state.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")


class _State(Struct):
    dialect: str
    model: str
    data: msgspec.Raw


def pack(dialect: str, model: str, data: Any) -> bytes:
    """The state as bytes."""
    return msgspec.json.encode({"dialect": dialect, "model": model, "data": data})


def unpack(state: bytes, dialect: str, model: str, kind: type[T]) -> T | None:
    """The data, if this state is of this dialect and model, and of this type."""
    if not state:
        return None
    try:
        found = msgspec.json.decode(state, type=_State)
        if (found.dialect, found.model) != (dialect, model):
            return None
        return msgspec.json.decode(found.data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
