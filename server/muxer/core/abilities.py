"""Abilities of models from published results: read from a file that names the source and the date of every figure.

`tools/abilities.py` places the results on the scale of `core.quality`; here they are only read. A model of which
nothing is published has no row, and keeps the prior of its class and price.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from muxer.assets import asset
from muxer.types.catalog import parse_model_id

LogOdds = Annotated[float, Meta(ge=-10, le=10)]
Text = Annotated[str, Meta(min_length=1)]


class Ability(Struct, frozen=True):
    """What a model can do, in log-odds on the scale of difficulties: over all, and where known by label of intent.

    `source` says to people what that is made from.
    """

    general: float
    by_intent: Mapping[str, float]
    source: str


class AbilitiesInvalid(ValueError):
    """The file is not one of abilities; the message says where and why."""


class _Result(Struct, frozen=True, forbid_unknown_fields=True):
    benchmark: Text
    date: dt.date
    score: float
    source: Text


class _Row(Struct, frozen=True, forbid_unknown_fields=True):
    general: LogOdds
    by_intent: dict[str, LogOdds]
    sources: Annotated[tuple[_Result, ...], Meta(min_length=1)]


def parse(data: bytes) -> Mapping[str, Ability]:
    """Abilities by `provider:model`, from the JSON that `tools/abilities.py` writes. Raises `AbilitiesInvalid`."""
    try:
        rows = msgspec.json.decode(data, type=dict[str, _Row])
        for model_id in rows:
            parse_model_id(model_id)
    except ValueError as error:  # msgspec's errors are of this kind, too
        raise AbilitiesInvalid(f"abilities refused: {error}") from error
    return MappingProxyType(
        {
            model_id: Ability(row.general, MappingProxyType(row.by_intent), _cited(row.sources))
            for model_id, row in rows.items()
        }
    )


def _cited(results: tuple[_Result, ...]) -> str:
    """The figures, together by where they are from: `GPQA diamond 0.801, MMLU-Pro 0.9 (openai.com/x, 2025-08)`."""
    figures: dict[str, list[str]] = {}
    for result in results:
        place = result.source.removeprefix("https://").removeprefix("www.").rstrip("/")
        figures.setdefault(f"{place}, {result.date:%Y-%m}", []).append(f"{result.benchmark} {result.score:g}")
    return "; ".join(f"{', '.join(figure)} ({place})" for place, figure in figures.items())


_PUBLISHED = parse(asset("prices/abilities.json").read_bytes())


def published() -> Mapping[str, Ability]:
    """Abilities by `provider:model` that ship with the package, read once at import."""
    return _PUBLISHED
