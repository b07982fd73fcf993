"""Fits a quality model to recorded outcomes, and finds by cross-validation how far its learners may be believed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from muxer.core import difficulty
from muxer.core.features import Features
from muxer.core.structure import structure
from muxer.learn.boosting import fit_trees
from muxer.learn.conversation import read
from muxer.learn.familiarity import SIGNS, find_limits, kind_of
from muxer.learn.outcomes import Outcomes
from muxer.learn.quality_model import Learned, QualityModel, Told, Trust, Vector, average, combine, harder
from muxer.learn.ridge import design, fit_ridge
from muxer.learn.terms import terms_of, vocabulary

FOLDS = 5

MEAN_PENALTY = 5.0
"""In outcomes: a model's mean is drawn towards that of all models as if five of its outcomes had been average."""

USUAL_SWAY = 0.5
SWAY_PRECISION = 20.0
"""Prior of the sway of general difficulty: its mean, and its weight in units of information."""

MIN_SWAY, MAX_SWAY = 0.4, 0.9
"""With whole groups of data sets left out and no prompt taken for familiar, nothing between 0.2 and 0.6 falls below the
models' averages in any group, and more orders pairs better. More than 0.6 takes outcomes that show it; with 1, no model
would fail on the easiest prompts."""

Tell = Callable[[str, float], None]
"""Is told the stage that begins, and the share of the work that is done."""


class Reading(Struct, frozen=True):
    """The prompts, read: terms, structure, general difficulty, and the fold that each is held out in."""

    terms: list[list[int]]
    shapes: NDArray[np.float32]
    hardness: Vector
    fold: NDArray[np.int64]


class Fit(Struct, frozen=True):
    """A quality model, and what models without the prompt in question predict for every prompt."""

    model: QualityModel
    held_out: Vector


def fit(outcomes: Outcomes, tell: Tell, hardness: Callable[[Features], float] = difficulty.log_odds) -> Fit:
    """Fits and cross-validates. Takes some two and a half minutes for 400,000 outcomes on one core."""
    tell("reading prompts", 0.0)
    reading = read_prompts([read(prompt) for prompt in outcomes.prompts], hardness)
    return fit_reading(reading, outcomes, tell)


def read_prompts(prompts: Sequence[Features], hardness: Callable[[Features], float]) -> Reading:
    """What the learners see of the prompts. Prompts that differ only in case and signs share a fold."""
    return Reading(
        terms=[terms_of(features.words) for features in prompts],
        shapes=np.array([structure(features) for features in prompts], np.float32),
        hardness=np.array([hardness(features) for features in prompts]),
        fold=np.array([zlib.crc32(re.sub(r"\W+", "", f.text.lower()).encode()) % FOLDS for f in prompts]),
    )


def fit_reading(reading: Reading, outcomes: Outcomes, tell: Tell) -> Fit:
    """As `fit`, of prompts that have been read."""
    scores = outcomes.scores
    averages, residual = np.zeros_like(scores), np.zeros_like(scores)
    strangeness = np.zeros((SIGNS, *scores.shape), np.float32)
    for fold in range(FOLDS):
        tell(f"cross-validation {fold + 1} of {FOLDS}", (1 + fold) / (FOLDS + 2))
        held, rest = (np.flatnonzero(side) for side in (reading.fold == fold, reading.fold != fold))
        if len(held) and len(rest):
            averages[held] = means(scores[rest])
            learned = learn(reading, rest, scores[rest] - averages[held[0]])
            residual[held], strangeness[:, held] = tell_all(learned, reading, held)
    trust = find_trust(scores, averages, residual, reading.hardness)
    limits = find_limits(strangeness, ~np.isnan(scores))
    held_out = combine(averages, trust, residual, limits.familiarity(strangeness), reading.hardness)
    tell("final model", (1 + FOLDS) / (FOLDS + 2))
    mean = means(scores)
    learned = learn(reading, np.arange(len(scores)), scores - mean)
    model = QualityModel(tuple(outcomes.models), mean, mean_costs(outcomes), trust, limits, learned)
    tell("done", 1.0)
    return Fit(model, held_out)


def learn(reading: Reading, rows: NDArray[np.int64], residuals: Vector) -> Learned:
    """Both learners, fitted to the same residuals of these prompts."""
    terms, shapes = [reading.terms[i] for i in rows], reading.shapes[rows]
    words = vocabulary(terms)
    matrix, _ = design(words, terms)
    weights = fit_ridge(matrix, residuals).astype(np.float16).astype(np.float32)
    return Learned(words, weights, fit_trees(shapes, residuals), kind_of(shapes, matrix, ~np.isnan(residuals)))


def tell_all(learned: Learned, reading: Reading, rows: NDArray[np.int64]) -> Told:
    """What learners tell of many prompts, by prompt and model."""
    terms, known = design(learned.vocabulary, [reading.terms[i] for i in rows])
    weights, shapes = learned.weights, reading.shapes[rows]
    support = terms.multiply(terms).tocsr() @ (weights != 0).astype(np.float32)
    novelty = (1 - known[:, None] * support).astype(np.float32)
    return Told(
        residual=average(terms @ weights, learned.trees.predict_all(shapes)),
        strangeness=np.concatenate([novelty[None], learned.kind.strangeness_of_all(shapes, terms)]),
    )


def means(scores: Vector) -> Vector:
    """Mean score of each model, drawn a little towards the mean of all."""
    count = (~np.isnan(scores)).sum(axis=0)
    overall = np.nanmean(scores)
    return np.asarray((np.nansum(scores, axis=0) + MEAN_PENALTY * overall) / (count + MEAN_PENALTY))


def mean_costs(outcomes: Outcomes) -> Vector:
    """Mean USD of an answer by each model, NaN where no cost is known."""
    count = (~np.isnan(outcomes.costs)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(count, np.nansum(outcomes.costs, axis=0) / count, np.nan))


def find_trust(scores: Vector, averages: Vector, residuals: Vector, hardness: Vector) -> Trust:
    """The factors with the least squared error on held-out prompts."""
    asked = ~np.isnan(scores)
    shared = np.broadcast_to(residuals.mean(axis=1, keepdims=True), residuals.shape)
    told = np.stack([shared[asked], (residuals - shared)[asked]])
    gram = told @ told.T + np.eye(2) * 1e-9
    common, own = np.clip(np.linalg.solve(gram, told @ (scores - averages)[asked]), 0, 1).tolist()
    typical = float(hardness.mean())
    return Trust(common, own, _sway(scores, averages, harder(hardness, typical)), typical)


def _sway(scores: Vector, averages: Vector, above: Vector) -> float:
    """How far failures grow with general difficulty on held-out prompts: least squares."""
    asked = ~np.isnan(scores)
    told = (above * (1 - averages))[asked]
    sway = (USUAL_SWAY * SWAY_PRECISION - told @ (scores - averages)[asked]) / (SWAY_PRECISION + told @ told)
    return float(np.clip(sway, MIN_SWAY, MAX_SWAY))
