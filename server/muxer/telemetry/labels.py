"""Which values the labels of metrics can take: closed sets, so that no caller can make the number of series grow."""

from __future__ import annotations

from typing import get_args

from muxer.errors import Reason
from muxer.telemetry.port import BudgetReason, DropKind, EstimateKind, QuestionOutcome

OTHER = "other"
"""What every other value is counted as."""

ROUTES = frozenset(
    {
        "Route",
        "Classify",
        "Estimate",
        "ChatCompletion",
        "StreamChatCompletion",
        "ListModels",
        "GetModel",
        "CreateChatCompletion",
        "GetHealth",
        "GetMetrics",
    }
)
"""The RPCs of `modelmuxer.v1`. Those of gRPC itself, such as health checks, are `other`."""

CODES = frozenset(
    {
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    }
)
"""The names of gRPC's status codes."""

FAULT_CODES = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
"""The codes that mean a fault of the server, not of the caller (OpenTelemetry, semantic conventions for gRPC)."""

INTENTS = frozenset(
    {"chat_lite", "deep_reason", "code_gen", "json_extract", "translation", "vision", "safety_risk", "unknown"}
)
"""The labels of `IntentPrediction`."""

METHODS = frozenset({"rules", "model", "llm", "disabled"})
"""What can decide an intent."""

SUCCESS = "ok"
REASONS = frozenset(reason.value for reason in Reason)
OUTCOMES = REASONS | {SUCCESS}
BUDGET_REASONS = frozenset(get_args(BudgetReason))
DROP_KINDS = frozenset(get_args(DropKind))
QUESTION_OUTCOMES = frozenset(get_args(QuestionOutcome))
TOKEN_KINDS = frozenset({"prompt", "cached", "cache_write", "completion", "reasoning"})
ESTIMATE_KINDS = frozenset(get_args(EstimateKind))
QUANTILES = frozenset({"p50", "p90", "p95", "p99"})
WITHIN = frozenset({"within", "above"})
FLAGS = frozenset({"true", "false"})
