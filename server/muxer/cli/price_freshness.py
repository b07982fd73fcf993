"""Whether a price table has had its day: it is old, it was changed by hand, an announced price is in force by now, a
model has ended. None of that makes the table unusable; all of it is a reason to make a new one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator

from msgspec import Struct

from muxer.core.price_row import Finding
from muxer.core.prices import load_catalog
from muxer.types.catalog import Catalog

MAX_AGE = dt.timedelta(days=45)
"""How long a table counts as fresh. Our own choice; vendors announce a change some weeks before it."""


class PriceMeta(Struct, frozen=True):
    """What prices.meta.json says about the prices.json beside it."""

    generated_at: dt.datetime
    sha256: str


def table_warnings(table: bytes, meta: PriceMeta | None, today: dt.date) -> list[Finding]:
    """Everything about a table that somebody should look at on that day; without `meta` its age is not known.

    Raises `PriceTableInvalid` when the table is refused altogether.
    """
    report = load_catalog(table, today=today)
    findings = [*report.warnings, *_steps_due(report.catalog, today)]
    if meta is not None:
        findings += _meta_warnings(table, meta, today)
    return findings


def _steps_due(catalog: Catalog, today: dt.date) -> Iterator[Finding]:
    for model in catalog.models.values():
        due = [price.start for price in model.prices if dt.date.min < price.start <= today]
        if due:
            advice = "in force and billed since that day; make the table anew, so that it becomes the price"
            yield Finding(model.id, "schedule", str(due[-1]), advice)


def _meta_warnings(table: bytes, meta: PriceMeta, today: dt.date) -> Iterator[Finding]:
    generated = meta.generated_at.astimezone(dt.UTC).date()
    if today - generated > MAX_AGE:
        yield Finding("", "generated_at", str(generated), f"more than {MAX_AGE.days} days ago; make the table anew")
    if hashlib.sha256(table).hexdigest() != meta.sha256:
        yield Finding("", "sha256", meta.sha256[:12], "not that of the table, which was changed after it was made")
