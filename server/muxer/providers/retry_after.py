"""When a provider says that it may be asked again: the many ways in which it says so."""

from __future__ import annotations

import datetime as dt
import email.utils
import math
import re
from collections.abc import Mapping

MAX_RETRY_AFTER_S = 86_400.0
"""Longer waits are cut to a day: they only say «not now»."""

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_BUCKET_NAMES = ("requests", "tokens", "input-tokens", "output-tokens")


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, from an answer's headers; None when they do not say. `now` is seconds since 1970.

    `retry-after-ms`, then `retry-after` in seconds or as a date (RFC 9110 10.2.3), then the reset times of those
    rate-limit buckets that are empty. Dates count from the answer's own `date`, so that clocks need not agree.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return _bounded(milliseconds / 1000)
    text = headers.get("retry-after", "").strip()
    if text:
        seconds = _number(text)
        if seconds is None:
            seconds = _until(text, headers, now)
        return None if seconds is None else _bounded(seconds)
    return _empty_buckets(headers, now)


def duration_s(text: str) -> float | None:
    """Seconds of a duration such as `34s`, `6m0s`, `2m59.56s` or `120ms`; None when it is not one."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not text.strip():
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
    return _bounded(hours * 3600 + minutes * 60 + seconds + milliseconds / 1000)


def _empty_buckets(headers: Mapping[str, str], now: float) -> float | None:
    waits = []
    for name in _BUCKET_NAMES:
        for remaining, reset in (
            (f"x-ratelimit-remaining-{name}", f"x-ratelimit-reset-{name}"),
            (f"anthropic-ratelimit-{name}-remaining", f"anthropic-ratelimit-{name}-reset"),
        ):
            if headers.get(remaining, "").strip() == "0":
                text = headers.get(reset, "")
                wait = duration_s(text)
                if wait is None:
                    wait = _until(text, headers, now)
                if wait is not None:
                    waits.append(_bounded(wait))
    return max(waits, default=None)


def _until(text: str, headers: Mapping[str, str], now: float) -> float | None:
    then = _timestamp(text)
    if then is None:
        return None
    return then - (_timestamp(headers.get("date", "")) or now)


def _timestamp(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date or an RFC 3339 time."""
    for parse in (email.utils.parsedate_to_datetime, dt.datetime.fromisoformat):
        try:
            moment = parse(text.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
