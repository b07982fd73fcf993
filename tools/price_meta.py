"""Checks prices/prices.json and writes what identifies it to prices/prices.meta.json. Run it after every change."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sys
from pathlib import Path

from muxer.core.prices import PriceTableInvalid, load_catalog

TABLE = Path(__file__).parent.parent / "prices" / "prices.json"


def main() -> int:
    """Exit status 1, with the old file left as it is, when the table is refused."""
    content = TABLE.read_bytes()
    now = dt.datetime.now(dt.UTC)
    try:
        report = load_catalog(content, today=now.date())
    except PriceTableInvalid as refused:
        print(refused, file=sys.stderr)
        return 1
    for warning in report.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    meta = {
        "generated_at": now.isoformat(timespec="seconds"),
        "rows": len(report.catalog.models),
        "sha256": hashlib.sha256(content).hexdigest(),
        "sources": sorted({model.source for model in report.catalog.models.values()}),
    }
    TABLE.with_suffix(".meta.json").write_text(json.dumps(meta, indent=2, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
