"""Requests for the same thing many times, for counting, and for going on without an end: what they come to in tokens.

Such answers are among the longest that models write, and nothing else in the request shows it. A text that is to be
recited whole is of the same sort. English is covered best, six other languages by their commonest words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

ENDLESS = 3_000
"""Tokens that models write until they tire of a task without an end, or of a work that they are to recite whole."""

MOST = 16_000
"""More tokens than that models seldom write in one answer, whatever they are asked for."""

TOKENS_PER_WORD = 1.4
TOKENS_PER_NUMBER = 2.0
"""In o200k_base, sign or blank behind it included."""

REACH = 16
"""Words between the verb and what makes the answer long."""

Number = Callable[[str], float]


def repeated(words: Sequence[str], number: Number) -> float:
    """Tokens that an answer to these words of a turn has at least, 0 when they ask for no repetition. `number` reads a
    word as a number, 0 for one that is none."""
    found = 0.0
    for at, word in enumerate(words):
        if word not in _VERBS:
            continue
        clause = words[at + 1 : at + 1 + REACH]
        if not _OTHERS.isdisjoint((*words[max(0, at - REACH) : at], *clause)):
            continue
        if word in _COUNT:
            found = max(found, TOKENS_PER_NUMBER * _bound(clause, number))
        if word in _RECITE:
            found = max(found, 0.0 if _WHOLE.isdisjoint(clause) else ENDLESS)
        else:
            found = max(found, TOKENS_PER_WORD * _times(clause, number), _endless(clause))
    return min(MOST, found)


def _times(clause: Sequence[str], number: Number) -> float:
    """Words in all, where a clause begins with what is to be said and ends with how many times."""
    for at, word in enumerate(clause[1:], 1):
        if word in _TIMES and number(clause[at - 1]):
            return number(clause[at - 1]) * max(1, sum(map(str.isalnum, clause[: at - 1])))
    return 0.0


def _bound(clause: Sequence[str], number: Number) -> float:
    """The number that is to be counted to, or down from."""
    return max((number(word) for before, word in pairwise(clause) if before in _BOUND), default=0.0)


def _endless(clause: Sequence[str]) -> float:
    return 0.0 if _FOREVER.isdisjoint(clause) else ENDLESS


_COUNT = frozenset("count zähle zähl compte cuenta conta посчитай считай".split())
_RECITE = frozenset("recite transcribe reproduce".split())
_VERBS = (
    _COUNT
    | _RECITE
    | frozenset(
        """repeat say write print output type keep continue sing wiederhole wiederhol schreibe schreib sage sag répète
        écris dis repite escribe di ripeti scrivi repita escreva diga повтори пиши напиши скажи""".split()
    )
)
"""Verbs that such a request begins with, as an order."""

_TIMES = frozenset("times mal fois veces volte vezes раз".split())
_BOUND = frozenset("to until till from bis jusqu'à à hasta fino até a до от von desde".split())
_FOREVER = frozenset(
    """forever endlessly indefinitely infinitely unendlich endlos infiniment infinitamente eternamente бесконечно
    вечно""".split()
)
_WHOLE = frozenset("whole entire full complete verbatim".split())
_OTHERS = frozenset(
    """program programs function script code loop query regex macro programm funktion skript programme fonction función
    programa funzione programma função программу функцию скрипт код that which who whose about""".split()
)
"""With one of them nearby, what repeats is something else than the answer: a loop, or somebody in a story."""
