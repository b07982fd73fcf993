"""Rules that stand before or above the learned judgement: what the form of a request settles by itself."""

from __future__ import annotations

import math

from muxer.core.features import Features
from muxer.core.text.follow_up import points_back
from muxer.core.text.json_demand import demands_json
from muxer.types.chat import ChatRequest
from muxer.types.decision import Intent

CERTAIN = {"code_gen": 0.8, "translation": 0.8, "vision": 0.8, "deep_reason": 0.9, "chat_lite": 0.9}
"""Confidence from which on a demanded form does not overrule the learned label. Of records without a word of what is to
be done with them, one in ninety looks like `deep_reason` that certainly; of real questions four in five do."""

SMALL_TALK_CHARS = 40
"""Most characters of small talk under such a demand. Data alone look like small talk too."""

LOOSE_TURN_WORDS = 25
"""A turn of up to this many words, in a conversation with a picture, is taken to be about the picture."""

OWN_TASK = 0.9
_TASKS = ("code_gen", "translation", "deep_reason")
"""Confidence from which on such a turn is taken to be a task of its own, and of what kinds: they need no picture."""

UNSAFE_PICTURE = 0.8
"""Probability of being unsafe from which on the words about a picture weigh more than the picture: of 1,359
questions about pictures one looks that unsafe, of harmful requests eight in ten do."""


def by_attachment(features: Features, guess: str, certainty: float) -> Intent | None:
    """Vision, when a picture is attached to the last turn, or to the conversation that it goes on with."""
    if features.turn_has_image:
        return Intent(label="vision", confidence=0.98, method="rules")
    if not features.has_image:
        return None
    own = guess in _TASKS and certainty >= OWN_TASK and not points_back(features.words)
    if features.follow_up or (features.word_count <= LOOSE_TURN_WORDS and not own):
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
    if certainty >= CERTAIN.get(guess, math.inf) and (guess != "chat_lite" or _holds_no_data(features)):
        return None
    demanded = request.response_format.kind if request.response_format is not None else "text"
    if demanded == "json_schema":
        return Intent(label="json_extract", confidence=0.95, method="rules")
    if demands_json(features.system):
        return Intent(label="json_extract", confidence=0.93, method="rules")
    if demanded == "json_object" and guess != "code_gen":
        return Intent(label="json_extract", confidence=0.8, method="rules")
    return None


def _holds_no_data(features: Features) -> bool:
    """Whether a turn is short and without a number or a name: there is nothing in it to extract."""
    named = any(word[:1].isupper() for word in features.text.split()[1:])
    return len(features.text) <= SMALL_TALK_CHARS and not named and not features.number_count
