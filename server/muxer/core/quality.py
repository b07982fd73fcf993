"""How good an answer a model will give to a request: ability against difficulty, the Rasch model of test theory.

    quality = 1 / (1 + exp(difficulty - ability))

The curve saturates: small talk is far below what any model can do, so all come out near 1 and price decides; a hard
proof sits where the curve is steep, and models come apart. Both sides are log-odds, so a difference of 1 turns even
odds into 73 %.

No model's ability has been measured here yet. Until then ability is a prior from what every catalogue row has: price
and whether the model reasons before it answers. Fitted on recorded outcomes of other models (least squares on the
log-odds of their accuracy): on CRUX and MATH level 5, 42 models, +0.55 per tenfold price and +1.8 for reasoning models
(R2 0.61); on MMLU-Pro, 16 models, +1.08 per tenfold price (R2 0.40). The scatter around either line is about 0.5.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from muxer.types.decision import Intent

ABILITY_PER_TENFOLD_PRICE = 0.8
"""Between the two fits above."""

ABILITY_OF_REASONING = 1.8
"""From the first fit above."""

CHEAPEST_PRICE = 50_000
"""Pico-USD per token (USD 0.05 per million): below it, and for free models, a price says nothing about ability."""

DIFFICULTY: Mapping[str, float] = MappingProxyType(
    {
        "chat_lite": -2.5,
        "safety_risk": -2.0,
        "translation": -1.5,
        "json_extract": -1.5,
        "unknown": -0.5,
        "vision": -0.5,
        "code_gen": 0.5,
        "deep_reason": 1.0,
    }
)
"""Difficulty of a short request of each intent, hand-set on the scale of the fits above: 0 is where a model of USD 1
per million tokens that does not reason is right half of the time, which is how hard CRUX and MATH level 5 (0.0) and
MMLU-Pro (-0.15) are as a whole."""

DIFFICULTY_PER_TENFOLD_LENGTH = 0.5
"""Longer requests are harder: length is the one sign of difficulty that held on every set of recorded outcomes."""

SHORT_PROMPT_TOKENS = 100
"""Prompts up to this length get no extra difficulty."""

LONGEST_EXTRA = 1.0
"""Most that length adds: beyond some ten thousand tokens it tells of attachments rather than of the task."""


def ability(price: float, *, reasoning: bool) -> float:
    """Prior ability in log-odds of a model with this price, in pico-USD per token."""
    prior = ABILITY_PER_TENFOLD_PRICE * math.log10(max(price, CHEAPEST_PRICE) / 1_000_000)
    return prior + ABILITY_OF_REASONING if reasoning else prior


def difficulty(intent: Intent, prompt_tokens: int) -> float:
    """Difficulty in log-odds. The less sure the intent, the nearer to that of an unknown one."""
    unknown = DIFFICULTY["unknown"]
    task = unknown + intent.confidence * (DIFFICULTY.get(intent.label, unknown) - unknown)
    tenfolds = math.log10(max(prompt_tokens, SHORT_PROMPT_TOKENS) / SHORT_PROMPT_TOKENS)
    return task + min(LONGEST_EXTRA, DIFFICULTY_PER_TENFOLD_LENGTH * tenfolds)


def predict(ability: float, difficulty: float) -> float:
    """Predicted quality, above 0 and below 1."""
    return 1 / (1 + math.exp(difficulty - ability))
