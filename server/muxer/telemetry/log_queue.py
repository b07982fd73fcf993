"""The way of a log record from whoever logs to the stream, so that only a thread of its own ever waits for the stream.

Whoever logs appends to a bounded queue and wakes nobody; the thread looks a few times a second, so a busy server
switches to it no more often than an idle one. When the reader of the stream stalls, the queue fills up; further
records are lost, counted, and reported with the next line that gets through.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import TextIO, TypeAlias

Pending: TypeAlias = logging.LogRecord | Callable[[], logging.LogRecord]
"""A record that waits to be written, or what makes it."""

CAPACITY = 10_000
"""Records that may wait: several seconds of a busy server, some 10 MB."""

WRITE_EVERY_S = 0.1


class Backlog(logging.Handler):
    """Holds records until they are written. Unlike `QueueHandler` on a `Queue` it takes no lock that a reader holds."""

    def __init__(self, on_drop: Callable[[int], None], capacity: int = CAPACITY) -> None:
        super().__init__()
        self._on_drop = on_drop
        self._capacity = capacity
        self._waiting: deque[Pending] = deque()
        self._lost = 0
        self._counting = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Queues a copy, which the thread may change; its message is made now, since arguments may change later."""
        own = logging.LogRecord.__new__(logging.LogRecord)
        vars(own).update(vars(record))
        if own.args:
            own.msg, own.args = _message(record), None
        self.put(own)

    def put(self, pending: Pending) -> None:
        """Queues what belongs to the thread from now on."""
        if len(self._waiting) >= self._capacity:
            self.lose(1)
            return
        self._waiting.append(pending)

    def lose(self, count: int) -> None:
        """Counts records that will not be written."""
        with self._counting:
            self._lost += count
        self._on_drop(count)

    def take(self) -> tuple[list[Pending], int]:
        """What waits, and how much was lost since the last time."""
        with self._counting:
            lost, self._lost = self._lost, 0
            return [self._waiting.popleft() for _ in range(len(self._waiting))], lost


class Writer(threading.Thread):
    """Writes what a backlog holds."""

    def __init__(
        self, backlog: Backlog, stream: TextIO, redactor: logging.Filter, formatter: logging.Formatter
    ) -> None:
        super().__init__(name="log-writer", daemon=True)
        self._backlog = backlog
        self._stream = stream
        self._redactor = redactor
        self._formatter = formatter
        self._stopping = threading.Event()
        self._unreported = 0

    def run(self) -> None:
        """Until stopped."""
        while not self._stopping.wait(WRITE_EVERY_S):
            self._write()
        self._write()

    def stop(self, timeout_s: float) -> None:
        """Lets the thread write what waits, for at most this long; the rest is lost and counted."""
        self._stopping.set()
        self.join(timeout_s)
        if self.is_alive():
            self._backlog.lose(len(self._backlog.take()[0]))

    def _write(self) -> None:
        records, lost = self._backlog.take()
        self._unreported += lost
        if not records:
            return
        lines = [self._line(pending) for pending in records]
        if self._unreported:
            lines.append(self._formatter.format(_notice("log lines were lost", count=self._unreported)))
        try:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()
            self._unreported = 0
        except (OSError, ValueError):  # the reader is gone, or the stream is closed
            self._backlog.lose(len(records))

    def _line(self, pending: Pending) -> str:
        record = pending if isinstance(pending, logging.LogRecord) else pending()
        try:
            self._redactor.filter(record)
            return self._formatter.format(record)
        except Exception as error:  # of an extra field's own __str__; it must not end the thread
            notice = _notice("log line cannot be shown", source=record.name, error=type(error).__name__)
            return self._formatter.format(notice)


def _notice(message: str, **fields: str | int) -> logging.LogRecord:
    """A record about the log itself."""
    record = logging.LogRecord(__name__, logging.WARNING, "", 0, message, None, None)
    vars(record).update(fields)
    return record


def _message(record: logging.LogRecord) -> str:
    """The message; its bare template when the arguments do not fit it, as a wrong log call must not break a request."""
    try:
        return record.getMessage()
    except Exception:  # of any kind: it may come out of an argument's own __str__
        return f"{record.msg} (its arguments do not fit)"
