"""Fits the difficulty model: ridge regression of prompts' difficulties on their structure and words.

What should carry over to prompts of other kinds is given a head start: every data set counts with the square root of
its size, words must occur in several data sets, penalties are high, and what makes a request hard nearly everywhere,
length and the steps of a word problem, gets an extra slope that no data set could have taught alone.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from muxer.core.features import Features
from muxer.core.structure import STRUCTURE, structure
from numpy.typing import NDArray
from scipy import sparse

from training.routing.data import features_of
from training.routing.problems import problems

Vector = NDArray[np.float64]

EXTRA_SLOPES = {"chars": 0.4, "steps": 0.6, "chars_of_problem": 0.35}
"""Added to the weights of these numbers of the structure. Length: with families of data sets left out, a slope of 0.5
lifts the mean rank correlation with difficulty within a data set from 0.14 to 0.16, and the mean APGR from 0.540 to
0.551. Steps and length of word problems: the outcomes hold only some hundred of these, in which the count of numbers
is the only sign that holds in nearly all sources; that a problem of more steps is harder is known beforehand."""

STRUCTURE_PENALTY = 200.0
WORD_PENALTY = 15.0
"""Ridge penalties, of standardised structure and of word shares: flat between 200 and 1,000, and 10 and 30."""

COPIES = 8
"""How often each everyday request stands among the examples: a hundred times fewer than exam questions, they would
hardly be heard."""

MIN_PROMPTS = 30
MIN_DATASETS = 3
MAX_WORD_CHARS = 20
"""A word must occur in that many prompts and data sets, and be no longer, to get a weight."""

EDGE = 0.01
"""Structure is held within the range of all but this share of the training prompts at either end."""

DECIMALS = 4


class Example(Struct, frozen=True):
    """A prompt, read, with its difficulty in log-odds. Prompts of one `group` share the group's weight."""

    features: Features
    difficulty: float
    group: str


def anchors() -> list[Example]:
    """The everyday requests and the word problems, of difficulty set by hand, each `COPIES` times."""
    out = [Example(features_of(problem.text), problem.difficulty, "word problems") for problem in problems()]
    group, level = "", 0.0
    for line in (Path(__file__).parent / "anchors.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            group = line.removeprefix("== ")
            level = float(group.split()[0])
        elif line and not line.startswith("#"):
            out.append(Example(features_of(line), level, group))
    return out * COPIES


def fit(examples: Sequence[Example]) -> dict[str, Any]:
    """The weights, as the weights file has them."""
    groups = Counter(example.group for example in examples)
    weight = np.array([1 / math.sqrt(groups[example.group]) for example in examples])
    weight *= len(weight) / weight.sum()
    shape = np.array([structure(example.features) for example in examples])
    low, high = np.array([_range(column) for column in shape.T]).T
    shape = np.clip(shape, low, high)
    mean = np.average(shape, axis=0, weights=weight)
    spread = np.sqrt(np.average((shape - mean) ** 2, axis=0, weights=weight)) + 1e-9
    words = _vocabulary(examples)
    design = sparse.hstack([sparse.csr_matrix((shape - mean) / spread), _shares(examples, words)]).tocsr()
    target = np.array([example.difficulty for example in examples])
    bias = np.average(target, weights=weight)
    penalty = np.repeat([STRUCTURE_PENALTY, WORD_PENALTY], [len(STRUCTURE), len(words)])
    weighted = design.multiply(weight[:, None]).T.tocsr()
    gram = (weighted @ design).toarray() + np.diag(penalty)
    slopes = np.linalg.solve(gram, weighted @ (target - bias))
    per_unit = slopes[: len(STRUCTURE)] / spread
    for name, extra in EXTRA_SLOPES.items():
        per_unit[STRUCTURE.index(name)] += extra
    return {
        "version": 1,
        "bias": round(float(bias - per_unit @ mean), DECIMALS),
        "structure": {
            name: {"weight": round(w, DECIMALS), "low": round(lo, DECIMALS), "high": round(hi, DECIMALS)}
            for name, w, lo, hi in zip(STRUCTURE, per_unit.tolist(), low.tolist(), high.tolist(), strict=True)
        },
        "words": {
            word: rounded
            for word, w in zip(words, slopes[len(STRUCTURE) :].tolist(), strict=True)
            if (rounded := round(w, DECIMALS))
        },
    }


def _range(column: Vector) -> tuple[float, float]:
    """Between which values a number of the structure is held. Where it is mostly zero, the others alone tell."""
    low, high = np.quantile(column, [EDGE, 1 - EDGE])
    some = column[column != 0]
    if len(some) and len(some) < len(column) / 2:
        least, most = np.quantile(some, [EDGE, 1 - EDGE])
        low, high = min(low, least), max(high, most)
    return float(low), float(high)


def pack(weights: dict[str, Any]) -> bytes:
    """The weights file."""
    return msgspec.json.format(msgspec.json.encode(weights), indent=1)


def _vocabulary(examples: Sequence[Example]) -> list[str]:
    """The words that get a weight, in alphabetical order."""
    prompts: Counter[str] = Counter()
    datasets: defaultdict[str, set[str]] = defaultdict(set)
    for example in examples:
        for word in set(example.features.words):
            if len(word) <= MAX_WORD_CHARS and not word.isdigit():
                prompts[word] += 1
                datasets[word].add(example.group)
    return sorted(w for w, n in prompts.items() if n >= MIN_PROMPTS and len(datasets[w]) >= MIN_DATASETS)


def _shares(examples: Sequence[Example], words: Sequence[str]) -> sparse.csr_matrix:
    """One row a prompt: each distinct word that has a weight counts 1 / sqrt(distinct words)."""
    columns = {word: j for j, word in enumerate(words)}
    indices: list[int] = []
    values: list[float] = []
    ends = [0]
    for example in examples:
        distinct = set(example.features.words)
        known = [columns[word] for word in distinct if word in columns]
        indices += sorted(known)
        values += [1 / math.sqrt(len(distinct) or 1)] * len(known)
        ends.append(len(indices))
    return sparse.csr_matrix((values, indices, ends), shape=(len(examples), len(words)))
