"""Predicted quality of every model for a prompt: its mean, moved by what the prompt's terms and structure tell.

    quality = mean + familiarity * (common * c + own * (p - c)) + (1 - familiarity) * general

p is the weighted average of the learners' residuals for the model, and c the mean of p over all models: what the prompt
does to everyone. `common` and `own` are shrinkage factors from cross-validation. Where a prompt is unlike those that a
model was judged on, the learners are not believed, and only the general difficulty of the prompt moves the mean
(`general`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from muxer.core import difficulty
from muxer.core.features import Features
from muxer.core.structure import structure
from muxer.learn.boosting import Trees
from muxer.learn.conversation import Conversation, read
from muxer.learn.familiarity import Kind, Limits
from muxer.learn.terms import Vocabulary, terms_of

Vector = NDArray[np.float64]

TERMS_SHARE = 0.6
"""Weight of the learner of terms in the average; the trees have the rest. Of 0.3 to 0.7 the best on the outcomes that
`benchmarks/routing.py` reads, split in two ways, though by little."""


class Trust(Struct, frozen=True):
    """How far to believe what was learned, as cross-validation found it."""

    common: float  # factor of what a prompt does to all models
    own: float  # factor of what it does to one
    sway: float  # share by which failures grow, or shrink, on prompts that are as hard or easy as can be
    typical: float  # mean general difficulty of the training prompts, in log-odds


class Told(NamedTuple):
    """What the learners tell of a prompt, by model: the residual, and by sign how strange the prompt is."""

    residual: Vector
    strangeness: NDArray[np.floating]


class Learned(Struct, frozen=True):
    """The learners, weights by term and model and trees, and the kind of prompts that they learned from. A weight that
    is exactly zero belongs to a term that the model's own prompts do not hold."""

    vocabulary: Vocabulary
    weights: NDArray[np.float32]  # as exact as the half-precision numbers that a file holds
    trees: Trees
    kind: Kind

    def tell(self, features: Features) -> Told:
        """What is told of one prompt; the residual is that of both learners."""
        shape = structure(features)
        index, values, known = self.vocabulary.weigh(terms_of(features.words))
        weights = self.weights.take(index, axis=0)
        novelty = 1 - known * (values**2 @ (weights != 0).astype(np.float32))
        return Told(
            residual=average(values @ weights, self.trees.predict(shape)),
            strangeness=np.vstack([novelty, self.kind.strangeness(shape, index, values)]),
        )


def average(by_terms: NDArray[np.floating], by_trees: NDArray[np.floating]) -> Vector:
    """What the two learners tell together."""
    return np.asarray(TERMS_SHARE * by_terms + (1 - TERMS_SHARE) * by_trees, np.float64)


class QualityModel(Struct, frozen=True):
    """Everything that prediction needs. `mean_cost` is in USD per answer, NaN where it is not known."""

    models: tuple[str, ...]
    mean: Vector
    mean_cost: Vector
    trust: Trust
    limits: Limits
    learned: Learned

    def predict(self, text: str) -> Mapping[str, float]:
        """Predicted quality by model, from 0 to 1, of a prompt."""
        return self.quality(read(Conversation(prompt=text)))

    def quality(self, features: Features) -> Mapping[str, float]:
        """Predicted quality by model, from 0 to 1, of a request whose features are at hand."""
        told = self.learned.tell(features)
        familiarity = self.limits.familiarity(told.strangeness)
        hardness = np.array([difficulty.log_odds(features)])
        row = combine(self.mean, self.trust, told.residual[None, :], familiarity[None, :], hardness)[0]
        return dict(zip(self.models, row.tolist(), strict=True))


def combine(mean: Vector, trust: Trust, residuals: Vector, familiarity: Vector, hardness: Vector) -> Vector:
    """Quality by prompt and model from the learners' residuals, the familiarities, and general difficulties."""
    shared = residuals.mean(axis=1, keepdims=True)
    told = trust.common * shared + trust.own * (residuals - shared)
    moved = mean + familiarity * told + (1 - familiarity) * general(mean, trust, hardness)
    return np.asarray(np.clip(moved, 0, 1))


def general(mean: Vector, trust: Trust, hardness: Vector) -> Vector:
    """How far general difficulty moves each model's mean: the failures of all models grow or shrink in proportion. So
    the gap between two models grows with difficulty, and harder prompts get the better one, while the models that are
    worth their cost at some price of quality stay the same. Weak ones can reach 0."""
    return np.asarray(-trust.sway * harder(hardness, trust.typical) * (1 - mean))


def harder(hardness: Vector, typical: float) -> Vector:
    """How much harder than a typical prompt each one is, from -1 to 1, as a column."""
    return np.asarray(np.tanh((hardness[:, None] - typical) / 2))
