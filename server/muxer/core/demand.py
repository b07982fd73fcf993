"""What models are measured against: what a request needs and wants, and the state of the world."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from muxer.core.answer_length import AnswerLength
from muxer.core.policy import NO_BROKEN_RULES
from muxer.core.preset import Weights
from muxer.core.rules import NO_RULES, Ruling
from muxer.types.chat import RoutingOptions
from muxer.types.decision import LatencyPrior, ProviderState, UsagePrior, WarmPrompt
from muxer.types.money import PicoUsd


class Demand(Struct, frozen=True):
    """All that models are measured against: what the request needs and wants, and the state of the world."""

    pinned: bool
    needs: int
    prompt_tokens: int
    length: AnswerLength
    difficulty: float  # log-odds
    intent: str
    confidence: float
    quality: Mapping[str, float] | None  # by `provider:model`, from a router file
    weights: Weights
    options: RoutingOptions
    limit: PicoUsd | None
    providers: Mapping[str, ProviderState]
    latency: Mapping[str, LatencyPrior]
    spent: PicoUsd = PicoUsd(0)  # of the limit, for deciding
    broken_rules: Mapping[str, str] = NO_BROKEN_RULES  # of the caller's, by the `provider:model` that they exclude
    usage: Mapping[str, UsagePrior] = {}
    ruling: Ruling = NO_RULES
    price_share: float | None = None  # of the strongest model's price; in its place, the preset's weight on cost holds
    weigh_alone: bool = False  # the weight on cost that keeps the share is still to be found, for this request alone
    warm: WarmPrompt | None = None
    time_left_ms: float | None = None
    prompt_p90: int = 0  # this and the next: of a prompt that was not counted whole, else 0
    prompt_most: int = 0
