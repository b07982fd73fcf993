"""Turns a request into the terms that the learned model has weights for. Training and serving share this file.

A term is a string: a word, two neighbouring words, the beginning or end of a long word, one to three characters of a
script without blanks, how the turn opens and ends, or a mark of its structure (`#...`). Terms of the system prompt
begin with `s:`. Only the first and the last words of a turn count: instructions stand there, payloads in between.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from muxer.core.features import Features
from muxer.core.text.words import words_of

HEAD_WORDS = 32
TAIL_WORDS = 16
"""Words and signs that count at the beginning and at the end of a turn; of scripts without blanks, two characters
count as a word."""

SYSTEM_WORDS = 40
"""Words of the system prompt that count."""

_LENGTH_STEPS = [min(12, int(2 * math.log2(size + 1))) for size in range(128)]


def terms_of(features: Features) -> set[str]:
    """The terms of a request."""
    words: Sequence[str] = features.words
    if features.follow_up:
        words = (*words_of(features.earlier), "#turn", *words)
    size = len(words)
    kept = _plain(_ends(words, plain=features.text.isascii()))
    found = _word_terms(kept)
    found.update(_marks(features, size))
    found.update(["^" + word for word in kept[:3]])
    if size > 1:
        found.add(f"^{kept[0]} {kept[1]}")
    if size > 2:
        found.add(f"^{kept[0]} {kept[1]} {kept[2]}")
    if size:
        found.add("$" + kept[-1][:8])
    if features.system:
        found.update(_system_terms(features.system))
    return found


def _ends(words: Sequence[str], *, plain: bool) -> Sequence[str]:
    """The words at the beginning and at the end of a turn, all of them when it is short."""
    if plain or not any(map(_has_no_blanks, words)):
        if len(words) <= HEAD_WORDS + TAIL_WORDS:
            return words
        return (*words[:HEAD_WORDS], *words[-TAIL_WORDS:])
    if sum(map(len, words)) <= 2 * (HEAD_WORDS + TAIL_WORDS):
        return words
    tail = [word[::-1] for word in _beginning([word[::-1] for word in reversed(words)], TAIL_WORDS)]
    return (*_beginning(words, HEAD_WORDS), *reversed(tail))


def _beginning(words: Iterable[str], budget: float) -> list[str]:
    """The first words, as many as the budget pays for; the last one may be cut."""
    found: list[str] = []
    for word in words:
        if budget <= 0:
            break
        if _has_no_blanks(word):
            found.append(word[: max(1, int(2 * budget))])
            budget -= len(word) / 2
        else:
            found.append(word)
            budget -= 1
    return found


def _plain(words: Iterable[str]) -> list[str]:
    """The words, numbers replaced by as many zeros as they have digits, at most four."""
    return ["0000"[: len(word)] if word.isdigit() else word for word in words]


def _word_terms(words: Sequence[str]) -> set[str]:
    found = set(words)
    found.update(map(" ".join, pairwise(words)))
    long = [word for word in words if len(word) > 4]
    found.update([word[:5] + "*" for word in long if len(word) > 5])
    found.update(["*" + word[-3:] for word in long])
    for word in found.copy() if not "".join(words).isascii() else ():
        if _has_no_blanks(word) and " " not in word:
            found.update(_character_terms(word))
    return found


def _has_no_blanks(word: str) -> bool:
    """Whether a word is in a script that writes words together: East Asian, Thai, Lao, Tibetan, Burmese."""
    return word >= "\u2e80" or "\u0e00" <= word < "\u10a0"


def _character_terms(run: str) -> set[str]:
    """Its characters, and its runs of two and three of them."""
    found = set(run)
    found.update([run[at : at + 2] for at in range(len(run) - 1)])
    found.update([run[at : at + 3] for at in range(len(run) - 2)])
    return found


def _marks(features: Features, size: int) -> list[str]:
    """What the turn looks like: length, lines, numbers, signs, questions."""
    marks = [
        f"#size{_LENGTH_STEPS[min(size, 127)]}",
        f"#lines{min(6, features.lines)}",
        f"#numbers{min(4, features.number_count)}",
        f"#signs{min(8, 16 * features.sign_count // (size + 1))}",
    ]
    if "?" in features.words or "\u061f" in features.words:
        marks.append("#question")
    if not features.text.isascii():
        marks.append("#foreign")
    if features.options:
        marks.append("#options")
    if features.signals.has_code_fence:
        marks.append("#fence")
    return marks


def _system_terms(system: str) -> set[str]:
    words = _plain(words_of(system)[:SYSTEM_WORDS])
    return {"s:" + term for term in _word_terms(words)}
