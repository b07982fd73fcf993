"""The one error that a call raises, read out of the rich status that the router sends with every failure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

DOMAIN = "modelmuxer"
REASON_PREFIX = "ERROR_REASON_"
UNSPECIFIED = "UNSPECIFIED"


class ModelMuxerError(Exception):
    """A call failed.

    `reason` is a name of `modelmuxer.v1.ErrorReason` without its prefix, such as `INSUFFICIENT_BUDGET`, and
    `UNSPECIFIED` when it was not the router that failed the call: no connection, say, or a deadline that passed here.
    `code` is the gRPC status, `message` the text for people, `details` the particulars that belong to the reason.
    `retry_after` is in seconds, and None when the router names no time. `field` is the path of the field at fault,
    such as `messages[0].role`, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        code: grpc.StatusCode,
        reason: str = UNSPECIFIED,
        details: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.details = dict(details or {})
        self.retry_after = retry_after
        self.field = field

    def __str__(self) -> str:
        kind = self.code.name if self.reason == UNSPECIFIED else self.reason
        return f"{kind}: {self.message}"

    @classmethod
    def from_rpc_error(cls, error: grpc.RpcError) -> ModelMuxerError:
        """Reads the error that a stub raised, synchronous or not."""
        call = cast(grpc.Call, error)  # every error that a stub raises is also its call
        decoded = cls(call.details() or "", code=call.code())
        for detail in _rich_status(call).details:
            info, retry, bad_request = ErrorInfo(), RetryInfo(), BadRequest()
            if detail.Unpack(info) and info.domain == DOMAIN:
                decoded.reason = info.reason.removeprefix(REASON_PREFIX)
                decoded.details = dict(info.metadata)
            elif detail.Unpack(retry):
                decoded.retry_after = retry.retry_delay.ToTimedelta().total_seconds()
            elif detail.Unpack(bad_request) and bad_request.field_violations:
                decoded.field = bad_request.field_violations[0].field
        return decoded


def _rich_status(call: grpc.Call) -> Status:
    """What stands in the trailer `grpc-status-details-bin`; empty when there is none, or it is not the router's."""
    try:
        return rpc_status.from_call(call) or Status()
    except (ValueError, DecodeError):  # it contradicts the plain status, or is not a status at all
        return Status()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turns the stubs' errors into `ModelMuxerError`."""
    try:
        yield
    except grpc.RpcError as error:
        raise ModelMuxerError.from_rpc_error(error) from error
