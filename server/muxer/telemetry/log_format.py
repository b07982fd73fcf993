"""How a log record looks: one JSON object for machines, a line for people. Neither can be forged by what it quotes."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from muxer.telemetry.redaction import extra_fields

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters, what Unicode takes for line ends, and halves of characters, which no stream can encode."""
_PLAIN_WORD = re.compile(r"[^\s\"'=\\]+")

_COLOURS = {"DEBUG": "\x1b[2m", "WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[1;31m"}
_DIM = "\x1b[2m"
_RESET = "\x1b[0m"


class JsonFormatter(logging.Formatter):
    """One ASCII line of JSON: time (RFC 3339, UTC), level, logger, message, then the extra fields by their names."""

    def __init__(self) -> None:
        super().__init__()
        self._encode = json.JSONEncoder(default=str, separators=(",", ":")).encode
        self._second = (0, "")  # the last one and its text: most lines share it with the line before

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a line feed."""
        fields: dict[str, Any] = {
            "time": f"{self._to_second(record)}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name, value in extra_fields(record).items():
            fields.setdefault(name, value)
        if trouble := _trouble(self, record):
            fields["exception"] = trouble
        return self._encode(fields)

    def _to_second(self, record: logging.LogRecord) -> str:
        second = int(record.created)
        if second != self._second[0]:
            self._second = second, f"{_utc(record):%Y-%m-%dT%H:%M:%S}"
        return self._second[1]


class HumanFormatter(logging.Formatter):
    """Time, level, message and `field=value`, in colour; an exception follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The line or lines, without the last line feed."""
        level = f"{_COLOURS.get(record.levelname, '')}{record.levelname:<7}{_RESET}"
        time = f"{_DIM}{_utc(record).astimezone():%H:%M:%S}.{int(record.msecs):03}{_RESET}"
        words = [time, level, _escape(record.getMessage())]
        words += [f"{_DIM}{name}={_RESET}{_word(value)}" for name, value in extra_fields(record).items()]
        lines = [" ".join(words), *(f"    {_escape(line)}" for line in _trouble(self, record).splitlines())]
        return "\n".join(lines)


def _utc(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _trouble(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """The exception and the stack that came with a record."""
    exception = record.exc_text or (formatter.formatException(record.exc_info) if record.exc_info else "")
    return "\n".join(text for text in (exception, record.stack_info) if text)


def _escape(text: str) -> str:
    """The text with escapes, so that what it quotes cannot begin a line of its own or move the cursor."""
    return _UNPRINTABLE.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def _word(value: Any) -> str:
    text = str(value)
    return text if _PLAIN_WORD.fullmatch(text) and not _UNPRINTABLE.search(text) else json.dumps(text)
