"""prices/models.toml: which models the table holds, and what somebody has looked up because no library knows it.

Whatever is written there by hand says where it is from and when it was looked up. It is read strictly: a key that
nothing reads is refused, and so are two overrides that say the same thing about one model.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field
from muxer.core.price_row import PriceRow
from muxer.types.catalog import Capabilities, parse_model_id

from tools.prices.price import RATES, Row

Text = Annotated[str, Meta(min_length=1)]

_ROW_KEYS = {known.encode_name for known in msgspec.structs.fields(PriceRow)} - {"source", "checked"}


class Versions(Struct, frozen=True, forbid_unknown_fields=True):
    """The versions of the two sources that the table is made from."""

    genai_prices: Text = field(name="genai-prices")
    litellm: Text


class Provider(Struct, frozen=True, forbid_unknown_fields=True):
    """What all models of a provider share. `litellm`: what LiteLLM puts in front of their names."""

    litellm: str = ""
    token_factor: Decimal = Decimal(1)


class Override(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody has looked up about some models: `row` replaces what the libraries say.

    `overrules` is the price in LiteLLM that is known to be wrong; it settles a conflict with exactly that price, so
    that the next change over there is seen. `unconfirmed`: LiteLLM is known not to have a price at all.
    """

    models: Annotated[tuple[str, ...], Meta(min_length=1)]
    reason: Text
    source: Text
    date: dt.date
    row: Row = {}
    overrules: Row = {}
    unconfirmed: bool = False

    @property
    def has_price(self) -> bool:
        """Whether it replaces a rate."""
        return any(key in self.row for key in (*RATES, "tiers", "schedule"))

    def subjects(self) -> Iterator[str]:
        """Everything that it says something about, abilities one by one."""
        for key, value in self.row.items():
            yield from (f"capabilities.{ability}" for ability in value) if key == "capabilities" else (key,)
        if self.overrules or self.unconfirmed:
            yield "overrules or unconfirmed"


class ModelsFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `genai_prices_names`: ids by which genai-prices knows a model, where they are not the model's."""

    versions: Versions
    models: tuple[str, ...]
    providers: dict[str, Provider]
    overrides: tuple[Override, ...] = field(default=(), name="override")
    genai_prices_names: dict[str, str] = field(default_factory=dict, name="genai-prices-names")

    def overrides_of(self, model_id: str) -> list[Override]:
        """The overrides that name this model."""
        return [override for override in self.overrides if model_id in override.models]

    def litellm_name(self, model_id: str) -> str:
        """LiteLLM's name of a model."""
        provider, name = parse_model_id(model_id)
        return self.providers[provider].litellm + name


class ModelsFileInvalid(ValueError):
    """models.toml is refused. The message lists every reason, one a line."""


def read_models_file(path: Path) -> ModelsFile:
    """Raises `ModelsFileInvalid`, and `OSError` when there is no such file."""
    try:
        decoded = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        file = msgspec.convert(decoded, ModelsFile)
    except ValueError as error:
        raise ModelsFileInvalid(f"{path.name}: {error}") from error
    problems = list(_problems(file))
    if problems:
        raise ModelsFileInvalid("\n".join([f"{path.name}:", *(f"  {problem}" for problem in problems)]))
    return file


def _problems(file: ModelsFile) -> Iterator[str]:
    for model_id in _twice(file.models):
        yield f"models: {model_id} is listed twice"
    for model_id in file.models:
        yield from _id_problems(model_id, file)
        subjects = (subject for override in file.overrides_of(model_id) for subject in override.subjects())
        for subject in _twice(subjects):
            yield f"override: two of them say {subject} of {model_id}"
    named = {model_id for override in file.overrides for model_id in override.models} | file.genai_prices_names.keys()
    for model_id in sorted(named - set(file.models)):
        yield f"{model_id} is not in the list of models"
    for override in file.overrides:
        for key in sorted(override.row.keys() - _ROW_KEYS):
            yield f"override of {override.models[0]}: nothing reads row.{key}"
        for ability in sorted(override.row.get("capabilities", {}).keys() - set(Capabilities.__struct_fields__)):
            yield f"override of {override.models[0]}: nothing reads row.capabilities.{ability}"


def _id_problems(model_id: str, file: ModelsFile) -> Iterator[str]:
    try:
        provider, _ = parse_model_id(model_id)
    except ValueError as error:
        yield f"models: {error}"
    else:
        if provider not in file.providers:
            yield f"{model_id}: there is no section providers.{provider}"


def _twice(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]
