"""Keeps secrets out of logs: masks what has the shape of an API key, and every secret that the server was given.

This is the second line of defence. The first is that nothing logs a secret.
"""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

MASK = "[redacted]"

SHORTEST_SECRET = 4
"""Characters. What is shorter protects nothing, and masking it would blot out half of every line."""

_IN_CONTEXT = (
    r"""(?P<kept>(?:authorization|(?:x-)?(?:goog-)?api[_-]?key)["']?\s*[:=]\s*["']?(?:bearer\s+|basic\s+)?"""
    r"""|\bbearer\s+|[?&](?:key|api[_-]?key|access_token|token)=)[^\s"'&,;}\]]+"""
)
"""A value that its surroundings give away; the surroundings stay."""

_BY_SHAPE = (
    r"(?<![A-Za-z0-9])(?:g?sk[-_]|xai-|hf_)[A-Za-z0-9_.*-]{6,}"  # OpenAI, Anthropic, Groq, xAI, Hugging Face and others
    r"|AIza[A-Za-z0-9_-]{8,}"  # Google
)

_HINTS = ("authorization", "bearer", "api", "key=", "token=", "sk-", "sk_", "xai-", "hf_", "aiza")
"""Every match of the two patterns contains one of these, in some case; looking for them is twenty times cheaper."""

_PLAIN_TYPES = (int, float, bool, type(None))
_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Redactor:
    """Masks secrets in text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """`secrets` are masked as they are, URL-encoded and in base64."""
        forms = {form for secret in secrets if len(secret) >= SHORTEST_SECRET for form in _forms(secret)}
        literal = [re.escape(form) for form in sorted(forms, key=len, reverse=True)]
        self._pattern = re.compile("|".join([*literal, _IN_CONTEXT, _BY_SHAPE]), re.IGNORECASE | re.ASCII)
        self._forms = tuple(forms)

    def suspects(self, text: str) -> bool:
        """Whether the text may hold a secret. When this says no, there is none."""
        lowered = text.lower()
        return any(hint in lowered for hint in _HINTS) or any(form in text for form in self._forms)

    def redact(self, text: str) -> str:
        """The text with every secret replaced by `[redacted]`."""
        return self._pattern.sub(_masked, text) if self.suspects(text) else text

    def redact_value(self, value: Any) -> Any:
        """The same for anything that a log line may carry; what is neither plain nor a container becomes text."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, _PLAIN_TYPES):
            return value
        if isinstance(value, dict):
            return {self.redact(str(key)): self.redact_value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.redact_value(item) for item in value]
        return self.redact(str(value))


class RedactingFilter(logging.Filter):
    """Masks secrets in the message, the exception and the extra fields of a log record. Lets every record pass.

    Changes the record: put it on a handler that owns its records.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._redactor = Redactor(secrets)
        self._formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Redacts."""
        record.msg, record.args = record.getMessage(), None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._formatter.formatException(record.exc_info)
        record.exc_info = None
        fields = extra_fields(record)
        others = [value for value in fields.values() if not isinstance(value, _PLAIN_TYPES)]
        texts = [record.msg, record.exc_text or "", record.stack_info or "", *filter(_is_text, others)]
        if not all(map(_is_text, others)) or self._redactor.suspects("\n".join(texts)):
            self._mask(record, fields)
        return True

    def _mask(self, record: logging.LogRecord, fields: dict[str, Any]) -> None:
        redact = self._redactor.redact
        record.msg = redact(record.msg)
        record.exc_text = redact(record.exc_text or "")
        record.stack_info = redact(record.stack_info or "")
        for name, value in fields.items():
            setattr(record, name, self._redactor.redact_value(value))


def extra_fields(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller passed as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD_FIELDS}


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _forms(secret: str) -> tuple[str, ...]:
    raw = secret.encode("utf-8", "surrogateescape")  # what the environment makes of bytes that are no UTF-8
    return secret, quote(raw, safe=""), base64.b64encode(raw).decode().rstrip("=")


def _masked(match: re.Match[str]) -> str:
    return (match["kept"] or "") + MASK
