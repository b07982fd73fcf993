"""A refusal in neutral terms; every wire says it in its own words, status and headers."""

from __future__ import annotations

STATUS = {
    "invalid": 400,
    "context": 400,
    "content_filter": 400,
    "auth": 401,
    "billing": 402,
    "permission": 403,
    "not_found": 404,
    "timeout": 408,
    "conflict": 409,
    "too_large": 413,
    "unprocessable": 422,
    "rate_limit": 429,
    "quota": 429,
    "server": 500,
    "overloaded": 503,
}
"""The kinds of refusal, and the HTTP status of each unless the scenario names another one."""


class Problem(Exception):
    """Why a provider refuses. `param` is the path of the field at fault, such as `messages[0].role`; `code` and
    `type` override what the wire would say; `retry_after` is in seconds."""

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        status: int | None = None,
        param: str | None = None,
        code: str | None = None,
        type: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = STATUS[kind] if status is None else status
        self.param = param
        self.code = code
        self.type = type
        self.retry_after = retry_after
