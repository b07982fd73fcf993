"""What a provider's failure means: what the caller is told, whether to try again, and whether to go elsewhere.

One table of classes for all dialects. A dialect only finds the provider's words (status, type, code, message); which
class these amount to is decided here, because codes and phrases travel between vendors with the OpenAI format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from muxer.errors import ProviderFailed, Reason
from muxer.ports import ProviderSpec
from muxer.providers.redaction import redacted
from muxer.types.catalog import ModelSpec


class FailureClass(Struct, frozen=True):
    """`summary` follows the provider's name; `quotes`: the caller may read the provider's own message after it.

    Only messages about the caller's request are quoted: those about accounts, limits and keys belong to the operator.
    """

    reason: Reason
    summary: str
    retryable: bool = False
    failover: bool = True
    quotes: bool = False


INVALID_REQUEST = FailureClass(Reason.INVALID_VALUE, "refused the request", failover=False, quotes=True)
CONTEXT_TOO_LONG = FailureClass(Reason.CONTEXT_LENGTH_EXCEEDED, "found the request too long", quotes=True)
TOO_LARGE = FailureClass(Reason.REQUEST_TOO_LARGE, "found the request too large", failover=False, quotes=True)
CONTENT_FILTERED = FailureClass(Reason.CONTENT_FILTER, "blocked the request", failover=False, quotes=True)
MODEL_MISSING = FailureClass(Reason.MODEL_NOT_FOUND, "does not offer the model", quotes=True)
AUTH = FailureClass(Reason.PROVIDER_AUTH_FAILED, "did not accept the router's credentials")
QUOTA_GONE = FailureClass(Reason.INSUFFICIENT_QUOTA, "reports that the router's quota is used up")
RATE_LIMITED = FailureClass(Reason.RATE_LIMIT_EXCEEDED, "limits the rate of requests", retryable=True)
OVERLOADED = FailureClass(Reason.PROVIDER_UNAVAILABLE, "is overloaded", retryable=True)
UNREACHABLE = FailureClass(Reason.PROVIDER_UNAVAILABLE, "cannot be reached", retryable=True)
SERVER = FailureClass(Reason.PROVIDER_ERROR, "failed", retryable=True)
TIMED_OUT = FailureClass(Reason.DEADLINE_EXCEEDED, "took too long", retryable=True)
ODD_ANSWER = FailureClass(Reason.PROVIDER_ERROR, "gave an answer that cannot be used")

STATUSES: Mapping[int, FailureClass] = {
    400: INVALID_REQUEST,
    401: AUTH,
    402: QUOTA_GONE,
    403: AUTH,
    404: MODEL_MISSING,
    408: TIMED_OUT,
    409: SERVER,
    410: MODEL_MISSING,
    413: TOO_LARGE,
    422: INVALID_REQUEST,
    424: SERVER,
    429: RATE_LIMITED,
    498: OVERLOADED,
    499: SERVER,
    503: OVERLOADED,
    504: TIMED_OUT,
    524: TIMED_OUT,
    529: OVERLOADED,
}

CODES: Mapping[str, FailureClass] = {
    "context_length_exceeded": CONTEXT_TOO_LONG,
    "exceed_context_size_error": CONTEXT_TOO_LONG,  # llama.cpp
    "string_above_max_length": CONTEXT_TOO_LONG,
    "model_not_found": MODEL_MISSING,
    "content_filter": CONTENT_FILTERED,
    "content_policy_violation": CONTENT_FILTERED,
    "invalid_api_key": AUTH,
    "insufficient_quota": QUOTA_GONE,
    "credit_balance_exhausted": QUOTA_GONE,
    "organization_spend_limit_exceeded": QUOTA_GONE,
    "project_spend_limit_exceeded": QUOTA_GONE,
    "organization_usage_limit_exceeded": QUOTA_GONE,
    "enforced_spend_limit_reached": QUOTA_GONE,
    "contract_spend_limit_reached": QUOTA_GONE,
    "server_is_overloaded": OVERLOADED,
    "capacity_exceeded": OVERLOADED,
    # Groq: the model wrote an invalid call or invalid JSON. Sampling noise, so another try may do.
    "tool_use_failed": SERVER,
    "json_validate_failed": SERVER,
}
"""Codes that say more than the status. `slow_down` is not here: its status tells the rate limit from the overload."""

TYPES: Mapping[str, FailureClass] = {
    "invalid_request_error": INVALID_REQUEST,
    "authentication_error": AUTH,
    "permission_error": AUTH,
    "billing_error": QUOTA_GONE,
    "insufficient_quota": QUOTA_GONE,
    "not_found_error": MODEL_MISSING,
    "request_too_large": TOO_LARGE,
    "rate_limit_error": RATE_LIMITED,
    "rate_limit_exceeded": RATE_LIMITED,
    "overloaded_error": OVERLOADED,
    "service_unavailable_error": OVERLOADED,
    "timeout_error": TIMED_OUT,
}
"""Types of errors inside a stream, which have no status. Anything else there is a failure of the server."""

_TOO_LONG = re.compile(
    r"prompt is too long|maximum context length|exceeds the maximum number of tokens|too many tokens"
    r"|input context too long|max_new_tokens\W+must be|prompt contains \d+ tokens|exceeds? the (?:model'?s? )?context"
    r"|larger than the (?:model'?s? )?context|too large for model with \d+ maximum context",
    re.IGNORECASE,
)
"""No two providers agree on how to say that a request is longer than the model's context."""

_MONEY_GONE = re.compile(r"spend(?:ing)? limit|credit balance is too low|monthly limit|calls / month", re.IGNORECASE)

_TEXT_LIMIT = 400
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


class Report(Struct, frozen=True):
    """What a provider said of its failure, in its own words."""

    message: str = ""
    code: str = ""
    type: str = ""
    request_id: str = ""
    retry_after_s: float | None = None


def classify(status: int | None, report: Report, statuses: Mapping[int, FailureClass] = STATUSES) -> FailureClass:
    """The class of a failure. `status` is None for one that is reported inside a 200."""
    if status == 413 and report.code == "rate_limit_exceeded":
        return CONTEXT_TOO_LONG  # Groq: one request that is larger than the tokens of a whole minute
    known = CODES.get(report.code) or CODES.get(report.type)
    if known is not None:
        return known
    if status is None:
        found = TYPES.get(report.type) or TYPES.get(report.code) or SERVER
    else:
        found = statuses.get(status) or _by_range(status)
    if status != 429 and _TOO_LONG.search(report.message):
        return CONTEXT_TOO_LONG
    if found in (INVALID_REQUEST, RATE_LIMITED) and _MONEY_GONE.search(report.message):
        return QUOTA_GONE
    return found


def _by_range(status: int) -> FailureClass:
    if status >= 500:
        return SERVER
    return INVALID_REQUEST if 400 <= status < 500 else ODD_ANSWER


def failed(
    failure: FailureClass,
    provider: ProviderSpec,
    model: ModelSpec,
    *,
    report: Report | None = None,
    status: int | None = None,
    detail: str = "",
) -> ProviderFailed:
    """The error to raise. `detail` is our own explanation; the report's texts are cut, and keys in them blotted out."""
    report = report or Report()
    said = redacted(report.message[: 4 * _TEXT_LIMIT], provider.api_key)[:_TEXT_LIMIT].strip()
    explanation = detail or (said if failure.quotes else "")
    return ProviderFailed(
        failure.reason,
        f"{provider.name} {failure.summary}" + (f": {explanation}" if explanation else ""),
        provider=provider.name,
        model=model.name,
        status=status,
        retryable=failure.retryable,
        failover=failure.failover,
        retry_after_s=report.retry_after_s,
        provider_code=_matching(_CODE, report.code or report.type, provider),
        provider_message=said,
        provider_request_id=_matching(_REQUEST_ID, report.request_id, provider),
    )


def _matching(pattern: re.Pattern[str], text: str, provider: ProviderSpec) -> str:
    return text if pattern.fullmatch(text) and redacted(text, provider.api_key) == text else ""
