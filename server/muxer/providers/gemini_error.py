"""Failures as Google reports them: `google.rpc.Status` in JSON, with the telling parts in its details."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from muxer.errors import ProviderFailed
from muxer.ports import ProviderSpec
from muxer.providers.error_body import error_object, report_of
from muxer.providers.failures import AUTH, QUOTA_GONE, STATUSES, classify, failed
from muxer.providers.retry_after import duration_s
from muxer.types.catalog import ModelSpec


def reported_failure(
    status: int | None, headers: Mapping[str, str], body: bytes, provider: ProviderSpec, model: ModelSpec
) -> ProviderFailed:
    """The error in a body. `status` is None for one inside a 200, whose own code then counts."""
    error = error_object(body)
    code = error.get("code")
    if status is None and isinstance(code, int) and code in STATUSES:
        status = code
    word = error.get("status")
    report = report_of({**error, "code": word if isinstance(word, str) else ""}, headers)
    failure = classify(status, report)
    for detail in _details(error):
        kind = str(detail.get("@type", "")).rpartition(".")[2]
        if kind == "RetryInfo" and report.retry_after_s is None:
            report = msgspec.structs.replace(report, retry_after_s=duration_s(str(detail.get("retryDelay", ""))))
        elif kind == "ErrorInfo" and detail.get("reason") == "API_KEY_INVALID":
            failure = AUTH  # comes as a 400
        elif kind == "QuotaFailure" and status == 429 and _used_up(detail):
            failure = QUOTA_GONE
    return failed(failure, provider, model, report=report, status=status)


def _details(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    details = error.get("details")
    return (detail for detail in (details if isinstance(details, list) else ()) if isinstance(detail, dict))


def _used_up(detail: Mapping[str, Any]) -> bool:
    """Whether the quota is one of a day, or there is none at all: waiting a minute will not help."""
    violations = detail.get("violations")
    return any(
        "PerDay" in str(violation.get("quotaId", "")) or str(violation.get("quotaValue", "")) == "0"
        for violation in (violations if isinstance(violations, list) else ())
        if isinstance(violation, dict)
    )
