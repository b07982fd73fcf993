"""Facts about single providers and models that the core needs: as data, so that no rule of its own knows a name."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "providers.json"


def section(name: str) -> dict[str, Any]:
    """One section of the file; numbers are decimals, exactly as they stand there."""
    facts: dict[str, dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"), parse_float=Decimal)
    return facts[name]
