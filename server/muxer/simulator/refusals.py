"""Scenarios that end in an error instead of an answer."""

from __future__ import annotations

from muxer.simulator.problem import Problem
from muxer.simulator.scenario import Scenario

_KINDS = {
    "400": "invalid",
    "401": "auth",
    "402": "billing",
    "403": "permission",
    "404": "not_found",
    "408": "timeout",
    "409": "conflict",
    "413": "too_large",
    "422": "unprocessable",
    "429": "rate_limit",
    "429-quota": "quota",
    "498": "overloaded",
    "500": "server",
    "502": "server",
    "503": "overloaded",
    "504": "timeout",
    "529": "overloaded",
    "context_too_long": "context",
}
_MESSAGES = {
    "invalid": "Simulated failure: the request is not valid.",
    "context": "Simulated failure: prompt is too long: 250000 tokens > 200000 maximum",
    "content_filter": "Simulated failure: the request was rejected by the safety system.",
    "auth": "Simulated failure: incorrect API key provided.",
    "billing": "Simulated failure: the account has no credit left.",
    "permission": "Simulated failure: this key has no permission for this model.",
    "not_found": "Simulated failure: the model does not exist or you do not have access to it.",
    "timeout": "Simulated failure: the request timed out.",
    "conflict": "Simulated failure: the request conflicts with another one.",
    "too_large": "Simulated failure: the request exceeds the maximum size.",
    "unprocessable": "Simulated failure: the request could not be processed.",
    "rate_limit": "Simulated failure: rate limit reached.",
    "quota": "Simulated failure: you exceeded your current quota.",
    "server": "Simulated failure: the server had an error.",
    "overloaded": "Simulated failure: the server is overloaded.",
}
_STREAM_FAILURES = ("error_mid_stream", "error_before_first_token")
NAMES = frozenset((*_KINDS, *_STREAM_FAILURES))
"""The scenarios that are played here."""


def problem(scenario: Scenario, *, stream: bool) -> Problem | None:
    """The refusal that a scenario asks for, if it does. Failures of streams are plain 500s outside of streams."""
    if scenario.name in _STREAM_FAILURES and not stream:
        return _make(scenario, scenario.text("kind", "server"), 500)
    kind = _KINDS.get(scenario.name)
    if kind is None:
        return None
    digits = scenario.name[:3]
    return _make(scenario, kind, int(digits) if digits.isdigit() else None)


def stream_failure(scenario: Scenario) -> Problem:
    """The failure that a scenario puts into a stream."""
    return _make(scenario, scenario.text("kind", "overloaded"), None)


def _make(scenario: Scenario, kind: str, status: int | None) -> Problem:
    kind = kind if kind in _MESSAGES else "server"
    retry_after = scenario.seconds("retry_after", 1.0 if scenario.name == "429" else -1.0)
    return Problem(
        kind,
        scenario.text("message", _MESSAGES[kind]),
        status=status,
        code=scenario.params.get("code"),
        type=scenario.params.get("type"),
        retry_after=None if retry_after < 0 or scenario.params.get("retry_after") == "none" else retry_after,
    )
