"""Errors that Envoy finds itself, in the shape of the server's: `{"error": {message, type, code, details}}`.

Only for REST. What a gRPC client gets in such a case is a gRPC status with Envoy's own text.
"""

from __future__ import annotations

from collections.abc import Mapping

from muxer.edge.config import EdgeConfig

_Json = dict[str, object]

_MARKED: _Json = {"header_filter": {"header": {"name": "x-mm-rest", "present_match": True}}}
"""The request got as far as edge.lua, and is REST. (Once transcoded, its content type is gRPC's.)"""
_NOT_GRPC: _Json = {
    "header_filter": {
        "header": {
            "name": "content-type",
            "string_match": {"prefix": "application/grpc"},
            "treat_missing_header_as_empty": True,
            "invert_match": True,
        }
    }
}
_REST: _Json = {"or_filter": {"filters": [_MARKED, _NOT_GRPC]}}
_RETRY_SOON = [{"header": {"key": "retry-after", "value": "1"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}]
_REASON = {"reason": "%RESPONSE_CODE_DETAILS%"}


def _mapper(
    when: _Json,
    type_: str,
    code: str,
    message: str,
    details: Mapping[str, object] | None = None,
    *,
    among: _Json = _REST,
    retry_soon: bool = False,
) -> _Json:
    """What to say when `when` holds of a request; `message` and `details` may have Envoy's `%...%` in them."""
    error = {"message": message, "type": type_, "code": code, "details": details}
    mapper: _Json = {
        "filter": {"and_filter": {"filters": [when, among]}},
        "body_format_override": {"json_format": {"error": error}},
    }
    return mapper | {"headers_to_add": _RETRY_SOON} if retry_soon else mapper


def _status(number: int, *, or_above: bool = False) -> _Json:
    value = {"default_value": number, "runtime_key": "none"}
    return {"status_code_filter": {"comparison": {"op": "GE" if or_above else "EQ", "value": value}}}


def _flags(*flags: str) -> _Json:
    return {"response_flag_filter": {"flags": list(flags)}}


def local_reply_mappers(config: EdgeConfig) -> list[_Json]:
    """Envoy's `local_reply_config.mappers`; the first that fits a reply shapes it."""
    bad, down = "invalid_request_error", "service_unavailable"
    too_large = {"limit_bytes": config.max_body_bytes}
    header_too_large = {"limit_kib": config.max_header_kib}
    not_json = "The body is not the JSON that is expected here: %LOCAL_REPLY_BODY%"
    return [
        # Not connected, none healthy, too many, retries used up, connection ended, reset from there, reset from here.
        _mapper(
            _flags("UF", "UH", "UO", "URX", "UC", "UR", "LR"),
            *(down, "upstream_unavailable", "The server is not available."),
            retry_soon=True,
        ),
        _mapper(_flags("OM"), down, "overloaded", "The server is overloaded.", retry_soon=True),
        # Of the filters that see the mark, only the transcoder answers 400.
        _mapper(_status(400), bad, "invalid_json", not_json, among=_MARKED),
        _mapper(_status(404), bad, "unknown_url", "Unknown request URL: %REQ(:METHOD)% %PATH(NQ)%"),
        _mapper(_status(408), bad, "request_timeout", "The request did not arrive in time."),
        _mapper(_status(413), bad, "request_too_large", "The request body is too large.", too_large),
        _mapper(_status(431), bad, "header_too_large", "The request header is too large.", header_too_large),
        _mapper(_status(504), "timeout_error", "deadline_exceeded", "The time allowed for the request is over."),
        _mapper(_status(500, or_above=True), "api_error", "internal", "Internal error.", _REASON),
        _mapper(_status(400, or_above=True), bad, "invalid_http", "The request is not valid HTTP.", _REASON),
    ]
