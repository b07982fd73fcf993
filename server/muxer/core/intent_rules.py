"""Rules that stand before or above the learned judgement: what the form of a request settles by itself."""

from __future__ import annotations

from muxer.core.features import Features
from muxer.types.chat import ChatRequest
from muxer.types.decision import Intent

LOOSE_TURN_WORDS = 25
"""A turn of up to this many words, in a conversation with a picture, is taken to be about the picture."""

_SCHEMA_MARKS = (  # of JSON Schema, of an example object, of Python classes
    '"type":',
    '"properties"',
    "json schema",
    '": "',
    '": [',
    '": string',
    '": number',
    "basemodel",
)


def by_attachment(features: Features) -> Intent | None:
    """Vision, when a picture is attached to the last turn, or to the conversation that it goes on with."""
    if features.turn_has_image:
        return Intent(label="vision", confidence=0.98, method="rules")
    if features.has_image and (features.follow_up or features.word_count <= LOOSE_TURN_WORDS):
        return Intent(label="vision", confidence=0.85, method="rules")
    return None


def says_nothing(features: Features) -> bool:
    """Whether the turn is empty, or stands alone and is no more than signs around a single letter or number."""
    words = features.words
    if not words:
        return True
    if features.follow_up or features.system or any(len(word) > 1 and not word.isdigit() for word in words):
        return False
    return sum(map(str.isalnum, words)) < 2


def by_output(features: Features, request: ChatRequest, guess: str, certainty: float) -> Intent | None:
    """Extraction, when the answer has to follow a schema, unless the learned `guess` is another task with certainty."""
    if guess in ("code_gen", "translation", "vision") and certainty >= 0.8:
        return None
    demanded = request.response_format.kind if request.response_format is not None else "text"
    if demanded == "json_schema":
        return Intent(label="json_extract", confidence=0.95, method="rules")
    system = features.system.lower()
    if "json" in system and any(mark in system for mark in _SCHEMA_MARKS):
        return Intent(label="json_extract", confidence=0.93, method="rules")
    if demanded == "json_object" and guess != "code_gen":
        return Intent(label="json_extract", confidence=0.8, method="rules")
    return None
