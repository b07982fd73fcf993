"""The one tree of errors: a reason, a message for people, details for machines, and when to try again."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any


class Reason(enum.Enum):
    """Why a request failed. The names are those of `modelmuxer.v1.ErrorReason` without its prefix."""

    INVALID_JSON = "invalid_json"
    MISSING_FIELD = "missing_field"
    INVALID_TYPE = "invalid_type"
    INVALID_VALUE = "invalid_value"
    UNSUPPORTED_PARAMETER = "unsupported_parameter"
    NO_CAPABLE_MODEL = "no_capable_model"
    CONTEXT_LENGTH_EXCEEDED = "context_length_exceeded"
    REQUEST_TOO_LARGE = "request_too_large"
    INVALID_API_KEY = "invalid_api_key"
    INSUFFICIENT_BUDGET = "insufficient_budget"
    POLICY_VIOLATION = "policy_violation"
    MODEL_NOT_FOUND = "model_not_found"
    SECURITY_RATE_LIMIT = "security_rate_limit"
    RATE_LIMIT_EXCEEDED = "rate_limit_exceeded"
    INSUFFICIENT_QUOTA = "insufficient_quota"
    CONTENT_FILTER = "content_filter"
    PROVIDER_ERROR = "provider_error"
    PROVIDER_AUTH_FAILED = "provider_auth_failed"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    SHUTTING_DOWN = "shutting_down"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    CANCELLED = "cancelled"
    INTERNAL = "internal"
    INVALID_PROTOBUF = "invalid_protobuf"


class MuxerError(Exception):
    """A failure that the caller is told of, in full: no part of it may hold a secret.

    `details` are JSON values; `field` is the path of the field at fault, such as `messages[0].role`;
    `retry_after_s` is given when trying again later is worth while.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        field: str = "",
        details: Mapping[str, Any] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field
        self.details = dict(details or {})
        self.retry_after_s = retry_after_s


class BadRequest(MuxerError):
    """The request cannot be served as it is, by anyone."""


class BudgetExceeded(MuxerError):
    """Every admissible model is estimated to cost more than allowed."""


class ProviderFailed(MuxerError):
    """One call to a provider failed.

    `retryable`: the same call may succeed shortly. `failover`: another model may succeed. `sent`: the provider may
    have begun to work, and to bill. `provider_message` is the provider's own text, for logs.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        provider: str,
        model: str = "",
        status: int | None = None,
        retryable: bool = False,
        failover: bool = True,
        sent: bool = True,
        retry_after_s: float | None = None,
        provider_code: str = "",
        provider_message: str = "",
        provider_request_id: str = "",
    ) -> None:
        details: dict[str, Any] = {"provider": provider}
        if model:
            details["model"] = model
        if status is not None:
            details["status"] = status
        if provider_code:
            details["provider_code"] = provider_code
        if provider_request_id:
            details["provider_request_id"] = provider_request_id
        super().__init__(reason, message, details=details, retry_after_s=retry_after_s)
        self.provider = provider
        self.status = status
        self.retryable = retryable
        self.failover = failover
        self.sent = sent
        self.provider_code = provider_code
        self.provider_message = provider_message
        self.provider_request_id = provider_request_id
