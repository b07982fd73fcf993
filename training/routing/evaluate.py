"""Judges difficulty and quality heads on prompts that they have not seen: questions apart, or whole data sets apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec import Struct
from muxer.core.difficulty import parse
from muxer.core.features import Features
from muxer.learn import fit as learn
from muxer.learn.conversation import Conversation
from muxer.learn.curve import Pool
from muxer.learn.familiarity import Limits
from muxer.learn.outcomes import Outcomes as Recorded
from muxer.learn.quality_model import QualityModel, combine
from numpy.typing import NDArray

from training.routing.data import Outcomes, features_of, parts
from training.routing.examples import examples
from training.routing.fit import anchors, fit, pack
from training.routing.metrics import PairScore, oracle_share, pair_score
from training.routing.pools import PAIRS, POOLS, TRANSFER, columns

Vector = NDArray[np.float64]

MIN_PROMPTS = 100
"""A pool is not judged on fewer prompts of a group."""

DRAWS = 5
"""How often 30 % of the questions are drawn to be judged."""

Tell = Callable[[str], None]


class Case(Struct, frozen=True):
    """The outcomes and their prompts, read; `group` is what each prompt is held out with to see transfer."""

    outcomes: Outcomes
    features: list[Features]
    group: NDArray[np.int64]


class Held(Struct, frozen=True):
    """Predictions for prompts that were not seen: quality by prompt and model, and the models' averages likewise."""

    quality: Vector
    averages: Vector


class Fitted(Held, frozen=True):
    """The same by cross-validation, and the model that was fitted to everything in the end."""

    model: QualityModel
    fold: NDArray[np.int64]


def read(outcomes: Outcomes) -> Case:
    """Reads all prompts."""
    group = np.array([TRANSFER[name] for name in outcomes.named().tolist()])
    return Case(outcomes, [features_of(prompt) for prompt in outcomes.prompts], group)


def difficulty_elsewhere(case: Case, tell: Tell) -> Vector:
    """Difficulty of each prompt by a model that saw no data set of its group, trained as the shipped one is."""
    out = np.zeros(len(case.features))
    for group in np.unique(case.group):
        tell(f"difficulty without group {group + 1}")
        rest = _without(case, case.group == group)
        model = parse(pack(fit([*examples(rest), *anchors()])))
        for i in np.flatnonzero(case.group == group):
            out[i] = model.log_odds(case.features[i])
    return out


def questions_apart(case: Case, hardness: Vector, tell: Tell) -> Fitted:
    """Quality by cross-validation over questions: `modelmuxer fit` as it is, with equal questions kept together."""
    read_once = learn.read_prompts(case.features, lambda _: 0.0)
    fold = parts(case.outcomes.prompts, learn.FOLDS)
    reading = learn.Reading(read_once.terms, read_once.shapes, hardness, fold)
    fitted = learn.fit_reading(reading, _recorded(case.outcomes), lambda stage, _: tell(stage))
    averages = np.zeros_like(fitted.held_out)
    for part in range(learn.FOLDS):
        averages[fold == part] = learn.means(case.outcomes.scores[fold != part])
    return Fitted(fitted.held_out, averages, fitted.model, fold)


def drawn_apart(case: Case, hardness: Vector, fitted: Fitted, tell: Tell) -> list[Held]:
    """Quality of 30 % of the questions, fitted to the other 70 %, for several draws; equal questions are kept together.
    Fewer prompts to learn from than by `questions_apart`, more to judge by."""
    reading = learn.read_prompts(case.features, lambda _: 0.0)
    found = []
    for draw in range(DRAWS):
        tell(f"heads from 70 % of the questions, {draw + 1} of {DRAWS}")
        judged = parts(case.outcomes.prompts, 10, salt=f"draw {draw}") < 3
        held = _unknown(case)
        _foretell(held, case, reading, hardness, fitted, judged)
        found.append(held)
    return found


def datasets_apart(case: Case, hardness: Vector, fitted: Fitted, tell: Tell) -> Held:
    """Quality of prompts whose whole group of data sets was left out of the fit."""
    reading = learn.read_prompts(case.features, lambda _: 0.0)
    held = _unknown(case)
    for group in np.unique(case.group):
        tell(f"heads without group {group + 1}")
        _foretell(held, case, reading, hardness, fitted, case.group == group)
    return held


def _unknown(case: Case) -> Held:
    return Held(*(np.full_like(case.outcomes.scores, np.nan) for _ in range(2)))


def _foretell(
    held: Held, case: Case, reading: learn.Reading, hardness: Vector, fitted: Fitted, judged: NDArray[np.bool_]
) -> None:
    """Fits learners to the prompts that are not judged and enters what they predict for those that are. How far they
    are believed is what `fitted` found."""
    scores = case.outcomes.scores
    rest, rows = np.flatnonzero(~judged), np.flatnonzero(judged)
    models = np.flatnonzero((~np.isnan(scores[rest])).any(axis=0))
    known = scores[np.ix_(rest, models)]
    means = learn.means(known)
    told = learn.tell_all(learn.learn(reading, rest, known - means), reading, rows)
    limits = Limits(fitted.model.limits.near[:, models], fitted.model.limits.far[:, models])
    familiarity = limits.familiarity(told.strangeness)
    cells = np.ix_(rows, models)
    held.quality[cells] = combine(means, fitted.model.trust, told.residual, familiarity, hardness[rows])
    held.averages[cells] = means


def pair_scores(outcomes: Outcomes, need: Callable[[int, int], Vector]) -> dict[str, PairScore]:
    """Every pair, ordered by `need(strong, weak)`: how much each prompt needs the strong model, NaN for «not known»."""
    found = {}
    for name, pair in PAIRS.items():
        strong, weak = outcomes.models.index(pair.strong), outcomes.models.index(pair.weak)
        wanted = need(strong, weak)
        known = np.char.startswith(outcomes.named(), pair.where) & ~outcomes.contaminated & ~np.isnan(wanted)
        known &= ~np.isnan(outcomes.scores[:, strong]) & ~np.isnan(outcomes.scores[:, weak])
        if known.any():
            found[name] = pair_score(wanted[known], outcomes.scores[known, strong], outcomes.scores[known, weak])
    return found


def by_fold(predicted: Vector, fold: NDArray[np.int64]) -> list[Vector]:
    """Predictions for each fold alone, NaN elsewhere."""
    return [np.where((fold == part)[:, None], predicted, np.nan) for part in np.unique(fold)]


def pool_shares(outcomes: Outcomes, predictions: list[Vector]) -> dict[str, tuple[float, float]]:
    """Every pool's share of the way from the best fixed mix to the oracle: mean over the folds or draws, and its
    standard error (too small for draws, which overlap). They are judged one by one: what a model is believed to score
    on average differs a little between them. Prompts that nothing was predicted for do not count."""
    found = {}
    for name in POOLS:
        shares = [oracle_share(*pool_of(outcomes, predicted, name)) for predicted in predictions]
        found[name] = (float(np.mean(shares)), float(np.std(shares) / np.sqrt(len(shares) - 1)))
    return found


def shares_by_group(case: Case, held: Held) -> dict[tuple[str, int], tuple[int, float, float]]:
    """Each pool in each group of data sets that was left out: prompts, and the share of the way to the oracle with the
    fitted heads and with the models' averages. Groups are judged one by one: averages differ from one to the next."""
    found = {}
    for name in POOLS:
        for group in np.unique(case.group).tolist():
            inside = (case.group == group)[:, None]
            pool, _ = pool_of(case.outcomes, np.where(inside, held.quality, np.nan), name)
            fixed, _ = pool_of(case.outcomes, np.where(inside, held.averages, np.nan), name)
            if len(pool.scores) >= MIN_PROMPTS:
                cost = pool.costs.mean(axis=0)
                found[name, group] = (len(pool.scores), oracle_share(pool, cost), oracle_share(fixed, cost))
    return found


def pool_of(outcomes: Outcomes, predicted: Vector, name: str) -> tuple[Pool, Vector]:
    """The prompts of a pool for which every model's quality was predicted, and the models' mean costs."""
    rows, models = columns(outcomes, name)
    mean_cost = outcomes.costs[np.ix_(rows, models)].mean(axis=0)
    cells = np.ix_(rows[~np.isnan(predicted[np.ix_(rows, models)]).any(axis=1)], models)
    names = [outcomes.models[j] for j in models]
    return Pool(names, outcomes.scores[cells], outcomes.costs[cells], predicted[cells]), mean_cost


def _without(case: Case, left_out: NDArray[np.bool_]) -> Outcomes:
    kept, o = ~left_out, case.outcomes
    prompts = [prompt for prompt, keep in zip(o.prompts, kept, strict=True) if keep]
    return Outcomes(
        prompts,
        o.source[kept],
        o.dataset[kept],
        o.contaminated[kept],
        o.models,
        o.scores[kept],
        o.costs[kept],
        o.tokens[kept],
    )


def _recorded(outcomes: Outcomes) -> Recorded:
    asked = [Conversation(prompt=prompt) for prompt in outcomes.prompts]
    return Recorded(asked, outcomes.models, outcomes.scores, outcomes.costs)
