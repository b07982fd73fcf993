"""Logs to stderr through Python's logging: redacted, structured, never in the way of the event loop."""

from __future__ import annotations

import atexit
import logging
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TextIO

from muxer.telemetry.labels import FAULT_CODES
from muxer.telemetry.log_format import HumanFormatter, JsonFormatter
from muxer.telemetry.log_queue import Backlog, Writer
from muxer.telemetry.redaction import RedactingFilter
from muxer.types.money import PicoUsd, usd

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}

REQUESTS = logging.getLogger("muxer.request")

_CHATTY = ("httpx", "httpcore")
"""Libraries that log every HTTP request at INFO."""


class Logs:
    """The process's logging while it is taken over; implements `RequestLog`."""

    def __init__(self, backlog: Backlog, writer: Writer, level: int) -> None:
        self._backlog = backlog
        self._writer = writer
        root = logging.getLogger()
        self._before = (root.level, list(root.handlers))
        for handler in self._before[1]:
            root.removeHandler(handler)
        root.addHandler(backlog)
        root.setLevel(level)
        writer.start()
        atexit.register(self.close)

    def request_finished(
        self,
        request_id: str,
        route: str,
        code: str,
        seconds: float,
        *,
        model: str = "",
        cost: PicoUsd | None = None,
        attempts: int = 0,
        trace_id: str = "",
    ) -> None:
        """See `RequestLog`. The level is INFO, or WARNING when the server is at fault.

        The record is made by the thread that writes it: made here it would cost the request several times as much.
        """
        level = logging.WARNING if code in FAULT_CODES else logging.INFO
        if REQUESTS.isEnabledFor(level):
            self._backlog.put(
                partial(
                    _finished, time.time(), level, request_id, route, code, seconds, model, cost, attempts, trace_id
                )
            )

    def close(self, timeout_s: float = 2.0) -> None:
        """Writes what is waiting, for at most this long, and gives the root logger back. Blocks. Once is enough."""
        root = logging.getLogger()
        if self._backlog not in root.handlers:
            return
        atexit.unregister(self.close)
        level, handlers = self._before
        root.removeHandler(self._backlog)
        for handler in handlers:
            root.addHandler(handler)
        root.setLevel(level)
        self._writer.stop(timeout_s)


def start_logging(
    *,
    level: str = "info",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
    human: bool | None = None,
    on_drop: Callable[[int], None] = lambda _: None,
) -> Logs:
    """Takes over the root logger.

    `level` is debug, info, warning, error or critical; `secrets` are masked in every line. The stream is stderr; it
    gets coloured text when it is a terminal (or when `human` says so), else JSON. `on_drop` is told of lines that
    could not be written, from any thread. Raises `ValueError` for an unknown level.
    """
    number = LEVELS.get(level.lower())
    if number is None:
        raise ValueError(f"log level must be one of {', '.join(LEVELS)}, not {level!r}")
    stream = sys.stderr if stream is None else stream
    human = stream.isatty() if human is None else human
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    backlog = Backlog(on_drop)
    writer = Writer(backlog, stream, RedactingFilter(secrets), HumanFormatter() if human else JsonFormatter())
    return Logs(backlog, writer, number)


def _finished(
    at: float,
    level: int,
    request_id: str,
    route: str,
    code: str,
    seconds: float,
    model: str,
    cost: PicoUsd | None,
    attempts: int,
    trace_id: str,
) -> logging.LogRecord:
    """The record of a request that was finished `at`, in seconds since 1970."""
    record = logging.LogRecord(REQUESTS.name, level, "", 0, "request finished", None, None)
    record.created, record.msecs = at, at % 1 * 1000
    fields = vars(record)
    fields.update(request_id=request_id, rpc=route, code=code, ms=round(seconds * 1000, 3))
    if model:
        fields["model"] = model
    if cost is not None:
        fields["cost_usd"] = usd(cost)
    if attempts:
        fields["attempts"] = attempts
    if trace_id:
        fields["trace_id"] = trace_id
    return record
