"""Boosted trees over the structure of prompts, with one value per model in every leaf.

The trees are oblivious: all nodes of a level ask the same question, so a prompt's leaf is a number whose bits are the
answers, and a handful of array operations evaluate all trees at once. Every second tree is grown on what the models'
residuals have in common, the others on a random mixture of them, which finds what sets models apart; the leaves then
take every model's own mean, drawn towards zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

TREES = 300
DEPTH = 5
RATE = 0.06
BINS = 32
FEATURE_SHARE = 0.3
PROMPT_SHARE = 0.7
LEAF_PENALTY = 60.0
"""In outcomes: a leaf's value is its models' mean residual, as if sixty more had been zero."""

SEED = 20_261_123


class Trees(Struct, frozen=True):
    """Questions `x[feature] > threshold` by tree and level, and values by tree, leaf and model."""

    features: NDArray[np.int32]
    thresholds: NDArray[np.float32]
    values: NDArray[np.float32]

    def predict(self, shape: Sequence[float]) -> NDArray[np.float32]:
        """The models' residuals for one prompt."""
        yes = np.asarray(shape, np.float32)[self.features] > self.thresholds
        leaves = yes @ _PLACES[: yes.shape[1]][::-1]
        return np.asarray(self.values[np.arange(len(leaves)), leaves].sum(axis=0))

    def predict_all(self, shapes: NDArray[np.float32]) -> NDArray[np.float64]:
        """The models' residuals for many prompts, one a row."""
        out = np.zeros((len(shapes), self.values.shape[2]))
        for features, thresholds, values in zip(self.features, self.thresholds, self.values, strict=True):
            out += values[(shapes[:, features] > thresholds) @ _PLACES[: len(features)][::-1]]
        return out


_PLACES = 1 << np.arange(16)


def fit_trees(shapes: NDArray[np.float32], residuals: NDArray[np.float64]) -> Trees:
    """Trees for residuals by prompt and model, NaN where the model was not asked."""
    random = np.random.default_rng(SEED)
    edges = [_edges(column) for column in shapes.T]
    bins = np.stack([np.searchsorted(e, column, side="left") for e, column in zip(edges, shapes.T, strict=True)])
    cuts = [len(e) for e in edges]
    prompt, model = np.nonzero(~np.isnan(residuals))
    rest = residuals[prompt, model]
    asked = np.sqrt(np.maximum(np.bincount(prompt, minlength=len(shapes)), 1))
    models = residuals.shape[1]
    grown: list[list[_Split]] = []
    values = []
    for number in range(TREES):
        mixture = _contrast(models, random) if number % 2 else np.ones(models)
        target = np.bincount(prompt, rest * mixture[model], len(shapes)) / asked
        splits = _grow(bins, cuts, target, random)
        cell = _leaf(bins, splits)[prompt] * models + model
        count = np.bincount(cell, minlength=models << DEPTH)
        value = RATE * np.bincount(cell, rest, models << DEPTH) / (count + LEAF_PENALTY)
        rest = rest - value[cell]
        grown.append(splits)
        values.append(value.reshape(-1, models))
    return Trees(
        features=np.array([[s.feature for s in splits] for splits in grown], np.int32),
        thresholds=np.array([[edges[s.feature][s.bin] for s in splits] for splits in grown], np.float32),
        values=np.array(values, np.float32),
    )


class _Split(NamedTuple):
    """A question: does a prompt lie above this bin of this feature?"""

    feature: int
    bin: int


def _contrast(models: int, random: np.random.Generator) -> NDArray[np.float64]:
    """A random mixture in which what is common to all models cancels out."""
    mixture = random.normal(size=models)
    return np.asarray(mixture - mixture.mean())


def _edges(column: NDArray[np.float32]) -> NDArray[np.float32]:
    """Up to `BINS` - 1 values that cut a column into parts of about equal size; at least one."""
    return np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1], method="lower"))


def _leaf(bins: NDArray[np.int64], splits: Sequence[_Split]) -> NDArray[np.int64]:
    leaf = np.zeros(bins.shape[1], np.int64)
    for split in splits:
        leaf = leaf * 2 + (bins[split.feature] > split.bin)
    return leaf


def _grow(
    bins: NDArray[np.int64], cuts: Sequence[int], target: NDArray[np.float64], random: np.random.Generator
) -> list[_Split]:
    """The questions of one tree, best first, on a sample of prompts and features. `cuts` is each feature's number of
    edges."""
    sample = np.flatnonzero(random.random(len(target)) < PROMPT_SHARE)
    candidates = random.choice(len(bins), max(1, round(FEATURE_SHARE * len(bins))), replace=False).tolist()
    seen, wanted = bins[:, sample], target[sample]
    leaf = np.zeros(len(sample), np.int64)
    splits: list[_Split] = []
    for level in range(DEPTH):
        gains = [_gains(seen[f], leaf, wanted, 1 << level)[: cuts[f]] for f in candidates]
        best = max(range(len(candidates)), key=lambda i: float(gains[i].max()))
        split = _Split(candidates[best], int(gains[best].argmax()))
        splits.append(split)
        leaf = leaf * 2 + (seen[split.feature] > split.bin)
    return splits


def _gains(
    column: NDArray[np.int64], leaf: NDArray[np.int64], target: NDArray[np.float64], leaves: int
) -> NDArray[np.float64]:
    """How much of the target all leaves together explain after a cut above each bin of a column."""
    cell = leaf * BINS + column
    total = np.bincount(cell, target, leaves * BINS).reshape(leaves, BINS).cumsum(axis=1)
    count = np.bincount(cell, minlength=leaves * BINS).reshape(leaves, BINS).cumsum(axis=1)
    below = total**2 / (count + LEAF_PENALTY)
    above = (total[:, -1:] - total) ** 2 / (count[:, -1:] - count + LEAF_PENALTY)
    return np.asarray((below + above).sum(axis=0))
