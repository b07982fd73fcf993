"""Reads what a provider says of a failure, in whatever shape: gateways and local servers mix the vendors' shapes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import msgspec

from muxer.errors import ProviderFailed
from muxer.ports import ProviderSpec
from muxer.providers.failures import STATUSES, FailureClass, Report, classify, failed
from muxer.providers.retry_after import retry_after_s
from muxer.types.catalog import ModelSpec

_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "mistral-correlation-id", "cf-ray")


def error_object(body: bytes) -> dict[str, Any]:
    """The object that holds the message: the member `error`, or the whole body when it is flat. Empty if none."""
    try:
        return unwrapped(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def unwrapped(value: object) -> dict[str, Any]:
    """As `error_object`, of a decoded body. Google at times wraps it in a list of one."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return {"message": value} if isinstance(value, str) else {}
    inner = value.get("error", value)
    if isinstance(inner, str):
        return {**value, "message": inner}
    if not isinstance(inner, dict):
        return {}
    return {"request_id": value.get("request_id", value.get("id")), **inner}


def report_of(error: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Report:
    """The parts that every shape has, under their several names."""
    headers = headers or {}
    details = error.get("details")
    code = details.get("error_code") if isinstance(details, dict) else None
    request_id = next((headers[name] for name in _REQUEST_ID_HEADERS if headers.get(name)), error.get("request_id"))
    return Report(
        message=_message(error),
        code=_text(code) or _text(error.get("code")),
        type=_text(error.get("type")),
        request_id=_text(request_id),
        retry_after_s=retry_after_s(headers, time.time()),
    )


def status_failure(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    provider: ProviderSpec,
    model: ModelSpec,
    statuses: Mapping[int, FailureClass] = STATUSES,
) -> ProviderFailed:
    """The error in an answer other than 200, whatever its body is."""
    report = report_of(error_object(body), headers)
    return failed(classify(status, report, statuses), provider, model, report=report, status=status)


def _message(error: Mapping[str, Any]) -> str:
    detail = error.get("detail")  # FastAPI's: a text, or a list of what is wrong where
    if isinstance(detail, list):
        return "; ".join(
            ".".join(str(step) for step in item.get("loc") or ()) + ": " + _text(item.get("msg"))
            for item in detail[:8]
            if isinstance(item, dict)
        )
    return _text(error.get("message")) or _text(detail)


def _text(value: object) -> str:
    """Codes may be numbers, which only repeat the status."""
    return value if isinstance(value, str) else ""
