"""Reads a price table into the catalogue: all of it, or nothing and a list of everything that is wrong with it.

A price decides which model is chosen and what is billed for it, so a table that cannot be trusted is refused as a
whole, before it is used for anything; `price_row` says what a row looks like, `price_checks` what is not believed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from muxer.core.price_checks import row_problems, row_warnings, table_problems
from muxer.core.price_row import Finding, PriceRow, model_of, parse_row
from muxer.types.catalog import Catalog

_NONE: Mapping[str, object] = MappingProxyType({})


class CatalogReport(Struct, frozen=True):
    """A catalogue that can be used, and what somebody should look at."""

    catalog: Catalog
    warnings: tuple[Finding, ...]


class PriceTableInvalid(ValueError):
    """The table is refused. `problems` holds every reason, and the message lists them, one a line."""

    def __init__(self, problems: Sequence[Finding]) -> None:
        super().__init__("\n".join(["price table refused:", *(f"  {problem}" for problem in problems)]))
        self.problems = tuple(problems)


def load_catalog(
    text: bytes | str, *, today: dt.date | None = None, added: Mapping[str, object] = _NONE
) -> CatalogReport:
    """The catalogue in the JSON text of a price table; keys that begin with `_` are comments.

    `added` are rows from elsewhere, which replace those of the table. Its version is the first 12 hexadecimal digits of
    the SHA-256 of both. Without `today` no model counts as ended. Raises `PriceTableInvalid`.
    """
    content = text.encode() if isinstance(text, str) else text
    rows: dict[str, PriceRow] = {}
    unreadable: list[Finding] = []
    for model_id, raw in sorted({**_parse(content), **added}.items()):
        row, findings = parse_row(model_id, raw)
        unreadable += findings
        if row is not None:
            rows[model_id] = row
    wrong = {model_id: list(row_problems(model_id, row)) for model_id, row in rows.items()}
    models = {model_id: model_of(model_id, row) for model_id, row in rows.items() if not wrong[model_id]}
    problems = [*table_problems(rows, models.values()), *unreadable, *itertools.chain(*wrong.values())]
    if problems:
        raise PriceTableInvalid(problems)
    warnings = [warning for model_id, row in rows.items() for warning in row_warnings(model_id, row, today)]
    version = _version(content, {model_id: row for model_id, row in rows.items() if model_id in added})
    return CatalogReport(Catalog(models, version), tuple(warnings))


def _version(content: bytes, added: Mapping[str, PriceRow]) -> str:
    rest = msgspec.json.encode(added) if added else b""
    return hashlib.sha256(content + rest).hexdigest()[:12]


def _parse(content: bytes) -> dict[str, Any]:
    """The rows, as JSON. Not by msgspec, which lets the last of several equal keys win."""
    try:
        table = json.loads(content, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise PriceTableInvalid([Finding("", "", "", f"not a JSON file as it should be: {error}")]) from error
    rows = {key: row for key, row in table.items() if not key.startswith("_")} if isinstance(table, dict) else {}
    if not rows:
        advice = "the file must hold a JSON object with a row for each model, by provider:model"
        raise PriceTableInvalid([Finding("", "", "", advice)])
    return rows


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"given twice in one object: {', '.join(twice)}")
    return dict(pairs)
