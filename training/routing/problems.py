"""Composes word problems of graded difficulty from hand-written situations: `situations.txt` says how.

The recorded outcomes hold few everyday problems of several steps, which are what many people ask. How many steps a
problem takes, and of which kind, is known here because it was put together so; what difficulty a step adds was set by
hand, not measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

from msgspec import Struct

SEED = 20_261_124

EASIEST = -1.6
"""Log-odds of a problem of no steps, on the scale of `muxer.core.quality`."""

VARIANTS = 3
"""Problems of each situation and number of steps."""

NAMES = tuple("Anna Ben Clara David Elena Finn Greta Hassan Ines Jonas Keiko Liam Mara Noah Olga Pedro Uma".split())

_BLANK = re.compile(r"\{([nspm])\}")


class Problem(Struct, frozen=True):
    """A word problem and its difficulty in log-odds."""

    text: str
    difficulty: float


class Situation(Struct):
    """An opening, steps with what each adds, and questions."""

    opening: str
    steps: list[tuple[float, str]]
    questions: list[str]


def problems() -> list[Problem]:
    """All problems, the same ones every time."""
    random = Random(SEED)  # noqa: S311  chance for variety, not for secrets
    return [
        _compose(situation, count, random)
        for situation in _situations()
        for count in range(1, len(situation.steps) + 1)
        for _ in range(VARIANTS)
    ]


def _situations() -> Iterator[Situation]:
    text = (Path(__file__).parent / "situations.txt").read_text(encoding="utf-8")
    for block in text.split("\n== ")[1:]:
        opening, *rest = block.splitlines()[1:]
        lines = [line.split(" ", 1) for line in rest if line]
        steps = [(float(mark), step) for mark, step in lines if mark != "?"]
        yield Situation(opening, steps, [step for mark, step in lines if mark == "?"])


def _compose(situation: Situation, count: int, random: Random) -> Problem:
    chosen = sorted(random.sample(range(len(situation.steps)), count))
    steps = [situation.steps[i] for i in chosen]
    text = " ".join([situation.opening, *[step for _, step in steps], random.choice(situation.questions)])
    return Problem(_fill(text, random), round(EASIEST + sum(added for added, _ in steps), 2))


def _fill(text: str, random: Random) -> str:
    """Names stay the same throughout a problem, and every number is drawn anew."""
    first, second = random.sample(NAMES, 2)
    named = text.replace("{A}", first).replace("{B}", second)
    return _BLANK.sub(lambda blank: _number(blank[1], random), named)


def _number(kind: str, random: Random) -> str:
    if kind == "n":
        return str(random.randint(13, 96))
    if kind == "s":
        return str(random.randint(2, 12))
    if kind == "p":
        return str(random.randrange(5, 65, 5))
    dollars = random.randint(2, 90)
    return random.choice((f"${dollars}", f"{dollars} dollars", f"${dollars}.{random.randrange(5, 100, 5):02}"))
