"""Tells whether a prompt is like those that a model was judged on. What was learned about a model holds for such alone.

Three signs that it is not, for each model by itself. Novelty: how much of the prompt's content is terms that do not
occur in the model's own prompts. Shape: how far the prompt's structure lies from the nearest cluster of structures
that the model was judged on. Theme: the same for clusters of terms. One mean and spread for all of a model's prompts
would not do: what lies between two kinds of prompt would pass for usual. How strange prompts of the same traffic are
is known from cross-validation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import sparse

from muxer.learn.clusters import Homes, assign, find_clusters, find_homes

Vector = NDArray[np.float64]

SIGNS = 3
"""Novelty, shape and theme."""

SHAPE = 1
LEAST = 0.25, 0.5
"""Least limits of the shape, in variances: where all prompts follow a few templates, one with a word or number more is
still of their kind. Two prompts at random are about two variances apart."""

USUAL, UNUSUAL = 0.1, 0.01
"""Of a model's own held-out prompts the oddest tenth are less than wholly familiar, the oddest hundredth not at all,
by each sign. With wider limits grade-school sums pass for what models of competition maths were judged on; with
narrower ones the prompts of a model's own kind lose more than foreign ones gain."""

MIN_PROMPTS = 100
"""A model that was asked less often takes the limits of all models together."""

SHAPES, THEMES = 256, 96
PROMPTS_PER_SHAPE, PROMPTS_PER_THEME = 20, 50
"""Most clusters of either kind, and how many prompts it takes for each."""

FLOOR = 0.05
"""Least standard deviation of a number of the structure: what never varied in training may vary a little."""

WIDEST = 10.0
"""Most standard deviations from the mean that a number of the structure counts with."""


class Kind(Struct, frozen=True):
    """The kinds of prompts that models were judged on: clusters of structures, and clusters of terms."""

    mean: NDArray[np.float32]  # of each number of the structure
    spread: NDArray[np.float32]
    shapes: NDArray[np.float32]  # centres by number of the structure and cluster
    shape_homes: Homes
    themes: NDArray[np.float32]  # centres by term and cluster, as exact as the half-precision numbers in a file
    theme_homes: Homes

    def strangeness(self, shape: Sequence[float], terms: Sequence[int], values: NDArray[np.float32]) -> Vector:
        """How far one prompt lies from the nearest homes, in shape and in theme, by model."""
        row = self._standard(np.asarray(shape, np.float32)[None, :])
        likeness = values @ self.themes.take(terms, axis=0)
        return np.stack(
            [self.shape_homes.nearest(self._distances(row)[0]), self.theme_homes.nearest(1 - likeness)]
        ).astype(np.float64)

    def strangeness_of_all(self, shapes: NDArray[np.float32], terms: sparse.csr_matrix) -> NDArray[np.float32]:
        """The same of many prompts, by prompt and model."""
        distances = self._distances(self._standard(shapes))
        likeness = terms @ self.themes
        return np.stack([self.shape_homes.nearest_all(distances), self.theme_homes.nearest_all(1 - likeness)])

    def _standard(self, shapes: NDArray[np.float32]) -> NDArray[np.float32]:
        return standard(shapes, self.mean, self.spread)

    def _distances(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean squared distances to the centres of shapes."""
        squares = (rows**2).sum(axis=1)[:, None] + (self.shapes**2).sum(axis=0) - 2 * (rows @ self.shapes)
        return np.asarray(np.maximum(squares, 0) / np.float32(rows.shape[1]))


def standard(
    shapes: NDArray[np.float32], mean: NDArray[np.float32], spread: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Structures in standard deviations from the mean."""
    return np.clip((shapes - mean) / spread, np.float32(-WIDEST), np.float32(WIDEST))


def kind_of(shapes: NDArray[np.float32], terms: sparse.csr_matrix, asked: NDArray[np.bool_]) -> Kind:
    """The kinds of prompts that models were asked: structures and terms by prompt, and who was asked what."""
    mean, spread = shapes.mean(axis=0), np.maximum(shapes.std(axis=0), np.float32(FLOOR))
    rows = standard(shapes, mean, spread)
    of_shapes = find_clusters(rows, _count(len(rows), SHAPES, PROMPTS_PER_SHAPE), unit=False)
    of_terms = find_clusters(terms, _count(len(rows), THEMES, PROMPTS_PER_THEME), unit=True)
    return Kind(
        mean=mean,
        spread=spread,
        shapes=np.ascontiguousarray(of_shapes.T),
        shape_homes=find_homes(assign(rows, of_shapes), len(of_shapes), asked),
        themes=of_terms.T.astype(np.float16).astype(np.float32, order="C"),  # a term's row is read at once
        theme_homes=find_homes(assign(terms, of_terms), len(of_terms), asked),
    )


def _count(prompts: int, most: int, each: int) -> int:
    return min(most, max(1, prompts // each))


class Limits(Struct, frozen=True):
    """By sign and model: how strange a prompt may be to be wholly familiar, and where it is not so at all."""

    near: Vector
    far: Vector

    def familiarity(self, strangeness: NDArray[np.floating]) -> Vector:
        """From 0 to 1, by model (last axis); signs are the first axis. The harmonic mean of what the signs say: nothing
        as soon as one of them says so, but a doubt counts for less while the others have none. A quarter of a model's
        own prompts is doubted by some sign; to go by the worst sign alone loses up to a fifth of what the learners gain
        (`training/routing/MODEL_CARD.md`)."""
        between = (1,) * (strangeness.ndim - 2)
        near, far = (limit.reshape(SIGNS, *between, -1) for limit in (self.near, self.far))
        told = np.clip((far - strangeness) / np.maximum(far - near, 1e-9), 0, 1)
        return np.where((told > 0).all(axis=0), SIGNS / (1 / np.maximum(told, 1e-9)).sum(axis=0), 0.0)


def find_limits(strangeness: NDArray[np.floating], asked: NDArray[np.bool_]) -> Limits:
    """The limits that held-out prompts show, from strangeness by sign, prompt and model, and who was asked what."""
    shares = (1 - USUAL, 1 - UNUSUAL)
    overall = [np.quantile(sign[asked], shares) for sign in strangeness]

    def quantiles(sign: int, model: int) -> Vector:
        rows = asked[:, model]
        return np.quantile(strangeness[sign, rows, model], shares) if rows.sum() >= MIN_PROMPTS else overall[sign]

    found = np.array([[quantiles(sign, model) for model in range(asked.shape[1])] for sign in range(SIGNS)])
    found[SHAPE] = np.maximum(found[SHAPE], LEAST)
    return Limits(near=found[..., 0], far=found[..., 1])
