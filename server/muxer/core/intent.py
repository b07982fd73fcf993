"""Decides what kind of request this is: one of seven labels, with a confidence that can be taken at its word.

The learned model gives probabilities, and a request that looks unsafe is called so; else an attached picture settles
it; else a demanded output format does, unless the likeliest label is certain; what remains is that label. How the model
came about, and how far it can be trusted, is told by the model card beside its training script.
"""

from __future__ import annotations

from msgspec.structs import replace

from muxer.core import intent_model, weights
from muxer.core.features import Features
from muxer.core.intent_model import Model, Scores
from muxer.core.intent_rules import CERTAIN, UNSAFE_PICTURE, by_attachment, by_output, says_nothing
from muxer.core.intent_terms import terms_of
from muxer.core.text.json_demand import mentions_json
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
    if says_nothing(features):
        silent = by_attachment(features, SILENCE.label, SILENCE.confidence)
        return silent or by_output(features, request, SILENCE.label, SILENCE.confidence) or SILENCE
    scores, unsafe = _judged(features, model)
    certainty = max(scores.labels)
    guess = intent_model.LABELS[scores.labels.index(certainty)]
    pictured = by_attachment(features, guess, certainty)
    if unsafe >= (UNSAFE_PICTURE if pictured else model.calibration.threshold):
        return Intent(label="safety_risk", confidence=unsafe, method="model")
    demanded = pictured or by_output(features, request, guess, certainty)
    return demanded or Intent(label=guess, confidence=certainty * (1 - unsafe), method="model")


def _judged(features: Features, model: Model) -> tuple[Scores, float]:
    """The learned judgement, and how unsafe the request is.

    What a system prompt says of JSON is left to the rules: such a prompt makes nearly all turns look like extraction,
    harmful ones too. It counts where it sets another task."""
    scores = model.score(terms_of(features))
    if not mentions_json(features.system):
        return scores, scores.unsafe
    alone = model.score(terms_of(replace(features, system="")))
    certainty = max(scores.labels)
    guess = intent_model.LABELS[scores.labels.index(certainty)]
    tasked = guess in ("code_gen", "translation", "vision") and certainty >= CERTAIN[guess]
    return scores if tasked else alone, max(alone.unsafe, scores.unsafe)
