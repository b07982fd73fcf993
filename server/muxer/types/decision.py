"""What a decision is made from, and what it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from msgspec import Struct

from muxer.types.catalog import Catalog, CostEstimate, LatencyEstimate, ModelSpec
from muxer.types.money import PicoUsd


class TaskSignals(Struct, frozen=True):
    """Which tasks a request shows signs of."""

    code: bool = False
    translation: bool = False
    vision: bool = False
    safety: bool = False


class IntentSignals(Struct, frozen=True):
    """The documented signals of a request."""

    token_length_est: int
    has_code_fence: bool
    has_programming_keywords: bool
    signals: TaskSignals


class Intent(Struct, frozen=True):
    """The kind of a request. `method` is `rules`, `model`, `llm` or `disabled`; confidence is 0 to 1."""

    label: str
    confidence: float
    method: str


class LatencyPrior(Struct, frozen=True):
    """What is known of a model's speed: seconds to the first token, and tokens per second after it; 0 means unknown."""

    first_token_p50_s: float
    first_token_p95_s: float
    tokens_per_s: float
    samples: int = 0


class ProviderState(Struct, frozen=True):
    """Whether a provider can be called now; `reason` says why not."""

    usable: bool
    reason: str = ""


class Policy(Struct, frozen=True):
    """What the operator lays down for every request. `max_cost` is per request."""

    default_preset: str = "balanced"
    max_cost: PicoUsd | None = None
    intent_enabled: bool = True
    default_tokens_in: int = 400
    default_tokens_out: int = 300


class View(Struct, frozen=True):
    """Everything outside the request that a decision depends on, as it stood at one moment."""

    catalog: Catalog
    providers: Mapping[str, ProviderState]
    latency: Mapping[str, LatencyPrior]  # by `provider:model`; absent means the default of its class
    policy: Policy
    today: dt.date
    count_tokens: Callable[[str], int]  # tokens of a text in o200k_base
    simulated: frozenset[str] = frozenset()  # the providers that the simulator plays


class Candidate(Struct, frozen=True):
    """One model that was considered. `status` is `selected`, `fallback` or `rejected`."""

    model: ModelSpec
    quality: float
    cost: CostEstimate
    latency: LatencyEstimate
    score: float
    status: str
    reason: str


class Decision(Struct, frozen=True):
    """The outcome: `candidates` starts with the selected one and its fallbacks, in the order to be tried."""

    candidates: tuple[Candidate, ...]
    intent: Intent
    signals: IntentSignals
    preset: str
    reason: str
    price_version: str
    pinned: bool = False
    simulated: frozenset[str] = frozenset()  # the providers that the simulator plays

    @property
    def selected(self) -> Candidate:
        """The model to try first."""
        return self.candidates[0]

    @property
    def plan(self) -> tuple[Candidate, ...]:
        """The models to try, in their order."""
        return tuple(c for c in self.candidates if c.status != "rejected")
