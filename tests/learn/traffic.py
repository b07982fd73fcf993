"""Invented outcomes: two models, one cheap and one dear, on prompts whose kind decides which of them can answer."""

from __future__ import annotations

import random
from collections.abc import Iterator

from muxer.learn.outcomes import Outcomes, Row, gather

CHEAP, DEAR = "cheap", "dear"
COST = {CHEAP: 0.001, DEAR: 0.02}

CHATTER = ("Tell me about {}", "What do you like about {}?", "Write a little song about {}", "Do you know {}?")
SUMS = ("Integrate {} over x from 0 to {n}", "Solve {} * x^2 = {n} for x", "Prove that {} divides {n}^3 - {n}")
THINGS = tuple("rain snow cats dogs tea rivers stars trains music bread moss books ships gold salt clouds".split())


def sums_need_the_dear_one(prompts: int, *, seed: int = 1, cost: bool = True) -> Outcomes:
    """Both models answer chatter nine times out of ten; at sums the cheap one fails nine times out of ten."""
    return gather(rows(prompts, seed=seed, cost=cost))


def rows(prompts: int, *, seed: int = 1, cost: bool = True) -> Iterator[Row]:
    """The same as rows."""
    draw = random.Random(seed)
    for number in range(prompts):
        hard = number % 2 == 1
        frame = draw.choice(SUMS if hard else CHATTER)
        prompt = frame.format(f"{draw.choice(THINGS)} and {draw.choice(THINGS)} {number}", n=number)
        for model in (CHEAP, DEAR):
            chance = 0.1 if hard and model == CHEAP else 0.9
            yield Row(
                prompt=prompt,
                model=model,
                score=float(draw.random() < chance),
                cost_usd=COST[model] if cost else None,
            )
