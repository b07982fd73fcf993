"""The texts of prices.json and prices.meta.json: sorted, one key a line, decimals in full. The same table is always the
same text, and one changed price is one changed line."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tools.prices.models_file import Versions
from tools.prices.price import Row

_LISTS = ("tiers", "schedule")
"""Lists of prices, which get a line for each entry."""


def table_text(rows: dict[str, Row]) -> str:
    """prices.json."""
    return _braces([f"  {json.dumps(model_id)}: {_row(rows[model_id])}" for model_id in sorted(rows)], "") + "\n"


def meta_text(table: str, rows: dict[str, Row], versions: Versions, as_of: dt.date, now: dt.datetime) -> str:
    """prices.meta.json, for that text of the table."""
    meta = {
        "as_of": as_of.isoformat(),
        "generated_at": now.isoformat(timespec="seconds"),
        "genai-prices": versions.genai_prices,
        "litellm": versions.litellm,
        "rows": len(rows),
        "sha256": hashlib.sha256(table.encode()).hexdigest(),
        "sources": sorted({row["source"] for row in rows.values()}),
    }
    return json.dumps(meta, indent=2, sort_keys=True) + "\n"


def changes(old: dict[str, Row], new: dict[str, Row]) -> Iterator[str]:
    """How the tables differ, a line each. `checked` is left out: it changes in every row."""
    for model_id in sorted(old.keys() | new.keys()):
        if model_id not in old or model_id not in new:
            yield f"{model_id}: {'gone' if model_id in old else 'new'}"
            continue
        before, after = old[model_id], new[model_id]
        for key in sorted((before.keys() | after.keys()) - {"checked"}):
            was, becomes = (_inline(row[key]) if key in row else "nothing" for row in (before, after))
            if was != becomes:
                yield f"{model_id}: {key}: {was} -> {becomes}"


def _row(row: Row) -> str:
    lines = []
    for key, value in sorted(row.items()):
        text = _lines(value) if key in _LISTS else _inline(value)
        lines.append(f"    {json.dumps(key)}: {text}")
    return _braces(lines, "  ")


def _lines(entries: list[Row]) -> str:
    return "[\n" + ",\n".join(f"      {_inline(entry)}" for entry in entries) + "\n    ]"


def _braces(lines: list[str], indent: str) -> str:
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_inline(inner)}" for key, inner in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, Decimal):
        text = f"{value.normalize():f}"
        return text if "." in text else f"{text}.0"
    return json.dumps(value.isoformat() if isinstance(value, dt.date) else value, ensure_ascii=False)
