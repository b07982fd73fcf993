"""How good an answer a model will give to a request: ability against difficulty, the Rasch model of test theory.

    quality = 1 / (1 + exp(difficulty - ability))

The curve saturates: small talk is far below what any model can do, so all come out near 1 and price decides; a hard
proof sits where the curve is steep, and models come apart. Both sides are log-odds, so a difference of 1 turns even
odds into 73 %.

Abilities come from published results (`core.abilities`), from the operator, or, where neither says anything, from what
every catalogue row has: price and whether the model reasons before it answers. That prior was fitted on recorded
outcomes (least squares on the log-odds of their accuracy): on CRUX and MATH level 5, 42 models, +0.55 per tenfold price
and +1.8 for reasoning models (R2 0.61); on MMLU-Pro, 16 models, +1.08 per tenfold price (R2 0.40). The scatter around
either line is about 0.5. The models of those outcomes are of 2023 to early 2025, and what a price buys has grown since.

Difficulty is a mixture, by the intent's confidence, of what is usual for the intent and of what the learned model
(`core.difficulty`) says whatever the intent. A mixture, so that a wording that makes the intent a little less sure
makes the difficulty only a little different.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from muxer.types.decision import Intent

PRICE_AND_CLASS = "price and class"
OPERATOR = "modelmuxer.yaml"
ROUTER_FILE = "router file"
"""Where an ability comes from, if not from published results, which are named one by one."""

ABILITY_PER_TENFOLD_PRICE = 0.8
"""Between the two fits above."""

ABILITY_OF_REASONING = 1.8
"""From the first fit above."""

ABILITY_SINCE = 1.2
"""How much abler today's models are than those fits say of their price and class: mean over the 44 models of the
catalogue that have published results, as `tools/abilities.py` places them."""

CHEAPEST_PRICE = 50_000
"""Pico-USD per token (USD 0.05 per million): below it a price says nothing about ability."""

DIFFICULTY: Mapping[str, float] = MappingProxyType(
    {
        "chat_lite": -2.3,
        "safety_risk": -2.0,
        "translation": -1.5,
        "json_extract": -1.2,
        "unknown": -1.0,
        "vision": -0.5,
        "code_gen": -0.05,
        "deep_reason": 0.3,
    }
)
"""Difficulty of a usual request of each intent, on the scale of the fits above: 0 is where a model of USD 1 per million
tokens that does not reason is right half of the time, which is how hard CRUX and MATH level 5 (0.0) and MMLU-Pro
(-0.15) are as a whole. For the intents in `LEARNED` it is halfway between a guess by hand (-2.5, 0.5 and 1.0) and what
the learned model says; for the others it is the guess."""

LEARNED: Mapping[str, float] = MappingProxyType({"chat_lite": -2.1, "code_gen": -0.6, "deep_reason": -0.45})
"""What the learned model says of a usual request: about its median over some thousand labelled everyday prompts of each
intent (of code a little lower: those at hand are longer than most). Intents that are not here bring long payloads (a
text to translate, a document to extract from) or a picture, which the learned model takes for hard; they keep to the
table, and to length."""

TRUST = 0.5
"""How much of the learned model's deviation from the usual is believed: within one kind of task it orders prompts
right, but weakly (see its model card)."""

DIFFICULTY_PER_TENFOLD_LENGTH = 0.5
"""Longer requests are harder: length is the one sign of difficulty that held on every set of recorded outcomes."""

SHORT_PROMPT_TOKENS = 100
"""Prompts up to this length get no extra difficulty."""

LONGEST_EXTRA = 1.0
"""Most that length adds: beyond some ten thousand tokens it tells of attachments rather than of the task."""

CERTAIN = 0.99
"""No share counts as more than this, or as less than what this lacks to 1, when it is turned into log-odds: nobody has
seen enough requests to say more."""


def prior(price: float, *, reasoning: bool) -> float:
    """Ability in log-odds of a model of which nothing is known but its price, in pico-USD per token, and class.

    A free model is mostly a small one on somebody's own machine, and gets no credit for being new.
    """
    by_price = ABILITY_PER_TENFOLD_PRICE * math.log10(max(price, CHEAPEST_PRICE) / 1_000_000)
    by_age = ABILITY_SINCE if price > 0 else 0.0
    return by_price + by_age + (ABILITY_OF_REASONING if reasoning else 0.0)


def ability_for(share: float, difficulty: float) -> float:
    """The ability in log-odds that does this share, 0 to 1, of requests of this difficulty well."""
    held = min(CERTAIN, max(1 - CERTAIN, share))
    return difficulty + math.log(held / (1 - held))


def difficulty(intent: Intent, learned: float | None, prompt_tokens: int) -> float:
    """Difficulty in log-odds. `learned` is what the learned model says, None when it has nothing to go by."""
    whatever = DIFFICULTY["unknown"] if learned is None else learned
    sure = intent.confidence
    return sure * _of_kind(intent.label, learned, prompt_tokens) + (1 - sure) * whatever


def agreed_difficulty(difficulty: float, seen: Iterable[tuple[float, float]]) -> float:
    """Difficulty in log-odds in the light of how well models will do, as (ability, share): where they do worse than
    their abilities promise, the request is harder, for all others, too. Mean of what each of them implies, in which
    what was thought before counts as one of them."""
    implied = [difficulty, *[able - ability_for(share, 0) for able, share in seen]]
    return sum(implied) / len(implied)


def _of_kind(label: str, learned: float | None, prompt_tokens: int) -> float:
    """Difficulty of a request that is of this kind for certain."""
    usual = DIFFICULTY.get(label, DIFFICULTY["unknown"])
    usually_learned = LEARNED.get(label)
    if usually_learned is not None:
        return usual if learned is None else usual + TRUST * (learned - usually_learned)
    tenfolds = math.log10(max(prompt_tokens, SHORT_PROMPT_TOKENS) / SHORT_PROMPT_TOKENS)
    return usual + min(LONGEST_EXTRA, DIFFICULTY_PER_TENFOLD_LENGTH * tenfolds)


def predict(ability: float, difficulty: float) -> float:
    """Predicted quality, above 0 and below 1."""
    return 1 / (1 + math.exp(difficulty - ability))
