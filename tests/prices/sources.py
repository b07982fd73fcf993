"""Small worlds for the generator: a models.toml of a few models, and what LiteLLM says about them."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.prices.__main__ import EXCERPT, META, MODELS, REPOSITORY, TABLE
from tools.prices.litellm_source import LiteLLM
from tools.prices.models_file import ModelsFile, read_models_file

RECORDED = REPOSITORY / EXCERPT

DAY = dt.date(2026, 11, 23)

HEAD = """
models = [{models}]
[versions]
genai-prices = "1.2"
litellm = "3.4"
[providers.openai]
token_factor = 1.0
[providers.anthropic]
token_factor = 1.6
[providers.mistral]
litellm = "mistral/"
[providers.perplexity]
"""

MINI = {"input_cost_per_token": Decimal("1.5e-7"), "output_cost_per_token": Decimal("6e-7")} | {
    "cache_read_input_token_cost": Decimal("7.5e-8"),
    "max_input_tokens": 128000,
    "max_output_tokens": 16384,
    "supports_function_calling": True,
}
"""LiteLLM on gpt-4o-mini, whose price has stood since 2024 and is an anchor of the server's own checks."""


def models_file(folder: Path, *models: str, overrides: str = "") -> ModelsFile:
    """A models.toml with these models and overrides."""
    path = folder / "models.toml"
    path.write_text(HEAD.format(models=", ".join(json.dumps(model) for model in models)) + overrides)
    return read_models_file(path)


def override(model: str, text: str) -> str:
    """An override of one model, with a source and a date."""
    return f"""
[[override]]
models = ["{model}"]
reason = "litellm is late"
source = "the price page"
date = 2026-10-01
{text}
"""


def litellm(**rows: dict[str, Any]) -> LiteLLM:
    """LiteLLM with these rows; in a name, _ stands for -."""
    return LiteLLM("3.4", {name.replace("_", "-"): row for name, row in rows.items()})


def checkout(folder: Path) -> Path:
    """A copy of the files that the generator reads and writes."""
    for path in (MODELS, TABLE, META, EXCERPT):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / path, folder / path)
    return folder


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
