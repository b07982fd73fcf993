"""What is known of the call that is being served: who, until when, over which face."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar

from msgspec import Struct

from muxer.dispatch.settlement import Settled
from muxer.errors import BadRequest, Reason
from muxer.types.chat import ChatRequest
from muxer.types.decision import Decision
from muxer.types.money import PicoUsd

REST_MARK = "x-mm-rest"
"""Metadata that Envoy puts on every call that came in as HTTP+JSON; what a client sends under this name is removed."""

TIMEOUT_HEADER = "x-request-timeout-ms"
REQUEST_ID_HEADER = "x-request-id"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


class Call(Struct):
    """One call. `at` is when it came, in seconds since 1970; `deadline` is in the clock's monotonic seconds; `caller`
    is the name of the key, or empty. The rest is what came of it, for logs and metrics; `chat` is there from the moment
    that a chat is to be decided on."""

    method: str
    request_id: str
    at: int
    deadline: float
    timeout_ms: int
    rest: bool
    caller: str = ""
    model: str = ""
    cost: PicoUsd | None = None
    attempts: int = 0
    failure: Reason | None = None
    chat: ChatRequest | None = None
    decision_id: str = ""
    decision: Decision | None = None
    settled: Settled | None = None

    @property
    def rpc(self) -> str:
        """The method's bare name."""
        return self.method.rpartition("/")[2]


CURRENT: ContextVar[Call] = ContextVar("modelmuxer_call")
"""The call that the running task serves."""


class _RandomDigits:
    """Hexadecimal digits that nobody can guess, fetched many at a time: asking the system for each id is dear."""

    def __init__(self) -> None:
        self._digits = ""
        self._at = 0

    def take(self, count: int) -> str:
        """So many digits, at most 4,096, which nobody gets again."""
        start, self._at = self._at, self._at + count
        if self._at > len(self._digits):
            self._digits, start, self._at = secrets.token_hex(2_048), 0, count
        return self._digits[start : self._at]


_RANDOM = _RandomDigits()


def new_id(prefix: str) -> str:
    """A fresh id that nobody can guess."""
    return f"{prefix}-{_RANDOM.take(24)}"


def request_id(metadata: Mapping[str, str]) -> str:
    """The caller's request id when it is a sane one, else a new one."""
    given = metadata.get(REQUEST_ID_HEADER, "")
    return given if _REQUEST_ID.fullmatch(given) else _RANDOM.take(32)


def timeout_ms(metadata: Mapping[str, str], grpc_remaining_s: float | None, default_ms: int, max_ms: int) -> int:
    """Milliseconds that the call may take: the smallest of what header, gRPC deadline and server allow.

    Raises `BadRequest` when the header is not a positive number; more than the server's maximum is cut to it.
    """
    asked: list[float] = []
    header = metadata.get(TIMEOUT_HEADER)
    if header is not None:
        asked.append(_parse_ms(header))
    if grpc_remaining_s is not None:
        asked.append(grpc_remaining_s * 1000)
    return int(min(min(asked, default=float(default_ms)), max_ms))


def _parse_ms(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value >= 1:
        raise BadRequest(
            Reason.INVALID_VALUE,
            f"Header {TIMEOUT_HEADER} must be a number of milliseconds, at least 1",
            field=TIMEOUT_HEADER,
        )
    return value
