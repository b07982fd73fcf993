"""Fits the two linear models on TF-IDF-weighted terms, and packs them into the weights file that serving reads.

scikit-learn is needed here and nowhere else. Everything is ordered and seeded: the same input gives the same bytes.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from muxer.core.intent_model import LABELS, Calibration, Model, parse, render
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from training.intent.examples import Example

LEAST_FREQUENCY = 2
"""A term in fewer examples is left out."""

LEAST_WEIGHT = 3.4
"""A term all of whose weights are smaller, idf included, is left out of the file."""

KIND_FREEDOM = 30.0
SAFETY_FREEDOM = 40.0
"""Inverse strengths of the L2 penalties. More freedom gained on held-out sources up to here, most for safety."""

LOOKALIKE_WEIGHT = 2.0
"""Weight of innocent look-alikes in the safety head."""

CORPUS_SHARE = 10.0
"""Total weight of the composed corpus, relative to that of the labelled prompts."""

UNCALIBRATED = Calibration(temperature=1.0, slope=1.0, shift=0.0, threshold=0.5)

Floats = NDArray[np.float64]


class Fitted(Struct, frozen=True):
    """Two models over one vocabulary: a row of coefficients for each label, then one for the safety head."""

    vocabulary: tuple[str, ...]
    idf: Floats
    coefficients: Floats  # lanes x terms
    bias: Floats


def fit(examples: Sequence[Example]) -> Fitted:
    """Both models, fitted on these examples."""
    counts = Counter(term for example in examples for term in example.terms)
    vocabulary = tuple(sorted(term for term, count in counts.items() if count >= LEAST_FREQUENCY))
    idf = np.array([math.log((1 + len(examples)) / (1 + counts[term])) + 1 for term in vocabulary])
    matrix = _matrix(examples, vocabulary, idf)
    weight = _weights(examples)
    labelled = [at for at, example in enumerate(examples) if example.label in LABELS]
    labels = [examples[at].label for at in labelled]
    kinds = _regression(matrix[labelled], labels, weight[labelled] * _balance(labels, weight[labelled]), KIND_FREEDOM)
    order = [list(kinds.classes_).index(label) for label in LABELS]
    unsafe = [example.label == "safety_risk" for example in examples]
    doubt = np.array([LOOKALIKE_WEIGHT if example.label.startswith("!") else 1.0 for example in examples])
    safety = _regression(matrix, unsafe, weight * doubt, SAFETY_FREEDOM)
    coefficients = np.vstack([kinds.coef_[order], safety.coef_])
    return Fitted(vocabulary, idf, coefficients, np.concatenate([kinds.intercept_[order], safety.intercept_]))


def pack(fitted: Fitted, calibration: Calibration = UNCALIBRATED) -> bytes:
    """The weights file."""
    weights = fitted.coefficients * fitted.idf
    kept = np.flatnonzero(np.abs(weights).max(axis=0) >= LEAST_WEIGHT)
    weights, squares = weights[:, kept], fitted.idf[kept] ** 2
    weight_unit, norm_unit = float(np.abs(weights).max() / 32_000), float(squares.max() / 32_000)
    lanes = np.vstack([np.rint(weights / weight_unit), np.maximum(1, np.rint(squares / norm_unit))]).astype(int)
    terms = [fitted.vocabulary[at] for at in kept]
    return render(terms, lanes.T.tolist(), fitted.bias.tolist(), weight_unit, norm_unit, calibration)


def model_of(fitted: Fitted, calibration: Calibration = UNCALIBRATED) -> Model:
    """The model as it will serve, rounding included."""
    return parse(pack(fitted, calibration))


def _matrix(examples: Sequence[Example], vocabulary: Sequence[str], idf: Floats) -> csr_matrix:
    """Rows of unit length."""
    column = {term: at for at, term in enumerate(vocabulary)}
    starts, columns, values = [0], [], []
    for example in examples:
        found = sorted(column[term] for term in example.terms if term in column)
        row = idf[found]
        columns.extend(found)
        values.append(row / (np.linalg.norm(row) or 1.0))
        starts.append(len(columns))
    return csr_matrix((np.concatenate(values), columns, starts), shape=(len(examples), len(vocabulary)))


def _weights(examples: Sequence[Example]) -> Floats:
    """1/sqrt(size of the family) for each example, so that no family of wordings drowns the others; mean 1."""
    sizes = Counter(example.family for example in examples)
    weight = np.array([1 / math.sqrt(sizes[example.family]) for example in examples])
    composed = np.array([not example.origin for example in examples])
    if composed.any() and not composed.all():
        weight[composed] *= CORPUS_SHARE * weight[~composed].sum() / weight[composed].sum()
    return np.asarray(weight / weight.mean())


def _balance(labels: Sequence[str], weight: Floats) -> Floats:
    """Factors that make up for half of the difference between the labels' totals."""
    totals: dict[str, float] = defaultdict(float)
    for label, value in zip(labels, weight, strict=True):
        totals[label] += float(value)
    mean = sum(totals.values()) / len(totals)
    return np.array([math.sqrt(mean / totals[label]) for label in labels])


def _regression(matrix: csr_matrix, target: Sequence[object], weight: Floats, freedom: float) -> LogisticRegression:
    """Fitted to the end: stopped early, it would depend on chance where it stands."""
    return LogisticRegression(C=freedom, max_iter=600, tol=1e-4).fit(matrix, target, sample_weight=weight)
