"""Places prompts and models on one scale: the Rasch model, fitted to all outcomes at once.

    P(right) = 1 / (1 + exp(difficulty - ability))

A prompt's difficulty is that of its data set plus its own deviation, and deviations are drawn towards zero as far as
few models have answered it. Data sets meet on one scale because some models were asked in several of them.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from training.routing.data import Outcomes

Vector = NDArray[np.float64]

SAME_MODEL = {
    "Meta-Llama-3_1-8B-Instruct": "llama-3.1-8b",
    "Meta-Llama-3.1-8B-Instruct": "llama-3.1-8b",
    "llama-3.1-8b-instruct": "llama-3.1-8b",
    "Meta-Llama-3_1-70B-Instruct": "llama-3.1-70b",
    "Meta-Llama-3.1-70B-Instruct": "llama-3.1-70b",
    "Mixtral-8x7B-Instruct-v0.1": "mixtral-8x7b",
    "mixtral-8x7b-instruct": "mixtral-8x7b",
    "mixtral-8x7b-chat": "mixtral-8x7b",
}
"""Models that the sources spell differently: they tie the sources together."""

MISGRADED = (
    ("llmrouter9", "", "llama3-chatqa-1.5-70b"),
    ("llmrouter9", "", "llama3-chatqa-1.5-8b"),
    ("llmrouter9", "", "codegemma-7b"),
    ("llmrouter9", "mmlu", "qwen2.5-7b-instruct"),
    ("llmrouter9", "agentverse-logicgrid", "qwen2.5-7b-instruct"),
)
"""Source, data set (empty: all) and model whose answers were marked wrong for their form: far below chance."""

ABILITY_PRECISION = 0.25
DATASET_PRECISION = 0.1
DEVIATION_PRECISION = 0.44
"""Inverse variances of the normal priors: standard deviations of 2, 3 and 1.5 log-odds."""

STEPS = 60
DAMPING = 0.8


class Scale(Struct, frozen=True):
    """Difficulty of each prompt and ability of each model, in log-odds. 0 is the ability that USD 1 per million tokens
    buys; prompts with no usable outcome have the difficulty of their data set."""

    difficulty: Vector
    ability: dict[str, float]


def place(outcomes: Outcomes, sources: Collection[str]) -> Scale:
    """Fits the model to the outcomes of these sources, by damped Newton steps, one group of parameters at a time."""
    wanted = np.isin(outcomes.source, sorted(sources))
    known = ~np.isnan(outcomes.scores) & ~_misgraded(outcomes) & wanted[:, None]
    prompt, column = np.nonzero(known)
    score = outcomes.scores[known]
    canonical = [SAME_MODEL.get(model, model) for model in outcomes.models]
    models = sorted(set(canonical))
    model = np.array([models.index(name) for name in canonical])[column]
    _, dataset = np.unique(outcomes.named(), return_inverse=True)
    ability, hardness, deviation = np.zeros(len(models)), np.zeros(dataset.max() + 1), np.zeros(len(dataset))
    for _ in range(STEPS):
        for values, index, precision, sign in (
            (ability, model, ABILITY_PRECISION, 1.0),
            (hardness, dataset[prompt], DATASET_PRECISION, -1.0),
            (deviation, prompt, DEVIATION_PRECISION, -1.0),
        ):
            right = 1 / (1 + np.exp(hardness[dataset[prompt]] + deviation[prompt] - ability[model]))
            slope = np.bincount(index, sign * (score - right), len(values)) - precision * values
            values += DAMPING * slope / (np.bincount(index, right * (1 - right), len(values)) + precision)
    named = dict(zip(models, ability.tolist(), strict=True))
    zero = _ability_at_one_dollar(outcomes, named, known)
    return Scale(hardness[dataset] + deviation - zero, {name: value - zero for name, value in named.items()})


def _misgraded(outcomes: Outcomes) -> NDArray[np.bool_]:
    out = np.zeros(outcomes.scores.shape, dtype=bool)
    for source, dataset, model in MISGRADED:
        rows = (outcomes.source == source) & ((outcomes.dataset == dataset) | (dataset == ""))
        out[rows, outcomes.models.index(model)] = True
    return out


def _ability_at_one_dollar(outcomes: Outcomes, ability: dict[str, float], known: NDArray[np.bool_]) -> float:
    """Where the line of ability over the logarithm of price passes USD 1 per million tokens. Models that reason before
    they answer lie above that line, so they are left out, as are sources that tell no tokens."""
    points = []
    for j, model in enumerate(outcomes.models):
        counted = known[:, j] & ~np.isnan(outcomes.tokens[:, j])
        tokens, dollars = outcomes.tokens[counted, j].sum(), outcomes.costs[counted, j].sum()
        if dollars > 0 and not model.startswith("o1-"):
            points.append((np.log10(1e6 * dollars / tokens), ability[SAME_MODEL.get(model, model)]))
    price, height = np.array(points).T
    _, at_one = np.polyfit(price, height, 1)
    return float(at_one)
