"""The shape of a request in numbers, without a look at what its words mean: what carries over between kinds of task.

Learned models of difficulty and of a model's quality are fitted on these numbers, so a change here asks for a new fit.
"""

from __future__ import annotations

import math

from muxer.core.features import Features

STRUCTURE = (
    "chars",
    "words",
    "lines",
    "numbers",
    "number_share",
    "sign_share",
    "operators",
    "word_length",
    "long_words",
    "distinct",
    "commas",
    "full_stops",
    "brackets",
    "quotes",
    "backslashes",
    "options",
    "question",
    "maths",
    "code",
    "fence",
    "words_of_maths",
    "words_of_code",
    "words_of_options",
    "numbers_in_prose",
)
"""Names of what `structure` returns, in its order."""

LONG_WORD = 8
"""Letters from which on a word counts as long."""


def structure(features: Features) -> tuple[float, ...]:
    """The shape of the last user turn in numbers: `STRUCTURE` names them. Counts are logarithms or shares per word, so
    that all of them stay within some units of zero."""
    text, words, signals = features.text, features.words, features.signals
    all_words = len(words) or 1
    prose = features.word_count or 1
    log_words = math.log1p(features.word_count)
    log_numbers = math.log1p(features.number_count)
    code = float(signals.signals.code)
    count = text.count
    return (
        math.log1p(features.turn_chars),
        log_words,
        math.log1p(features.lines),
        log_numbers,
        features.number_count / all_words,
        features.sign_count / all_words,
        math.log1p(features.operator_count),
        len(text) / prose,
        sum([len(word) >= LONG_WORD for word in words]) / prose,
        len(set(words)) / all_words,
        count(",") / all_words,
        count(".") / all_words,
        (count("(") + count("[") + count("{")) / all_words,
        (count('"') + count("'")) / all_words,
        count("\\") / all_words,
        float(features.options),
        float(features.question),
        float(features.maths),
        code,
        float(signals.has_code_fence),
        log_words if features.maths else 0.0,
        log_words if code else 0.0,
        log_words if features.options else 0.0,
        0.0 if features.options or code else log_numbers,
    )
