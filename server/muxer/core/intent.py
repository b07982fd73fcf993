"""Decides what kind of request this is: one of seven labels, with a confidence that can be taken at its word."""

from __future__ import annotations

from muxer.core.features import Features
from muxer.core.intent_rules import certain
from muxer.types.chat import ChatRequest
from muxer.types.decision import Intent

LABELS = ("chat_lite", "deep_reason", "code_gen", "json_extract", "translation", "vision", "safety_risk")

DISABLED = Intent(label="unknown", confidence=0.0, method="disabled")


def classify(features: Features, request: ChatRequest, *, enabled: bool) -> Intent:
    """The kind of a request; `unknown` with confidence 0 when classification is switched off."""
    if not enabled:
        return DISABLED
    return certain(features) or _guess(features)


def _guess(features: Features) -> Intent:
    """A plain guess by signals."""
    seen = features.signals.signals
    if seen.translation:
        label = "translation"
    elif seen.safety:
        label = "safety_risk"
    elif "json" in features.words or "extract" in features.words:
        label = "json_extract"
    elif seen.code:
        label = "code_gen"
    elif seen.vision and not features.question:
        label = "vision"
    elif features.maths or features.options or features.number_count > 2 or features.word_count > 40:
        label = "deep_reason"
    else:
        label = "chat_lite"
    return Intent(label=label, confidence=0.5, method="rules")
