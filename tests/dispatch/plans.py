"""Decisions, candidates and failures to dispatch with."""

from __future__ import annotations

import datetime as dt

from muxer.errors import ProviderFailed, Reason
from muxer.types.catalog import CostEstimate, DatedPrice, LatencyEstimate, ModelSpec, Rates
from muxer.types.decision import Candidate, Decision, Intent, IntentSignals, TaskSignals
from muxer.types.money import PicoUsd


def candidate(model_id: str, *, status: str = "fallback", max_input: int = 0) -> Candidate:
    """A model at 1 USD per million tokens in, 2 out."""
    provider, _, name = model_id.partition(":")
    rates = Rates(input=1_000_000, output=2_000_000)
    return Candidate(
        model=ModelSpec(provider, name, (DatedPrice(dt.date.min, rates),), max_input_tokens=max_input),
        quality=0.5,
        cost=CostEstimate(PicoUsd(100), PicoUsd(200), PicoUsd(300), input_tokens=11, output_tokens=20),
        latency=LatencyEstimate(1000, 2000, 300),
        score=0.5,
        status=status,
        why="",
    )


def decision(*model_ids: str) -> Decision:
    """A plan of these models, in this order."""
    statuses = ["selected", *["fallback"] * (len(model_ids) - 1)]
    return Decision(
        candidates=tuple(candidate(m, status=s) for m, s in zip(model_ids, statuses, strict=True)),
        intent=Intent("chat_lite", 0.9, "rules"),
        signals=IntentSignals(10, False, False, TaskSignals()),
        preset="balanced",
        reason="",
        price_version="test",
    )


def failure(
    provider: str,
    reason: Reason = Reason.PROVIDER_ERROR,
    *,
    retryable: bool = False,
    failover: bool = True,
    retry_after_s: float | None = None,
) -> ProviderFailed:
    """A failed call."""
    return ProviderFailed(
        reason, "it failed", provider=provider, retryable=retryable, failover=failover, retry_after_s=retry_after_s
    )
