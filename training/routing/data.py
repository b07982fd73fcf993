"""Reads the recorded outcomes: which model answered which prompt how well, and at what price.

They lie in `../shared/data/routing`, or in `routing` of the folder that `MODELMUXER_DATA` names.
"""

from __future__ import annotations

import os
import re
import zlib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from msgspec import Struct
from muxer.core.features import Features, extract
from muxer.types.chat import ChatRequest, Message
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
SHIPPABLE = frozenset({"routellm", "mmlupro", "zeroeval", "llmrouter9"})
"""Sources whose licence lets weights trained on them be shipped. The others serve for evaluation only."""

_OPTIONS = re.compile(r"\n\s*\(?[A-Da-d1]\s*[.):]")
_LEAD = re.compile(r"^(Question:|Q:)\s*")


class Outcomes(Struct, frozen=True):
    """Prompts, and scores and dollars by prompt and model: NaN where a model was not asked."""

    prompts: list[str]
    source: NDArray[np.str_]
    dataset: NDArray[np.str_]
    contaminated: NDArray[np.bool_]
    models: list[str]
    scores: NDArray[np.float64]
    costs: NDArray[np.float64]
    tokens: NDArray[np.float64]  # of prompt and answer, for the price per token

    def named(self) -> NDArray[np.str_]:
        """`source/dataset` of each prompt."""
        return np.char.add(np.char.add(self.source, "/"), self.dataset)


def folder() -> Path:
    """Where the outcomes are."""
    return Path(os.environ.get("MODELMUXER_DATA") or ROOT.parent / "shared" / "data") / "routing" / "train"


def load() -> Outcomes:
    """All outcomes."""
    prompts = pq.read_table(folder() / "train_prompts.parquet").to_pydict()
    rows = pq.read_table(folder() / "train_outcomes.parquet")
    ids = {prompt_id: i for i, prompt_id in enumerate(prompts["prompt_id"])}
    names = rows["model"].to_pylist()
    models = sorted(set(names))
    columns = {model: j for j, model in enumerate(models)}
    at = (
        np.array([ids[prompt_id] for prompt_id in rows["prompt_id"].to_pylist()]),
        np.array([columns[model] for model in names]),
    )

    def matrix(values: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.full((len(ids), len(models)), np.nan)
        out[at] = values
        return out

    def column(name: str) -> NDArray[np.float64]:
        return np.asarray(rows[name].to_numpy(zero_copy_only=False), dtype=np.float64)

    return Outcomes(
        prompts=prompts["prompt"],
        source=np.array(prompts["source"]),
        dataset=np.array(prompts["dataset"]),
        contaminated=np.array(prompts["contaminated"], dtype=bool),
        models=models,
        scores=matrix(column("score")),
        costs=matrix(column("cost_usd")),
        tokens=matrix(column("tokens_in") + column("tokens_out")),
    )


def stem(prompt: str) -> str:
    """A question without its options and frame: what makes two prompts the same. Splits keep equal stems together."""
    question = _OPTIONS.split(_LEAD.sub("", prompt.strip()))[0]
    return re.sub(r"\W+", "", question.lower())


def parts(prompts: list[str], count: int, *, salt: str = "") -> NDArray[np.int64]:
    """The part, 0 up to `count`, that each prompt belongs to, by its stem."""
    return np.array([zlib.crc32((salt + stem(prompt)).encode()) % count for prompt in prompts])


def features_of(prompt: str) -> Features:
    """The features of a request that holds a prompt alone."""
    return extract(ChatRequest((Message("user", prompt),)), _quarter)


def _quarter(text: str) -> int:
    """Token counts play no part in difficulty: a quarter of the characters will do."""
    return len(text) // 4
