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
    """What is known of a model's speed: seconds to the first token, and tokens per second after it, of which the slow
    one is the rate that 95 answers in 100 are written faster than; 0 means unknown. `samples` are the first tokens
    measured, `speed_samples` the rates."""

    first_token_p50_s: float
    first_token_p95_s: float
    tokens_per_s: float
    samples: int = 0
    slow_tokens_per_s: float = 0.0
    speed_samples: int = 0


class LengthPrior(Struct, frozen=True):
    """How long a model's answers to one kind of request were, in multiples of what was expected without knowing it."""

    median: float
    p90: float
    samples: int


class ExpectedLength(Struct, frozen=True):
    """How long the answers to a request are expected to be before anything is known of the model that writes them: in
    tokens of o200k_base, of models that do not reason and of those that do; 0 means unknown. `kind` is the intent, with
    the size of the payload where the answer rewrites it, or `stated` for a request that states a length: answers of one
    kind are compared with each other."""

    kind: str = ""
    plain: float = 0.0
    reasoning: float = 0.0


class UsagePrior(Struct, frozen=True):
    """What a model's reported usage has taught. `token_factor` is its prompt tokens per token of o200k_base, 0 when
    unknown, from so many `samples`; `lengths` are by the kind of `ExpectedLength`."""

    token_factor: float = 0.0
    samples: int = 0
    lengths: Mapping[str, LengthPrior] = {}


class WarmPrompt(Struct, frozen=True):
    """The part of a conversation that a provider holds in its prompt cache: on which model, and how many tokens."""

    model_id: str
    tokens: int


class RoutingRule(Struct, frozen=True):
    """One rule of the operator. It applies when all that it names fits the request: intents, tenants, and pairs of
    metadata (globs over their values). `models` are globs over `provider:model`."""

    name: str
    action: str  # `prefer`, `require` or `forbid`
    models: tuple[str, ...]
    intents: frozenset[str] = frozenset()
    tenants: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = {}


class ProviderState(Struct, frozen=True):
    """Whether a provider can be called now; `reason` says why not."""

    usable: bool
    reason: str = ""


class Policy(Struct, frozen=True):
    """What the operator lays down for every request. `max_cost` is per request. `price_share` is what to spend on
    average, as a share of the strongest model's price. From `direct_confidence` on, an intent may decide alone: rules
    that name intents apply."""

    default_preset: str = "balanced"
    max_cost: PicoUsd | None = None
    intent_enabled: bool = True
    default_tokens_in: int = 400
    default_tokens_out: int = 300
    price_share: float | None = None
    rules: tuple[RoutingRule, ...] = ()
    direct_confidence: float = 0.7


class View(Struct, frozen=True):
    """Everything outside the request that a decision depends on, as it stood at one moment."""

    catalog: Catalog
    providers: Mapping[str, ProviderState]
    latency: Mapping[str, LatencyPrior]  # by `provider:model`; absent means the default of its class
    policy: Policy
    today: dt.date
    count_tokens: Callable[[str], int]  # tokens of a text in o200k_base
    simulated: frozenset[str] = frozenset()  # the providers that the simulator plays
    usage: Mapping[str, UsagePrior] = {}  # by `provider:model`; absent means that nothing was learned yet
    warm: Mapping[bytes, WarmPrompt] = {}  # by the key of the conversation
    cost_weights: tuple[tuple[float, float], ...] = ()  # share of the strongest model's price, weight on cost; by share
    quality: Callable[..., Mapping[str, float]] | None = None  # by `provider:model`, from a request's features
    tenant: str = ""  # who asks; empty when callers need no key
    time_left_s: float | None = None  # until the request's deadline; None: there is none, or nothing is to be sent


class Candidate(Struct, frozen=True, gc=False):  # never part of a reference cycle
    """One model that was considered. `status` is `selected`, `fallback` or `rejected`; `why` names the limit or the
    rule that keeps it back, or says of the selected one that it is the quickest where nothing is sure to be in time. It
    is empty elsewhere: `core.explain.reason` has a sentence for all."""

    model: ModelSpec
    quality: float
    cost: CostEstimate
    latency: LatencyEstimate
    score: float
    status: str
    why: str
    ability: float = 0.0  # log-odds
    ability_source: str = ""
    cost_penalty: float = 0.0
    latency_penalty: float = 0.0


class Decision(Struct, frozen=True):
    """The outcome: `candidates` starts with the selected one and its fallbacks, in the order to be tried."""

    candidates: tuple[Candidate, ...]
    intent: Intent
    signals: IntentSignals
    preset: str
    reason: str
    price_version: str
    pinned: bool = False
    rules: tuple[str, ...] = ()  # names of the rules that applied
    difficulty: float = 0.5  # 0 to 1: the share of such requests that a model of ability 0 gets wrong
    conversation: bytes = b""  # key under which the prompt cache of its conversation is remembered
    simulated: frozenset[str] = frozenset()  # the providers that the simulator plays
    length: ExpectedLength = ExpectedLength()

    @property
    def selected(self) -> Candidate:
        """The model to try first."""
        return self.candidates[0]

    @property
    def plan(self) -> tuple[Candidate, ...]:
        """The models to try, in their order."""
        return tuple(c for c in self.candidates if c.status != "rejected")
