"""Which status an RPC ended with, as its caller sees it.

gRPC does not tell the handler. A handler that raised is answered with UNKNOWN, a cancelled one with nothing at all, and
a deadline looks like a cancellation: the client resets the stream when its own clock runs out.
"""

from __future__ import annotations

import asyncio
from typing import Any

import grpc

CUT_OFF = (asyncio.CancelledError, GeneratorExit, grpc.aio.InternalError)
"""What a handler meets when the caller is gone: at an await, at a yield, and in a write."""

_ROUNDING = 0.01
"""Share of a timeout by which gRPC may round it up on the wire (two or three digits are sent), so that the server's
deadline lies that much after the client's."""

_TRAVEL_S = 0.01
"""Allowance for the way from client to server, which delays the server's deadline too."""


def final_code(
    context: grpc.aio.ServicerContext[Any, Any], error: BaseException | None, timeout_s: float | None
) -> grpc.StatusCode:
    """The status of an RPC whose handler returned (`error` is None) or raised.

    `timeout_s` is what `context.time_remaining()` said when the RPC began; None without a deadline.
    """
    explicit = context.code()  # of abort() or set_code(); None when neither was called, whatever the stubs say
    if explicit:
        return explicit
    if error is None:
        return grpc.StatusCode.OK
    if not isinstance(error, CUT_OFF):
        return grpc.StatusCode.UNKNOWN
    if timeout_s is not None and context.time_remaining() <= timeout_s * _ROUNDING + _TRAVEL_S:
        return grpc.StatusCode.DEADLINE_EXCEEDED
    return grpc.StatusCode.CANCELLED
