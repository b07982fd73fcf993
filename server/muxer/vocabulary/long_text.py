"""Bounds what counting the tokens of one text may cost, whatever the text.

Counting happens between two requests on one event loop, so a long prompt may not stop the others for long. Prose and
code are counted at 3 to 10 nanoseconds a character; random letters, and all that falls into tokens of a character or
two, at 60 to 400. So both characters and tokens that are counted whole are limited, and what is beyond is sampled:
500 kB of prose or code take 1 to 2 milliseconds, of random characters 3 to 6, and 1 MB takes no longer. The sample is
3 % off on average. Everything depends on the text alone, never on a clock: the same text has the same count.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from muxer.core.tokens import EXACT_CHARS, EXACT_TOKENS

STEP_CHARS = 2_048
"""A longer text is counted in steps of about this many characters, cut where the vocabulary cuts, too."""

SLICES = 32
SLICE_CHARS = 256
"""What is left is counted by this many evenly spread slices of so many characters, and scaled."""

_CUT_WITHIN = 128
"""How far back from the end of a step a good place to cut is looked for."""

_ENDS = frozenset(' \t\n,.;:!?()[]<>="，。、；：！？（）「」')
"""After a letter or digit, each of these begins another piece of o200k_base."""

RULER_CHARS = 128
"""Runs of these many equal characters of `RULERS` are shortened."""

RULERS = "-=*#/"
"""Those whose long runs toktok merges slowly, at up to 350 nanoseconds a character. Other runs it counts in 3."""

_RULER_TOKEN = 64
"""The longest token that such runs become: so many characters more are exactly one token more."""

_LONG_RULERS = tuple(char * RULER_CHARS for char in RULERS)
_RULER = re.compile("|".join([rf"(?<!{char}){char}{{{RULER_CHARS},}}" for char in map(re.escape, RULERS)]))
"""Looks back, so that every run is tried once: at its beginning."""


def bounded(count: Callable[[str], int]) -> Callable[[str], int]:
    """The same count at a bounded cost: exact up to the limits above but for a token per step in which no word ends."""

    def count_bounded(text: str) -> int:
        size = len(text)
        if size < RULER_CHARS:
            return count(text)
        if size <= STEP_CHARS:
            return _step(text, count)
        return _by_steps(text, count)

    return count_bounded


def _by_steps(text: str, count: Callable[[str], int]) -> int:
    total = at = 0
    while at < len(text):
        if at >= EXACT_CHARS or total >= EXACT_TOKENS:
            return total + _sampled(text, at, count)
        end = _cut(text, at + STEP_CHARS)
        total += _step(text[at:end], count)
        at = end
    return total


def _sampled(text: str, start: int, count: Callable[[str], int]) -> int:
    """Tokens from `start` on, by evenly spread slices; all of it where the slices would meet."""
    left = len(text) - start
    if left <= SLICES * SLICE_CHARS:
        return _step(text[start:], count)
    tokens = chars = 0
    for number in range(SLICES):
        begin = start + (left - SLICE_CHARS) * number // (SLICES - 1)
        piece = text[_cut(text, begin) : _cut(text, begin + SLICE_CHARS)]
        tokens += _step(piece, count)
        chars += len(piece)
    return round(tokens * left / chars)


def _step(text: str, count: Callable[[str], int]) -> int:
    if not any([ruler in text for ruler in _LONG_RULERS]):
        return count(text)
    short = _RULER.sub(_shortened, text)
    return count(short) + (len(text) - len(short)) // _RULER_TOKEN


def _shortened(run: re.Match[str]) -> str:
    """The run less a multiple of 64 characters: 64 to 127 are left."""
    return run[0][: _RULER_TOKEN + len(run[0]) % _RULER_TOKEN]


def _cut(text: str, at: int) -> int:
    """The last place up to `at` where a piece certainly begins; `at` itself where there is none near."""
    if at >= len(text):
        return len(text)
    for place in range(at, max(at - _CUT_WITHIN, 1), -1):
        if text[place] in _ENDS and text[place - 1].isalnum():
            return place
    return at
