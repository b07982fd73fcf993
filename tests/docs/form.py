"""Whether real output has the form that a page shows: the same words and keys, whatever the numbers and models.

A page may show less: leave out lines, keys and the ends of lists. `...` stands for anything.
"""

from __future__ import annotations

import json
import re
from typing import Any

from muxer.assets import asset
from muxer.core.prices import load_catalog


def _names() -> list[str]:
    """What the router may choose differently tomorrow: models and their providers; longest first."""
    models = load_catalog(asset("prices/prices.json").read_bytes()).catalog.models.values()
    return sorted({name for m in models for name in (m.id, m.name, m.provider)}, key=len, reverse=True)


_FREE = {
    "name": rf"\b(?:{'|'.join(map(re.escape, _names()))})(?![\w-])",
    "gap": r"\.\.\.",
    "hexadecimal": r"\b[0-9a-f]{12,}",
    "number": r"(?:(?<!\w)-)?\d[\d.,]*(?:e-?\d+)?",
}
"""What need not be the same in the real output."""
_INSTEAD = {**_FREE, "name": r"[\w.:/-]+", "gap": r".*"}
"""What may stand there in its place."""
_ANY_FREE = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _FREE.items()))


def differences(shown: str, real: str) -> list[str]:
    """What the page shows and the real output does not have; empty when all is well."""
    shown_lines, shown_json = _split(shown)
    real_lines, real_json = _split(real)
    missing = _missing_lines(shown_lines, real_lines)
    if shown_json is not None:
        missing += _missing_values(shown_json, real_json, "$")
    return missing


def _split(output: str) -> tuple[list[str], Any]:
    """The lines, and the JSON document that may follow them."""
    lines = output.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith("{")), None)
    if start is None:
        return lines, None
    return lines[:start], json.loads("\n".join(lines[start:]))


def _missing_lines(shown: list[str], real: list[str]) -> list[str]:
    """Lines of the page that do not occur in the output after the one before them."""
    missing, rest = [], iter(real)
    for line in shown:
        pattern = _pattern(line)
        if line.strip() and not any(pattern.fullmatch(" ".join(candidate.split())) for candidate in rest):
            missing.append(f"no line like: {line}")
            rest = iter(real)
    return missing


def _missing_values(shown: Any, real: Any, path: str) -> list[str]:
    match shown:
        case dict() if isinstance(real, dict):
            return [
                text
                for key, value in shown.items()
                for text in (
                    _missing_values(value, real[key], f"{path}.{key}") if key in real else [f"no {path}.{key}"]
                )
            ]
        case list() if isinstance(real, list) and len(real) >= len(shown):
            return [
                text
                for index, value in enumerate(shown)
                for text in _missing_values(value, real[index], f"{path}[{index}]")
            ]
        case str() if isinstance(real, str) and _pattern(shown).fullmatch(" ".join(real.split())):
            return []
        case bool() | None:
            if shown is real:
                return []
        case int() | float() if isinstance(real, int | float) and not isinstance(real, bool):
            return []
    return [f"{path} is {real!r}, not like {shown!r}"]


def _pattern(text: str) -> re.Pattern[str]:
    """What a real text must be like. Runs of blanks count as one: columns are as wide as their contents."""
    text = " ".join(text.split())
    parts, end = [], 0
    for found in _ANY_FREE.finditer(text):
        parts += [re.escape(text[end : found.start()]), _INSTEAD[found.lastgroup or ""]]
        end = found.end()
    return re.compile("".join([*parts, re.escape(text[end:])]))
