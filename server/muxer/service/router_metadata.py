"""The object `router_metadata` of the OpenAI face: what was decided, why, and what it cost."""

from __future__ import annotations

from typing import Any

from muxer.dispatch.settlement import Attempt, Settled
from muxer.types.decision import Candidate, Decision
from muxer.types.money import usd


def router_metadata(decision: Decision, decision_id: str, answered_by: Candidate, settled: Settled) -> dict[str, Any]:
    """The routing of one answered request. `answered_by` differs from the decision's first choice after a fallback."""
    signals = decision.signals
    seen = signals.signals
    return {
        "decision_id": decision_id,
        "selected_provider": answered_by.model.provider,
        "selected_model": answered_by.model.name,
        "routing_reason": decision.reason,
        "preset": decision.preset,
        "intent_label": decision.intent.label,
        "intent_confidence": decision.intent.confidence,
        "intent_signals": {
            "token_length_est": signals.token_length_est,
            "has_code_fence": signals.has_code_fence,
            "has_programming_keywords": signals.has_programming_keywords,
            "signals": {
                "code": seen.code,
                "translation": seen.translation,
                "vision": seen.vision,
                "safety": seen.safety,
            },
        },
        "estimated_cost_usd": usd(answered_by.cost.expected),
        "actual_cost_usd": usd(settled.cost),
        "actual_cost_pico_usd": settled.cost,
        "usage_estimated": settled.usage.estimated,
        "price_version": decision.price_version,
        "attempts": [_attempt(a) for a in settled.attempts],
        "dropped_params": settled.dropped,
        "simulated": answered_by.model.provider in decision.simulated,
    }


def _attempt(attempt: Attempt) -> dict[str, str]:
    """One call to a provider; a purpose is told when it was another one than to get the answer."""
    told = {"model": attempt.model_id, "outcome": attempt.outcome}
    return told if attempt.purpose == "answer" else {**told, "purpose": attempt.purpose}
