"""The second source: the JSON file inside LiteLLM's wheel, against which prices are checked and which alone knows what
models can do.

The wheel is downloaded and read, never installed. LiteLLM says `true` or nothing about an ability, so what is absent
is unknown; only a refusal is said as `false`.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from tools.prices.price import Row, price_of

_MEMBER = "litellm/model_prices_and_context_window_backup.json"

_RATES = {
    "input_cost_per_token": "input_per_1k_usd",
    "output_cost_per_token": "output_per_1k_usd",
    "cache_read_input_token_cost": "cached_input_per_1k_usd",
    "cache_creation_input_token_cost": "cache_write_per_1k_usd",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h_per_1k_usd",
}
_TIER = re.compile(rf"({'|'.join(_RATES)})_above_(\d+)k_tokens")
_AUDIO_RATE = "input_cost_per_audio_token"

_ABILITIES = {
    "supports_vision": "vision",
    "supports_audio_input": "audio",
    "supports_pdf_input": "files",
    "supports_function_calling": "tools",
    "supports_response_schema": "json_schema",
    "supports_reasoning": "reasoning",
    "supports_assistant_prefill": "assistant_prefill",
    "supports_mid_conversation_system": "mid_conversation_system",
}
_REFUSALS = {"supports_sampling_params": "sampling_params", "supports_forced_tool_use": "forced_tool_use"}
_LIMITS = ("max_input_tokens", "max_output_tokens")

_LEVELS = "reasoning_effort_levels"
_EFFORTS = {
    f"supports_{effort}_reasoning_effort": effort
    for effort in ("none", "minimal", "low", "medium", "high", "xhigh", "max")
}
_USUAL_EFFORTS = ("low", "medium", "high")
"""Taken by every model that LiteLLM says anything about; it has flags for what goes beyond."""

_READ = {*_RATES, _AUDIO_RATE, *_ABILITIES, *_REFUSALS, *_LIMITS, _LEVELS, *_EFFORTS, "deprecation_date"}


class LiteLLM(Struct, frozen=True):
    """What one version of LiteLLM says, by LiteLLM's own names of models."""

    version: str
    rows: dict[str, Row]


class DownloadFailed(RuntimeError):
    """The wheel could not be had. The message says why."""


def download(version: str, folder: Path) -> Path:
    """The wheel of that version, newly put into `folder`. Raises `DownloadFailed`."""
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip"]
    elif shutil.which("uv"):
        pip = ["uv", "tool", "run", "pip"]
    else:
        raise DownloadFailed("neither pip nor uv is here to download LiteLLM's wheel; give one by --offline")
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    done = subprocess.run([*pip, "download", *options, f"litellm=={version}"], check=False)
    wheels = list(folder.glob("litellm-*.whl"))
    if done.returncode or not wheels:
        raise DownloadFailed(f"litellm {version} could not be downloaded; give its wheel by --offline")
    return wheels[0]


def read(path: Path) -> LiteLLM:
    """A wheel, or an excerpt as `excerpt` makes it. Raises `OSError`, and `ValueError` for anything else."""
    try:
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                return LiteLLM(path.name.split("-")[1], _decimals(wheel.read(_MEMBER)))
        content = _decimals(path.read_bytes())
        return LiteLLM(content["version"], content["models"])
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ValueError(f"{path} is neither a wheel of LiteLLM nor an excerpt of one") from error


def excerpt(source: LiteLLM, names: set[str]) -> str:
    """What we read of these models' rows, as JSON."""
    models = {
        name: {key: value for key, value in source.rows[name].items() if key in _READ or _TIER.fullmatch(key)}
        for name in names & source.rows.keys()
    }
    content = {"source": f"{_MEMBER} of litellm {source.version}", "version": source.version, "models": models}
    return json.dumps(content, indent=1, sort_keys=True, default=float) + "\n"


def litellm_price(row: Row) -> Row:
    """The price in our format; empty when there is none. A price of 0 is one that LiteLLM does not know."""
    if not row.get("input_cost_per_token") or not row.get("output_cost_per_token"):
        return {}
    rates = {ours: {0: _per_1k(row[theirs])} for theirs, ours in _RATES.items() if row.get(theirs)}
    for key, value in row.items():
        tier = _TIER.fullmatch(key)
        if tier and _RATES[tier[1]] in rates:
            rates[_RATES[tier[1]]][1000 * int(tier[2])] = _per_1k(value)
    return price_of(rates)


def litellm_facts(row: Row) -> Row:
    """Limits, abilities and last day of a model, in our format."""
    facts: Row = {key: int(row[key]) for key in _LIMITS if row.get(key)}
    if row.get("deprecation_date"):
        facts["deprecation_date"] = row["deprecation_date"]
    return facts | {"capabilities": dict(_abilities(row))}


def _abilities(row: Row) -> Iterator[tuple[str, Any]]:
    for flag, ability in _ABILITIES.items():
        if row.get(flag) and not (ability == "audio" and _bills_audio_apart(row)):
            yield ability, True
    for flag, ability in _REFUSALS.items():
        if row.get(flag) is False:
            yield ability, False
    if efforts := _efforts(row):
        yield "efforts", efforts


def _bills_audio_apart(row: Row) -> bool:
    """A bill knows one number of prompt tokens: sound that has a price of its own would be billed as text."""
    return _AUDIO_RATE in row and row[_AUDIO_RATE] != row.get("input_cost_per_token")


def _efforts(row: Row) -> list[str]:
    if _LEVELS in row:
        return list(row[_LEVELS])
    if not row.keys() & _EFFORTS.keys():
        return []
    return [effort for flag, effort in _EFFORTS.items() if row.get(flag, effort in _USUAL_EFFORTS)]


def _per_1k(per_token: Decimal) -> Decimal:
    return Decimal(per_token).scaleb(3)


def _decimals(content: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(content, parse_float=Decimal)
    return decoded
