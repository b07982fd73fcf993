"""Ridge regression of every model's scores on the terms of the prompts: all models at once, by conjugate gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from muxer.learn.terms import Vocabulary

Matrix = NDArray[np.float32]

PENALTY = 10.0
"""In prompts: a term's weight is what a model's residuals on its prompts show, as if ten more had shown nothing. The
best of 1, 3, 10, 30 and 100 on the outcomes that `benchmarks/routing.py` reads."""

STEPS = 20
"""Steps of conjugate gradients. Stopping early only regularises a little more."""


def design(vocabulary: Vocabulary, prompts: Sequence[Sequence[int]]) -> tuple[sparse.csr_matrix, NDArray[np.float64]]:
    """The prompts' terms as a matrix, one prompt a row, and how much of each is known."""
    weighed = [vocabulary.weigh(terms) for terms in prompts]
    ends = np.cumsum([0, *[len(index) for index, _, _ in weighed]])
    indices = np.concatenate([np.array(index, np.int64) for index, _, _ in weighed])
    values = np.concatenate([values for _, values, _ in weighed])
    shape = (len(prompts), len(vocabulary.rows))
    return sparse.csr_matrix((values, indices, ends), shape=shape), np.array([known for _, _, known in weighed])


def fit_ridge(terms: sparse.csr_matrix, residuals: NDArray[np.float64]) -> Matrix:
    """Weights by term and model. `residuals` are scores less their model's mean, by prompt and model, NaN where the
    model was not asked."""
    known = ~np.isnan(residuals)
    transposed = terms.T.tocsr()
    right = transposed @ np.where(known, residuals, 0).astype(np.float32)

    def apply(weights: Matrix) -> Matrix:
        predicted = terms @ weights
        predicted[~known] = 0
        return np.asarray(transposed @ predicted + np.float32(PENALTY) * weights)

    weights: Matrix = np.zeros_like(right)
    rest, step = right, right
    norm = (rest * rest).sum(axis=0)
    for _ in range(STEPS):
        image = apply(step)
        length = norm / np.maximum((step * image).sum(axis=0), np.float32(1e-12))
        weights = weights + length * step
        rest = rest - length * image
        before, norm = norm, (rest * rest).sum(axis=0)
        step = rest + norm / np.maximum(before, np.float32(1e-12)) * step
    return weights
