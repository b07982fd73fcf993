"""Which models are routed between in evaluation: pairs of a strong and a weak one, pools, and groups of data sets.

Pairs and pools are those of `evaluate.py` beside the outcomes, as far as the outcomes at hand hold them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from training.routing.data import Outcomes


class Pair(Struct, frozen=True):
    """A strong and a weak model on the data sets whose `source/dataset` begins with `where`."""

    where: str
    strong: str
    weak: str


PAIRS: Mapping[str, Pair] = {
    "routellm/mmlu": Pair("routellm/mmlu", "gpt-4-1106-preview", "mixtral-8x7b-instruct"),
    "routerbench/arc": Pair("routerbench/arc", "gpt-4-1106-preview", "mixtral-8x7b-chat"),
    "routerbench/winogrande": Pair("routerbench/winogrande", "gpt-4-1106-preview", "mixtral-8x7b-chat"),
    "mmlupro/gemini-pro:llama8b": Pair("mmlupro/", "gemini-1.5-pro-002", "Meta-Llama-3_1-8B-Instruct"),
    "mmlupro/gemini-pro:flash": Pair("mmlupro/", "gemini-1.5-pro-002", "gemini-1.5-flash-002"),
    "mmlupro/llama70b:8b": Pair("mmlupro/", "Meta-Llama-3_1-70B-Instruct", "Meta-Llama-3_1-8B-Instruct"),
    "zeroeval/crux gpt4o:mini": Pair("zeroeval/crux", "gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18"),
    "zeroeval/crux sonnet:haiku3": Pair("zeroeval/crux", "claude-3-5-sonnet-20241022", "claude-3-haiku-20240307"),
    "zeroeval/math_l5 o1mini:4omini": Pair("zeroeval/math", "o1-mini-2024-09-12", "gpt-4o-mini-2024-07-18"),
    "zeroeval/math_l5 sonnet:haiku3": Pair("zeroeval/math", "claude-3-5-sonnet-20241022", "claude-3-haiku-20240307"),
    "llmrouter9/all 51b:9b": Pair("llmrouter9/", "llama-3.1-nemotron-51b-instruct", "gemma-2-9b-it"),
    "llmrouter9/all 51b:mistral7b": Pair("llmrouter9/", "llama-3.1-nemotron-51b-instruct", "mistral-7b-instruct-v0.3"),
}

POOLS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "routerbench11": ("routerbench", ()),
    "mmlupro8": (
        "mmlupro",
        (
            "gemini-1.5-pro-002",
            "gemini-1.5-flash-002",
            "Meta-Llama-3_1-70B-Instruct",
            "Meta-Llama-3_1-8B-Instruct",
            "Mixtral-8x7B-Instruct-v0.1",
            "mathstral-7B",
            "Phi-3-mini-4k-instruct",
            "jamba-1.5-large",
        ),
    ),
    "llmrouter9": ("llmrouter9", ()),
    "zeroeval": (
        "zeroeval",
        (
            "gpt-4o-2024-08-06",
            "gpt-4o-mini-2024-07-18",
            "claude-3-5-sonnet-20241022",
            "claude-3-haiku-20240307",
            "claude-3-opus-20240229",
            "gemini-1.5-flash",
            "gemini-1.5-pro",
            "deepseek-v2.5-0908",
            "o1-mini-2024-09-12",
            "gpt-4-turbo-2024-04-09",
            "gpt-3.5-turbo-0125",
            "Meta-Llama-3.1-8B-Instruct",
            "Qwen2.5-72B-Instruct",
        ),
    ),
}
"""Source and models; no models: all of the source's."""

TRANSFER: Mapping[str, int] = {
    "routellm/mmlu": 0,
    "llmrouter9/mmlu": 0,
    "mmlupro/mmlu_pro": 0,
    "routerdc7/mmlu": 0,
    "routerdc7/cmmlu": 0,
    "llmrouter9/arc_challenge": 1,
    "llmrouter9/openbook_qa": 1,
    "llmrouter9/gpqa": 1,
    "routerbench/arc_challenge": 1,
    "routerdc7/arc_challenge": 1,
    "routerdc7/arc_easy": 1,
    "llmrouter9/math": 2,
    "zeroeval/math_l5": 2,
    "routerdc7/MATH_prealgebra": 2,
    "zeroeval/crux": 3,
    "llmrouter9/agentverse-logicgrid": 3,
    "llmrouter9/commongen": 3,
    "routerbench/winogrande": 4,
    "llmrouter9/commonsense_qa": 4,
    "llmrouter9/natural_qa": 4,
    "llmrouter9/trivia_qa": 4,
}
"""The group that each data set is held out with: those of one family, which share questions or kinds of question."""


def columns(outcomes: Outcomes, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The prompts that all models of a pool answered at a known cost, and the models' columns."""
    source, models = POOLS[name]
    rows = np.flatnonzero((outcomes.source == source) & ~outcomes.contaminated)
    known = ~np.isnan(outcomes.scores[rows]) & ~np.isnan(outcomes.costs[rows])
    named = [outcomes.models.index(model) for model in models] or np.flatnonzero(known.any(axis=0)).tolist()
    return rows[known[:, named].all(axis=1)], np.array(sorted(named))
