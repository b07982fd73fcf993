"""Errors as the caller sees them: the REST shape and the rich gRPC status, out of one table."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from modelmuxer.v1 import error_pb2, error_reason_pb2
from msgspec import Struct

from muxer.errors import MuxerError, Reason

DOMAIN = "modelmuxer"


class _Row(Struct, frozen=True):
    http: int
    type: str
    code: grpc.StatusCode


_BAD_REQUEST = _Row(400, "invalid_request_error", grpc.StatusCode.INVALID_ARGUMENT)

TABLE: dict[Reason, _Row] = {
    Reason.INVALID_JSON: _BAD_REQUEST,
    Reason.MISSING_FIELD: _BAD_REQUEST,
    Reason.INVALID_TYPE: _BAD_REQUEST,
    Reason.INVALID_VALUE: _BAD_REQUEST,
    Reason.UNSUPPORTED_PARAMETER: _BAD_REQUEST,
    Reason.NO_CAPABLE_MODEL: _BAD_REQUEST,
    Reason.CONTEXT_LENGTH_EXCEEDED: _BAD_REQUEST,
    Reason.REQUEST_TOO_LARGE: _Row(413, "invalid_request_error", grpc.StatusCode.INVALID_ARGUMENT),
    Reason.INVALID_API_KEY: _Row(401, "authentication_error", grpc.StatusCode.UNAUTHENTICATED),
    Reason.INSUFFICIENT_BUDGET: _Row(402, "budget_exceeded", grpc.StatusCode.RESOURCE_EXHAUSTED),
    Reason.POLICY_VIOLATION: _Row(403, "policy_violation", grpc.StatusCode.PERMISSION_DENIED),
    Reason.MODEL_NOT_FOUND: _Row(404, "invalid_request_error", grpc.StatusCode.NOT_FOUND),
    Reason.SECURITY_RATE_LIMIT: _Row(429, "rate_limit_exceeded", grpc.StatusCode.RESOURCE_EXHAUSTED),
    Reason.RATE_LIMIT_EXCEEDED: _Row(429, "rate_limit_exceeded", grpc.StatusCode.RESOURCE_EXHAUSTED),
    Reason.INSUFFICIENT_QUOTA: _Row(429, "insufficient_quota", grpc.StatusCode.RESOURCE_EXHAUSTED),
    Reason.CONTENT_FILTER: _Row(400, "invalid_request_error", grpc.StatusCode.FAILED_PRECONDITION),
    Reason.PROVIDER_ERROR: _Row(502, "provider_error", grpc.StatusCode.UNAVAILABLE),
    Reason.PROVIDER_AUTH_FAILED: _Row(502, "provider_error", grpc.StatusCode.INTERNAL),
    Reason.PROVIDER_UNAVAILABLE: _Row(503, "service_unavailable", grpc.StatusCode.UNAVAILABLE),
    Reason.SHUTTING_DOWN: _Row(503, "service_unavailable", grpc.StatusCode.UNAVAILABLE),
    Reason.DEADLINE_EXCEEDED: _Row(504, "timeout_error", grpc.StatusCode.DEADLINE_EXCEEDED),
    Reason.CANCELLED: _Row(499, "request_cancelled", grpc.StatusCode.CANCELLED),
    Reason.INTERNAL: _Row(500, "api_error", grpc.StatusCode.INTERNAL),
    Reason.INVALID_PROTOBUF: _BAD_REQUEST,
}

_FIELD_REASONS = frozenset(reason for reason, row in TABLE.items() if row.code is grpc.StatusCode.INVALID_ARGUMENT)
_LIMIT_REASONS = frozenset({Reason.INSUFFICIENT_BUDGET, Reason.SECURITY_RATE_LIMIT})


_SOONEST_S = 1.0
"""When to try again, for reasons that always pass, where nobody knows better."""
_PASSING = frozenset({Reason.RATE_LIMIT_EXCEEDED, Reason.SECURITY_RATE_LIMIT, Reason.PROVIDER_UNAVAILABLE})


def retry_after(error: MuxerError) -> float | None:
    """Seconds after which to try again; None when that is no use."""
    if error.retry_after_s is None and error.reason in _PASSING:
        return _SOONEST_S
    return error.retry_after_s


def is_final(error: MuxerError) -> bool:
    """Whether we have tried what there was to try, so that a client that repeats the request only repeats the work.

    OpenAI's and Anthropic's clients repeat every 429 and 5xx unless `x-should-retry: false` tells them not to.
    """
    return TABLE[error.reason].http >= 429 and retry_after(error) is None


def rest_error(error: MuxerError) -> dict[str, Any]:
    """The REST shape. `param` is there because OpenAI's clients read it."""
    details = {**error.details, "field": error.field} if error.field else error.details
    return {
        "error": {
            "message": error.message,
            "type": TABLE[error.reason].type,
            "param": error.field or None,
            "code": error.reason.value,
            "details": details or None,
        }
    }


def rest_body(error: MuxerError) -> str:
    """The REST shape as ASCII JSON, so that no stage on the way has characters to re-encode."""
    return json.dumps(rest_error(error), separators=(",", ":"), ensure_ascii=True)


def rich_status(error: MuxerError) -> status_pb2.Status:
    """The gRPC status with one `ErrorInfo`, and the details that apply to the reason."""
    info = error_details_pb2.ErrorInfo(
        reason=error_reason_pb2.ErrorReason.Name(reason_number(error.reason)),
        domain=DOMAIN,
        metadata={key: _text(value) for key, value in error.details.items() if value is not None},
    )
    if error.field:
        info.metadata["field"] = error.field
    details: list[Any] = [info]
    pause_s = retry_after(error)
    if pause_s is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(math.ceil(pause_s * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    if error.reason in _LIMIT_REASONS:
        violation = error_details_pb2.QuotaFailure.Violation(subject=error.reason.value, description=error.message)
        details.append(error_details_pb2.QuotaFailure(violations=[violation]))
    if error.reason in _FIELD_REASONS and error.field:
        problem = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=error.message)
        details.append(error_details_pb2.BadRequest(field_violations=[problem]))
    return _status(error, details)


def rest_status(error: MuxerError) -> status_pb2.Status:
    """The gRPC status for a call that came in over REST: Envoy turns its one detail into the HTTP answer."""
    pause_s = retry_after(error)
    detail = error_pb2.RestError(
        http_status=TABLE[error.reason].http,
        retry_after_s=0 if pause_s is None else max(1, math.ceil(pause_s)),
        body=rest_body(error),
    )
    return _status(error, [detail])


async def abort(context: grpc.aio.ServicerContext[Any, Any], error: MuxerError, *, rest: bool) -> NoReturn:
    """Ends the call with this error."""
    status = rest_status(error) if rest else rich_status(error)
    await context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort_with_status returned")


def reason_number(reason: Reason) -> error_reason_pb2.ErrorReason.ValueType:
    """The protobuf value of a reason."""
    return error_reason_pb2.ErrorReason.Value(f"ERROR_REASON_{reason.name}")


def _status(error: MuxerError, details: list[Any]) -> status_pb2.Status:
    packed = []
    for detail in details:
        holder = any_pb2.Any()
        holder.Pack(detail)
        packed.append(holder)
    return status_pb2.Status(code=TABLE[error.reason].code.value[0], message=error.message, details=packed)


def _text(value: object) -> str:
    """A detail as text, for `ErrorInfo.metadata`."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
