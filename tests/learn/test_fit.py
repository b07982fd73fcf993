"""Fitting finds what is there, and believes nothing where nothing is."""

from __future__ import annotations

import random

import numpy as np
from muxer.learn.fit import Fit, fit
from muxer.learn.outcomes import Row, gather
from muxer.learn.quality_model import Trust, general

from tests.learn.traffic import CHEAP, DEAR, sums_need_the_dear_one


def silent(stage: str, share: float) -> None:
    pass


def test_the_model_that_fails_at_a_kind_of_prompt_is_found_out(fitted: Fit) -> None:
    chatter = fitted.model.predict("Tell me about moss and tea")
    sums = fitted.model.predict("Solve tea and gold * x^2 = 12 for x")

    assert chatter[CHEAP] > 0.75
    assert sums[CHEAP] < 0.5
    assert min(chatter[DEAR], sums[DEAR]) > 0.75


def test_held_out_predictions_order_the_prompts_by_need(fitted: Fit) -> None:
    outcomes = sums_need_the_dear_one(400)
    gap = fitted.held_out[:, outcomes.models.index(DEAR)] - fitted.held_out[:, outcomes.models.index(CHEAP)]
    hard = np.arange(400) % 2 == 1

    assert gap[hard].min() > gap[~hard].max()


def test_an_unfamiliar_prompt_falls_back_to_the_means(fitted: Fit) -> None:
    quality = fitted.model.predict("Quels fromages se marient bien avec un vin jaune du Jura ?")
    means = dict(zip(fitted.model.models, fitted.model.mean.tolist(), strict=True))

    assert all(abs(quality[name] - means[name]) < 0.15 for name in means)
    assert quality[CHEAP] < quality[DEAR]


def test_of_two_unfamiliar_prompts_the_harder_one_needs_the_better_model_more() -> None:
    means, trust = np.array([0.6, 0.9]), Trust(common=1, own=1, sway=0.5, typical=-0.5)
    quality = means + general(means, trust, np.linspace(-5, 5, 11))

    assert (np.diff(quality, axis=0) < 0).all()
    assert (np.diff(quality[:, 1] - quality[:, 0]) > 0).all()


def test_scores_without_rhyme_or_reason_teach_nothing() -> None:
    draw = random.Random(7)
    outcomes = gather(
        Row(prompt=f"Question {i} about {draw.choice('abcdefgh')}", model=model, score=float(draw.random() < 0.5))
        for i in range(300)
        for model in ("one", "two")
    )
    found = fit(outcomes, silent)

    assert np.abs(found.held_out - found.model.mean).mean() < 0.06


def test_a_model_that_was_asked_about_other_prompts_than_the_rest_is_learned_too() -> None:
    outcomes = sums_need_the_dear_one(300)
    outcomes.scores[:150, 0] = np.nan
    outcomes.scores[150:, 1] = np.nan
    quality = fit(outcomes, silent).model.predict("Solve tea and gold * x^2 = 12 for x")

    assert quality[CHEAP] < 0.5 < quality[DEAR]


def test_a_single_model_can_be_fitted() -> None:
    outcomes = gather(Row(prompt=f"What is {i} plus {i}?", model="only", score=i % 2) for i in range(60))
    assert 0 <= fit(outcomes, silent).model.predict("What is 3 plus 4?")["only"] <= 1


def test_the_same_outcomes_give_the_same_model() -> None:
    outcomes = sums_need_the_dear_one(80)
    one, other = (fit(outcomes, silent).model for _ in range(2))

    assert one.predict("Solve tea * x^2 = 12 for x") == other.predict("Solve tea * x^2 = 12 for x")


def test_whoever_waits_is_told_how_far_the_fit_is() -> None:
    shares: list[float] = []
    fit(sums_need_the_dear_one(60), lambda stage, share: shares.append(share))

    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
