"""Makes the table: for each model the first source's price, the second one's abilities, and over both what has been
looked up by hand. A price goes into the table only when two sources agree on it or somebody has said which is right.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct
from muxer.types.catalog import Capabilities, parse_model_id

from tools.prices.genai_source import NotExpressible, genai_row
from tools.prices.litellm_source import LiteLLM, litellm_facts, litellm_price
from tools.prices.models_file import ModelsFile, Override
from tools.prices.price import Row, apart

_UNKNOWN = Capabilities()
"""Abilities of which nothing is known. A row leaves out what is no different."""


class Conflict(Struct, frozen=True):
    """Why a price is not believed. `ours` is what the table would say, `theirs` what LiteLLM says; empty: nothing."""

    model: str
    rate: str
    ours: str
    theirs: str
    advice: str


class Table(Struct, frozen=True):
    """The rows by model, what speaks against them, and overrides that are no longer needed."""

    rows: dict[str, Row]
    conflicts: tuple[Conflict, ...]
    superfluous: tuple[str, ...]


def make_table(file: ModelsFile, litellm: LiteLLM, as_of: dt.date) -> Table:
    """The table of that day. It may only be used when there are no conflicts."""
    rows: dict[str, Row] = {}
    conflicts: list[Conflict] = []
    superfluous: list[str] = []
    for model_id in sorted(file.models):
        try:
            derived = _derived(model_id, file, litellm, as_of)
        except NotExpressible as error:
            conflicts.append(Conflict(model_id, "", "", "", f"prices.json cannot hold this: {error}; leave it out"))
            continue
        overrides = file.overrides_of(model_id)
        theirs = litellm_price(litellm.rows.get(file.litellm_name(model_id), {}))
        row = _overridden(derived, overrides)
        conflicts += _conflicts(model_id, row, theirs, overrides)
        superfluous += (f"{model_id}: {said}" for said in _superfluous(derived, row, theirs, overrides))
        rows[model_id] = row | _provenance(file, theirs, overrides, as_of)
    return Table(rows, tuple(conflicts), tuple(superfluous))


def _derived(model_id: str, file: ModelsFile, litellm: LiteLLM, as_of: dt.date) -> Row:
    """What the two libraries say together. Of two context windows the larger one: genai-prices rounds some down, and
    LiteLLM counts the prompt alone where a provider limits that apart."""
    provider, name = parse_model_id(model_id)
    first = genai_row(provider, file.genai_prices_names.get(model_id, name), as_of)
    second = litellm_facts(litellm.rows.get(file.litellm_name(model_id), {}))
    row = second | first | {"token_factor": file.providers[provider].token_factor}
    if window := max(first.get("context_window", 0), second.get("max_input_tokens", 0)):
        row["context_window"] = window
    return row


def _overridden(derived: Row, overrides: Sequence[Override]) -> Row:
    row, abilities = dict(derived), dict(derived["capabilities"])
    for override in overrides:
        row |= override.row
        abilities |= override.row.get("capabilities", {})
    if "context_window" in row:
        row.setdefault("max_input_tokens", row["context_window"])
    row["capabilities"] = {key: said for key, said in abilities.items() if said != getattr(_UNKNOWN, key)}
    if not row["capabilities"]:
        del row["capabilities"]
    return row


def _conflicts(model_id: str, row: Row, theirs: Row, overrides: Sequence[Override]) -> Iterator[Conflict]:
    if not {"input_per_1k_usd", "output_per_1k_usd"} <= row.keys():
        advice = "not in genai-prices: correct the id, name it in genai-prices-names, or override the price"
        yield Conflict(model_id, "", "unknown", "known" if theirs else "unknown", advice)
    elif not theirs:
        if not any(override.unconfirmed for override in overrides):
            advice = "look it up, then override it as unconfirmed"
            yield Conflict(model_id, "", "known", "unknown", advice)
    elif all(override.overrules != theirs for override in overrides):
        for rate, a, b in apart(row, theirs):
            advice = "look it up, then override our price or overrule theirs"
            yield Conflict(model_id, rate, _shown(a), _shown(b), advice)


def _superfluous(derived: Row, row: Row, theirs: Row, overrides: Sequence[Override]) -> Iterator[str]:
    for override in overrides:
        for key, said in override.row.items():
            if key != "capabilities" and derived.get(key) == said:
                yield f"the sources say {key} themselves"
        for ability, said in override.row.get("capabilities", {}).items():
            if derived["capabilities"].get(ability) == said:
                yield f"the sources say capabilities.{ability} themselves"
        if override.unconfirmed and theirs:
            yield "LiteLLM has a price now"
        if override.overrules and not any(apart(row, theirs)):
            yield "LiteLLM agrees now"


def _provenance(file: ModelsFile, theirs: Row, overrides: Sequence[Override], as_of: dt.date) -> Row:
    """`source` and `checked` of a row: who says this price, and when that was last looked at."""
    first, second = f"genai-prices {file.versions.genai_prices}", f"litellm {file.versions.litellm}"
    priced = [override for override in overrides if override.has_price]
    source = priced[0].source if priced else first
    overruling = [override.reason for override in overrides if override.overrules and override.overrules == theirs]
    if overruling:
        source = f"{source} ({overruling[0]})"
    elif theirs:
        source = f"{source}, {second}"
    return {"source": source, "checked": max((override.date for override in priced), default=as_of)}


def _shown(rate: Decimal | None) -> str:
    return "" if rate is None else f"{rate.normalize():f}"
