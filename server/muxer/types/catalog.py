"""What can be asked for: models with their prices, limits and abilities."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from msgspec import Struct

from muxer.types.money import PicoUsd

_MODEL_ID = re.compile(r"(?P<provider>[a-z0-9][a-z0-9_.-]*):(?P<name>\S+)")


class Rates(Struct, frozen=True):
    """Pico-USD per token (equally: micro-USD per million tokens). None: the provider has no such rate."""

    input: int
    output: int
    cached_input: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None


class Tier(Struct, frozen=True):
    """Rates for the whole request once its prompt has strictly more than this many tokens."""

    above_prompt_tokens: int
    rates: Rates


class DatedPrice(Struct, frozen=True):
    """A price from a date on (midnight UTC). Tiers are sorted by their threshold."""

    start: dt.date
    rates: Rates
    tiers: tuple[Tier, ...] = ()


class Capabilities(Struct, frozen=True):
    """What a model can do. Unknown counts as False for what a request needs, and as allowed for parameters."""

    vision: bool = False
    audio: bool = False
    files: bool = False
    tools: bool = False
    json_schema: bool = False
    reasoning: bool = False
    sampling_params: bool = True
    forced_tool_use: bool = True
    assistant_prefill: bool = False
    mid_conversation_system: bool = False
    efforts: tuple[str, ...] = ()


def parse_model_id(text: str) -> tuple[str, str]:
    """Provider and model of `provider:model`. The provider is in lower case; the model may hold colons and slashes.

    Raises `ValueError` when it is not one.
    """
    match = _MODEL_ID.fullmatch(text)
    if match is None:
        raise ValueError(f"not a model id of the form provider:model: {text!r}")
    return match["provider"], match["name"]


def is_provider_name(text: str) -> bool:
    """Whether a provider can bear this name, so that its models have ids."""
    match = _MODEL_ID.fullmatch(f"{text}:model")
    return match is not None and match["provider"] == text


class ModelSpec(Struct, frozen=True):
    """One model of one provider. Limits are tokens; 0 means unknown."""

    provider: str
    name: str  # in the provider's own words
    prices: tuple[DatedPrice, ...]  # by date, oldest first; the first one starts at date.min
    capabilities: Capabilities = Capabilities()
    context_window: int = 0  # prompt and answer together
    max_input_tokens: int = 0
    max_output_tokens: int = 0
    token_factor: float = 1.0  # tokens of this model per o200k_base token
    free: bool = False
    deprecation_date: dt.date | None = None
    checked: dt.date | None = None
    source: str = ""

    @property
    def id(self) -> str:
        """`provider:model`."""
        return f"{self.provider}:{self.name}"


class Catalog(Struct, frozen=True):
    """All models that have a price. `version` names the price table and goes into every bill. `own_quality` is what the
    operator says of models: the share of requests, 0 to 1, that one does well, by intent."""

    models: dict[str, ModelSpec]  # by `provider:model`, in sorted order
    version: str
    own_quality: Mapping[str, Mapping[str, float]] = {}  # by `provider:model`, then by label of intent


class CostEstimate(Struct, frozen=True):
    """Predicted cost of a request on one model."""

    expected: PicoUsd
    p90: PicoUsd
    ceiling: PicoUsd
    input_tokens: int
    output_tokens: int  # expected
    output_p90: int = 0
    cached_tokens: int = 0  # of the prompt, expected to be read from the provider's cache


class LatencyEstimate(Struct, frozen=True):
    """Predicted time of a whole answer, until its first token, and for each token after it; `samples` is 0 for
    defaults."""

    p50_ms: float
    p95_ms: float
    first_token_p50_ms: float
    samples: int = 0
    p99_ms: float = 0.0
    token_p50_ms: float = 0.0
