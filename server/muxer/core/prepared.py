"""What can be worked out about a model before any request: once per catalogue and day, because every decision needs it.

Prices change at midnight UTC and only then, so a day's rates are constants. The result is remembered for the last few
catalogues, by identity: comparing two catalogues would cost more than preparing one.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Hashable, Mapping
from functools import lru_cache

from msgspec import Struct

from muxer.core import abilities, capability, latency, quality
from muxer.core.cost import cached_saving, estimate, price_at
from muxer.core.latency import Pace
from muxer.types.catalog import Catalog, ModelSpec
from muxer.types.decision import LatencyPrior

TOKENIZER_SPREAD = 1.25
"""How far a text may lie above its model's mean `token_factor`: with this, Claude's newer tokenizers come to 2.0 tokens
per o200k_base token, the most measured for them but for German (2.05). Models with a factor of 1 use o200k_base itself,
or nothing is known of them, and have no spread."""

UNKNOWN_MAX_OUTPUT = 131_072
"""What a model whose limit is not known may write: no smaller than most published limits."""


class Speciality(Struct, frozen=True):
    """How much abler a model is at one kind of task than over all, in log-odds, and who says so."""

    extra: float
    source: str


class PreparedModel(Struct, frozen=True):
    """A model, with everything about it that no request changes."""

    spec: ModelSpec
    id: str
    day: dt.date
    input_rate: int  # this and the next three: pico-USD per token, for prompts of up to `linear_until` tokens
    output_rate: int
    cached_saving: int
    dearest_input_rate: int  # the most that a prompt token may be billed at, cached or not
    linear_until: int
    max_output: int
    fits: int  # tokens of prompt and answer together that every limit has room for
    reasoning: bool
    lacks: int
    ability: float  # over all
    ability_source: str
    specialities: Mapping[str, Speciality]  # by label of intent, where something is known
    latency: LatencyPrior
    pace: Pace  # what that comes to without measurements
    token_factor: float  # mean tokens per token of o200k_base
    token_factor_high: float  # the most that a text may have
    retired: bool
    likeness: int  # the same for models of a catalogue of whose answers the same lengths and times are expected


class _Identity:
    """A catalogue as a dictionary key: equal to itself alone."""

    __slots__ = ("catalog",)

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def __hash__(self) -> int:
        return id(self.catalog)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.catalog is self.catalog


def prepared(catalog: Catalog, today: dt.date) -> dict[str, PreparedModel]:
    """The models of a catalogue by `provider:model`, in its order."""
    return _prepared(_Identity(catalog), today)


@lru_cache(maxsize=8)
def _prepared(key: _Identity, today: dt.date) -> dict[str, PreparedModel]:
    own = key.catalog.own_quality
    kinds: dict[Hashable, int] = {}
    return {
        model_id: _prepare(model, today, own.get(model_id, {}), kinds) for model_id, model in key.catalog.models.items()
    }


def _prepare(
    model: ModelSpec, today: dt.date, own_quality: Mapping[str, float], kinds: dict[Hashable, int]
) -> PreparedModel:
    """`kinds` are the numbers of the models that are alike, as far as they were given out."""
    launch = model.prices[0].rates  # a later price step makes no model abler or slower
    typical = (launch.input + launch.output) / 2
    factor = model.token_factor
    tiers = price_at(model, today).tiers
    one_in = estimate(model, input_tokens=1, output_expected=0, output_p90=0, output_ceiling=0, day=today)
    speed = latency.default(typical, model.provider)
    ability, source, specialities = _ability(model, typical, own_quality)
    kind = (factor, model.capabilities.reasoning, speed)
    one_out = estimate(model, input_tokens=0, output_expected=1, output_p90=1, output_ceiling=1, day=today)
    return PreparedModel(
        spec=model,
        id=model.id,
        day=today,
        input_rate=one_in.expected,
        output_rate=one_out.expected,
        cached_saving=cached_saving(price_at(model, today).rates),
        dearest_input_rate=one_in.ceiling,
        linear_until=tiers[0].above_prompt_tokens if tiers else sys.maxsize,
        max_output=model.max_output_tokens or UNKNOWN_MAX_OUTPUT,
        fits=min(model.max_input_tokens or sys.maxsize, model.context_window or sys.maxsize),
        reasoning=model.capabilities.reasoning,
        lacks=capability.lacks(model.capabilities),
        ability=ability,
        ability_source=source,
        specialities=specialities,
        latency=speed,
        pace=latency.pace(speed),
        token_factor=factor,
        token_factor_high=factor * TOKENIZER_SPREAD if factor > 1 else factor,
        retired=model.deprecation_date is not None and model.deprecation_date < today,
        likeness=kinds.setdefault(kind, len(kinds)),
    )


def _ability(
    model: ModelSpec, price: float, own_quality: Mapping[str, float]
) -> tuple[float, str, dict[str, Speciality]]:
    """How able a model is over all, who says so, and at what kinds of task it is known to be abler or less able.

    `price` is in pico-USD per token. What the operator says of a kind of task wins over published results, and these
    over price and class.
    """
    prior = quality.prior(price, reasoning=model.capabilities.reasoning)
    known = abilities.published().get(model.id, abilities.Ability(prior, {}, quality.PRICE_AND_CLASS))
    specialities = {label: Speciality(able - known.general, known.source) for label, able in known.by_intent.items()}
    for label, share in own_quality.items():
        able = quality.ability_for(share, quality.DIFFICULTY[label])
        specialities[label] = Speciality(able - known.general, quality.OPERATOR)
    return known.general, known.source, specialities
