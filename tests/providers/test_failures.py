"""Every class of failure, in the words of every provider: who is told what, and whether to try again or elsewhere."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from muxer.errors import ProviderFailed, Reason
from muxer.providers.registry import DIALECTS

from tests.providers.wire import Anyone

KEY = "sk-the-key-of-the-operator"

# reason, may the same call be repeated, may another model succeed
INVALID = (Reason.INVALID_VALUE, False, False)
TOO_LONG = (Reason.CONTEXT_LENGTH_EXCEEDED, False, True)
AUTH = (Reason.PROVIDER_AUTH_FAILED, False, True)
QUOTA = (Reason.INSUFFICIENT_QUOTA, False, True)
MISSING = (Reason.MODEL_NOT_FOUND, False, True)
LARGE = (Reason.REQUEST_TOO_LARGE, False, False)
LIMITED = (Reason.RATE_LIMIT_EXCEEDED, True, True)
OVERLOADED = (Reason.PROVIDER_UNAVAILABLE, True, True)
SERVER = (Reason.PROVIDER_ERROR, True, True)
TIMEOUT = (Reason.DEADLINE_EXCEEDED, True, True)
FILTERED = (Reason.CONTENT_FILTER, False, False)
ODD = (Reason.PROVIDER_ERROR, False, True)


def openai(code: Any = None, kind: str = "x", message: str = "m") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic(kind: str, message: str = "m", code: str = "") -> dict[str, Any]:
    details = {"details": {"error_code": code}} if code else {}
    return {"type": "error", "error": {"type": kind, "message": message, **details}, "request_id": "req_9"}


def google(code: int, status: str, message: str = "m", *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def detail(kind: str, **members: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **members}


PER_DAY = detail("QuotaFailure", violations=[{"quotaId": "RequestsPerDay-Free"}])
NONE_AT_ALL = detail("QuotaFailure", violations=[{"quotaId": "x", "quotaValue": "0"}])
PER_MINUTE = detail("QuotaFailure", violations=[{"quotaId": "TokensPerMinute"}])
BAD_KEY = detail("ErrorInfo", reason="API_KEY_INVALID")

STATUS_ROWS = [
    (status, row)
    for row, statuses in {
        INVALID: (400, 405, 415, 422),
        AUTH: (401, 403),
        QUOTA: (402,),
        MISSING: (404, 410),
        TIMEOUT: (408, 504, 524),
        LARGE: (413,),
        LIMITED: (429,),
        OVERLOADED: (503, 529),
        SERVER: (409, 424, 499, 500, 501, 502, 520, 521, 522, 523),
        ODD: (204, 301, 302, 307, 308),
    }.items()
    for status in statuses
]


def classified(dialect: str, status: int, body: Any, anyone: Anyone, **headers: str) -> ProviderFailed:
    provider, model = anyone(dialect)
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return DIALECTS[provider.dialect].decode_error(status, headers, data, provider, model)


def outcome(failure: ProviderFailed) -> tuple[Reason, bool, bool]:
    return failure.reason, failure.retryable, failure.failover


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(
    ("status", "expected"), STATUS_ROWS, ids=lambda value: str(value) if isinstance(value, int) else ""
)
def test_the_status_alone_decides_where_the_body_says_nothing(
    dialect: str, status: int, expected: Any, anyone: Anyone
) -> None:
    for body in (b"", b"<html>gateway</html>", b'{"error": null}', b"[]"):
        failure = classified(dialect, status, body, anyone)

        assert expected == outcome(failure)
        assert failure.status == status


ROWS: list[tuple[str, int, Any, tuple[Reason, bool, bool]]] = [
    ("openai", 400, openai("context_length_exceeded", "invalid_request_error"), TOO_LONG),
    ("openai", 400, openai("unsupported_value", "invalid_request_error"), INVALID),
    ("openai", 400, openai("content_filter", "invalid_request_error"), FILTERED),
    ("openai", 404, openai("model_not_found", "invalid_request_error"), MISSING),
    ("openai", 401, openai("invalid_api_key", "invalid_request_error"), AUTH),
    ("openai", 429, openai("rate_limit_exceeded", "requests"), LIMITED),
    ("openai", 429, openai("slow_down"), LIMITED),
    ("openai", 503, openai("slow_down"), OVERLOADED),
    ("openai", 503, openai("server_is_overloaded", "service_unavailable_error"), OVERLOADED),
    *(
        ("openai", 429, openai(code, "insufficient_quota"), QUOTA)
        for code in (
            "insufficient_quota",
            "credit_balance_exhausted",
            "organization_spend_limit_exceeded",
            "project_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
        )
    ),
    ("openai", 400, openai(400, "BadRequestError", "This model's maximum context length is 8192 tokens."), TOO_LONG),
    ("responses", 400, openai("context_length_exceeded", "invalid_request_error"), TOO_LONG),
    ("anthropic", 400, anthropic("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), TOO_LONG),
    ("anthropic", 400, anthropic("invalid_request_error", "Your credit balance is too low to access the API."), QUOTA),
    ("anthropic", 400, anthropic("invalid_request_error", "You have reached your specified API spend limit."), QUOTA),
    ("anthropic", 402, anthropic("billing_error"), QUOTA),
    ("anthropic", 429, anthropic("rate_limit_error"), LIMITED),
    ("anthropic", 429, anthropic("rate_limit_error", code="enforced_spend_limit_reached"), QUOTA),
    ("anthropic", 429, anthropic("rate_limit_error", code="contract_spend_limit_reached"), QUOTA),
    ("anthropic", 529, anthropic("overloaded_error"), OVERLOADED),
    ("anthropic", 413, anthropic("request_too_large"), LARGE),
    ("mistral", 422, {"detail": [{"loc": ["body", "n"], "msg": "too big", "type": "x"}]}, INVALID),
    ("mistral", 401, {"message": "Unauthorized", "request_id": "r"}, AUTH),
    ("mistral", 400, {"object": "error", "message": "Prompt contains 40000 tokens"}, TOO_LONG),
    ("groq", 400, openai("context_length_exceeded"), TOO_LONG),
    ("groq", 413, openai("rate_limit_exceeded", "tokens"), TOO_LONG),
    ("groq", 400, openai("tool_use_failed", "invalid_request_error"), SERVER),
    ("groq", 400, openai("json_validate_failed", "invalid_request_error"), SERVER),
    ("groq", 498, openai("capacity_exceeded"), OVERLOADED),
    ("cohere", 400, {"message": "too many tokens: total of 9000"}, TOO_LONG),
    ("cohere", 498, {"message": "invalid token"}, AUTH),
    ("cohere", 429, {"message": "You are past the per minute request limit, please wait."}, LIMITED),
    ("cohere", 429, {"message": "You are using a Trial key, which is limited to 1000 API calls / month."}, QUOTA),
    ("together", 400, openai(None, message="`inputs` tokens + `max_new_tokens` must be <= 8193"), TOO_LONG),
    ("together", 402, openai("spend_limit"), QUOTA),
    ("together", 403, openai(None, message="tokens + max_new_tokens must be <= 8193"), TOO_LONG),
    ("google", 400, google(400, "INVALID_ARGUMENT"), INVALID),
    ("google", 400, google(400, "INVALID_ARGUMENT", "m", BAD_KEY), AUTH),
    ("google", 400, google(400, "x", "The input token count (9) exceeds the maximum number of tokens (8)."), TOO_LONG),
    ("google", 402, google(402, "RESOURCE_EXHAUSTED"), QUOTA),
    ("google", 429, google(429, "RESOURCE_EXHAUSTED", "m", PER_DAY), QUOTA),
    ("google", 429, google(429, "RESOURCE_EXHAUSTED", "m", NONE_AT_ALL), QUOTA),
    ("google", 429, google(429, "RESOURCE_EXHAUSTED", "m", PER_MINUTE), LIMITED),
    ("google", 429, [google(429, "RESOURCE_EXHAUSTED", "m", PER_DAY)], QUOTA),
    ("google", 500, google(500, "INTERNAL", "The input context too long."), TOO_LONG),
    ("google", 503, google(503, "UNAVAILABLE"), OVERLOADED),
]  # fmt: skip


@pytest.mark.parametrize(("name", "status", "body", "expected"), ROWS)
def test_what_a_provider_says_decides_before_its_status(
    name: str, status: int, body: Any, expected: Any, anyone: Anyone
) -> None:
    assert expected == outcome(classified(name, status, body, anyone))


STREAM_ROWS = [
    ("openai", openai("rate_limit_exceeded", "rate_limit_error"), LIMITED),
    ("openai", openai(None, "server_error"), SERVER),
    ("openai", openai("insufficient_quota", "insufficient_quota"), QUOTA),
    ("openai", {"error": "some text"}, SERVER),
    ("openai", {"object": "error", "message": "the engine died", "type": "InternalServerError"}, SERVER),
    ("openai", {"choices": [], "x_groq": {"error": "over capacity"}}, SERVER),
    ("anthropic", anthropic("overloaded_error"), OVERLOADED),
    ("anthropic", anthropic("api_error"), SERVER),
    ("anthropic", anthropic("invalid_request_error"), INVALID),
    ("anthropic", anthropic("rate_limit_error"), LIMITED),
    ("anthropic", anthropic("timeout_error"), TIMEOUT),
    ("gemini", google(503, "UNAVAILABLE"), OVERLOADED),
    ("gemini", google(429, "RESOURCE_EXHAUSTED", "m", PER_DAY), QUOTA),
    ("cohere", {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "died"}}, SERVER),
    ("cohere", {"type": "message-end", "delta": {"finish_reason": "TIMEOUT"}}, SERVER),
    ("responses", {"type": "error", "code": "rate_limit_exceeded", "message": "m", "param": None}, LIMITED),
    ("responses", {"type": "response.failed", "response": {"error": {"code": "server_error"}}}, SERVER),
    ("responses", {"type": "response.completed", "response": {"status": "cancelled"}}, SERVER),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "event", "expected"), STREAM_ROWS)
def test_a_failure_inside_a_stream_is_of_the_same_classes(
    dialect: str, event: Any, expected: Any, anyone: Anyone
) -> None:
    provider, model = anyone(dialect)
    decoder = DIALECTS[dialect].stream_decoder(provider, model)
    with pytest.raises(ProviderFailed) as caught:
        decoder.feed(b"data: " + msgspec.json.encode(event) + b"\n\n")

    assert expected == outcome(caught.value)
    assert decoder.done


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("openai", openai("rate_limit_exceeded", "rate_limit_error")),
        ("anthropic", anthropic("rate_limit_error")),
        ("gemini", google(429, "RESOURCE_EXHAUSTED")),
        ("responses", {"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "m"}}),
    ],
)
def test_a_failure_inside_a_200_is_of_the_same_classes(dialect: str, body: Any, anyone: Anyone) -> None:
    provider, model = anyone(dialect)
    with pytest.raises(ProviderFailed) as caught:
        DIALECTS[dialect].decode(msgspec.json.encode(body), provider, model)

    assert outcome(caught.value) == LIMITED


def test_a_failure_carries_what_the_provider_said_of_it(anyone: Anyone) -> None:
    body = openai("unsupported_value", "invalid_request_error", "Unsupported value: 'temperature'.")
    failure = classified("openai", 400, body, anyone, **{"x-request-id": "req_1", "retry-after": "7"})

    assert failure.message == "openai refused the request: Unsupported value: 'temperature'."
    assert failure.provider_message == "Unsupported value: 'temperature'."
    assert failure.provider_code == "unsupported_value"
    assert failure.provider_request_id == "req_1"
    assert failure.retry_after_s == 7.0
    assert failure.details == {
        "provider": "openai",
        "model": "the-model",
        "status": 400,
        "provider_code": "unsupported_value",
        "provider_request_id": "req_1",
    }


@pytest.mark.parametrize("header", ["x-request-id", "request-id", "mistral-correlation-id", "cf-ray"])
def test_the_request_id_is_found_under_each_of_its_names(header: str, anyone: Anyone) -> None:
    assert classified("openai", 500, b"", anyone, **{header: "id-1"}).provider_request_id == "id-1"


def test_the_request_id_of_the_body_counts_where_there_is_no_header(anyone: Anyone) -> None:
    assert classified("anthropic", 500, anthropic("api_error"), anyone).provider_request_id == "req_9"


@pytest.mark.parametrize("status", [401, 402, 429, 500, 503])
def test_what_concerns_the_operators_account_is_not_shown_to_callers(status: int, anyone: Anyone) -> None:
    body = openai(None, message="Limit reached for gpt-4 in organization org-abc on tokens per min.")
    failure = classified("openai", status, body, anyone)

    assert "org-abc" not in failure.message
    assert "org-abc" in failure.provider_message


def test_a_long_message_is_cut(anyone: Anyone) -> None:
    failure = classified("openai", 400, openai(None, message="too " * 10_000), anyone)

    assert len(failure.message) < 500
    assert len(failure.provider_message) <= 400


@pytest.mark.parametrize("name", ["openai", "anthropic", "google", "cohere", "mistral", "groq", "together"])
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_a_key_that_a_provider_repeats_goes_no_further(name: str, status: int, anyone: Anyone) -> None:
    said = f"Incorrect API key provided: {KEY}. Header was Bearer {KEY}"
    body = {"error": {"message": said, "code": KEY, "type": KEY, "request_id": KEY}, "message": said}
    failure = classified(name, status, body, anyone, **{"x-request-id": KEY})
    told = repr((failure.message, failure.details, failure.provider_message, failure.provider_code, str(failure)))

    assert not any(KEY[i : i + 8] in told for i in range(len(KEY) - 7))
