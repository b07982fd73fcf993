"""Decides what kind of request this is: one of seven labels, with a confidence that can be taken at its word.

Three steps: an attached picture settles it; else the learned model gives probabilities, and a request that looks
unsafe is called so; else a demanded output format settles it, and what remains is the likeliest label. How the model
came about, and how far it can be trusted, is told by the model card beside its training script.
"""

from __future__ import annotations

from muxer.core import intent_model, weights
from muxer.core.features import Features
from muxer.core.intent_model import Model
from muxer.core.intent_rules import by_attachment, by_output, says_nothing
from muxer.core.intent_terms import terms_of
from muxer.types.chat import ChatRequest
from muxer.types.decision import Intent

LABELS = (*intent_model.LABELS, "safety_risk")
"""Every label but `unknown`, which stands for «not classified»."""

DISABLED = Intent(label="unknown", confidence=0.0, method="disabled")

SILENCE = Intent(label="chat_lite", confidence=0.5, method="rules")
"""Of a turn that says nothing: it asks for nothing, and the learned model has nothing to go by."""

MODEL = intent_model.parse(weights.read("intent.bin"))
"""The model that ships with the package, 3 MB, read once at import."""


def classify(features: Features, request: ChatRequest, *, enabled: bool, model: Model = MODEL) -> Intent:
    """The kind of a request; `unknown` with confidence 0 when classification is switched off."""
    if not enabled:
        return DISABLED
    pictured = by_attachment(features)
    if pictured is not None:
        return pictured
    if says_nothing(features):
        return by_output(features, request, SILENCE.label, SILENCE.confidence) or SILENCE
    scores = model.score(terms_of(features))
    if scores.unsafe >= model.calibration.threshold:
        return Intent(label="safety_risk", confidence=scores.unsafe, method="model")
    certainty = max(scores.labels)
    guess = intent_model.LABELS[scores.labels.index(certainty)]
    demanded = by_output(features, request, guess, certainty)
    return demanded or Intent(label=guess, confidence=certainty * (1 - scores.unsafe), method="model")
