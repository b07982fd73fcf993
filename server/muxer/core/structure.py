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
    "sentences",
    "distinct_numbers",
    "relations",
    "words_in_prose",
    "steps",
    "chars_of_problem",
)
"""Names of what `structure` returns, in its order."""

RELATIONS = frozenset(
    "% each every per twice double triple half third quarter fifth tenth times percent cent dozen remaining remainder "
    "left rest total altogether combined together more less fewer than average ratio as equally "
    "pro jede jeder jedes halb doppelt mehr weniger insgesamt prozent chaque moitié reste plus moins fois cada mitad "
    "doble veces resto más menos ciento metade dobro mais".split()
)
"""Words that tie one quantity to another, and so add a step to a word problem."""

NUMBER_WORDS = frozenset("two three four five six seven eight nine ten eleven twelve twenty hundred thousand".split())
"""Numbers that are spelled out."""

USUAL_STEPS, USUAL_CHARS = 1.7, 5.0
"""What is subtracted of word problems: logarithms of some five quantities and relations, and of 150 characters. A short
problem then counts for as much as prose without numbers, and longer ones for more."""

LONG_WORD = 8
"""Letters from which on a word counts as long."""


def structure(features: Features) -> tuple[float, ...]:
    """The shape of the last user turn in numbers: `STRUCTURE` names them. Counts are logarithms or shares per word, so
    that all of them stay within some units of zero."""
    text, counts, signals = features.text, features.counts, features.signals
    all_words = len(features.words) or 1
    prose = features.word_count or 1
    log_chars, log_words = math.log1p(features.turn_chars), math.log1p(features.word_count)
    log_numbers = math.log1p(features.number_count)
    code = float(signals.signals.code)
    count = text.count
    prosaic = not (features.options or code)
    numbers = sum(map(str.isdigit, counts))
    problem = prosaic and features.question and numbers > 1 and "\\" not in text
    relations = sum([counts[word] for word in RELATIONS & counts.keys()])
    spelled = sum([counts[word] for word in NUMBER_WORDS & counts.keys()])
    return (
        log_chars,
        log_words,
        math.log1p(features.lines),
        log_numbers,
        features.number_count / all_words,
        features.sign_count / all_words,
        math.log1p(features.operator_count),
        len(text) / prose,
        sum([often for word, often in counts.items() if len(word) >= LONG_WORD]) / prose,
        len(counts) / all_words,
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
        log_numbers if prosaic else 0.0,
        math.log1p(count(". ") + count("? ") + count("! ")),
        math.log1p(numbers),
        math.log1p(relations),
        log_words if prosaic else 0.0,
        math.log1p(features.number_count + spelled + relations) - USUAL_STEPS if problem else 0.0,
        log_chars - USUAL_CHARS if problem else 0.0,
    )
