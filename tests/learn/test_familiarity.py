"""What was learned about a model is believed for prompts like those that it was judged on, and for no others."""

from __future__ import annotations

import numpy as np
import pytest
from muxer.core.features import Features
from muxer.learn.clusters import FARTHEST, assign, find_clusters, find_homes
from muxer.learn.conversation import Conversation, read
from muxer.learn.familiarity import SIGNS, Limits, find_limits, kind_of
from muxer.learn.fit import Fit, Reading, read_prompts, tell_all
from numpy.typing import NDArray
from scipy import sparse

from tests.learn.traffic import CHATTER, SUMS, THINGS

KINDS = 4.0, -4.0
"""Where two invented kinds of prompt lie, in each of three numbers of structure."""


def prompts_at(*places: float, each: int = 200) -> NDArray[np.float32]:
    noise = np.random.default_rng(3).normal(scale=0.2, size=(len(places) * each, 3))
    return (np.repeat(places, each)[:, None] + noise).astype(np.float32)


def without_terms(prompts: int) -> sparse.csr_matrix:
    return sparse.csr_matrix((prompts, 5), dtype=np.float32)


def shape_distance(shapes: NDArray[np.float32], asked: NDArray[np.bool_], at: float) -> NDArray[np.float64]:
    kind = kind_of(shapes, without_terms(len(shapes)), asked)
    return kind.strangeness((at, at, at), [], np.zeros(0, np.float32))[0]


def features(*texts: str) -> list[Features]:
    return [read(Conversation(prompt=text)) for text in texts]


def reading(*texts: str) -> Reading:
    return read_prompts(features(*texts), lambda _: 0.0)


def test_groups_that_lie_apart_become_clusters() -> None:
    points = prompts_at(*KINDS)
    cluster = assign(points, find_clusters(points, 8, unit=False))

    assert not set(cluster[:200]) & set(cluster[200:])


def test_what_lies_between_two_kinds_of_prompt_is_strange() -> None:
    shapes = prompts_at(*KINDS)
    between, inside = (shape_distance(shapes, np.ones((400, 1), bool), at) for at in (0.0, KINDS[0]))

    assert between[0] > 20 * inside[0]


def test_each_model_is_at_home_where_it_was_judged() -> None:
    asked = np.zeros((400, 2), bool)
    asked[:200, 0] = asked[200:, 1] = True
    distance = shape_distance(prompts_at(*KINDS), asked, KINDS[0])

    assert distance[0] < 0.1 < distance[1]


def test_a_model_that_is_judged_seldom_everywhere_is_at_home_where_its_share_is() -> None:
    cluster = np.repeat(np.arange(10), 20)
    asked = np.zeros((200, 2), bool)
    asked[::20, 0] = True
    asked[:10, 1] = True
    homes = find_homes(cluster, 10, asked)

    assert homes.members[homes.crowd[0]].all()
    assert homes.members[homes.crowd[1]].tolist() == [True] + [False] * 9


def test_a_model_without_a_home_is_as_far_as_can_be() -> None:
    homes = find_homes(np.zeros(10, np.int64), 1, np.zeros((10, 1), bool))

    assert homes.nearest(np.zeros(1, np.float32)).tolist() == [FARTHEST]
    assert homes.nearest_all(np.zeros((2, 1), np.float32)).tolist() == [[FARTHEST], [FARTHEST]]


def test_most_prompts_of_the_same_traffic_are_wholly_familiar_and_the_oddest_are_not_at_all() -> None:
    strangeness = np.tile(np.arange(1000.0)[:, None], (SIGNS, 1, 1))
    familiarity = find_limits(strangeness, np.ones((1000, 1), bool)).familiarity(strangeness)[:, 0]

    assert (familiarity[:899] == 1).all()
    assert (familiarity[991:] == 0).all()
    assert 0.4 < familiarity[945] < 0.6


@pytest.mark.parametrize("sign", range(SIGNS))
def test_one_bad_sign_is_enough(sign: int) -> None:
    limits = Limits(near=np.ones((SIGNS, 2)), far=np.full((SIGNS, 2), 2.0))
    strangeness = np.zeros((SIGNS, 2))
    strangeness[sign, 1] = 3.0

    assert limits.familiarity(strangeness).tolist() == [1, 0]


@pytest.mark.parametrize("sign", range(SIGNS))
def test_a_doubt_counts_for_less_when_the_other_signs_have_none(sign: int) -> None:
    limits = Limits(near=np.ones((SIGNS, 2)), far=np.full((SIGNS, 2), 2.0))
    strangeness = np.zeros((SIGNS, 2))
    strangeness[:, 0] = strangeness[sign, 1] = 1.5
    all_doubt, one_doubts = limits.familiarity(strangeness)

    assert all_doubt == pytest.approx(0.5)
    assert one_doubts == pytest.approx(0.75)


def test_familiarity_fades_without_a_jump_as_a_sign_grows_worse() -> None:
    limits = Limits(near=np.ones((SIGNS, 1)), far=np.full((SIGNS, 1), 2.0))
    strangeness = np.zeros((SIGNS, 201, 1))
    strangeness[0, :, 0] = np.linspace(0.5, 2.5, 201)
    steps = np.diff(limits.familiarity(strangeness)[:, 0])

    assert (steps <= 0).all()
    assert steps.min() > -0.03


def test_foreign_prompts_are_unfamiliar_and_those_of_the_traffic_are_not(fitted: Fit) -> None:
    own = [frame.format(f"{THINGS[0]} and {THINGS[1]} 7", n=7) for frame in CHATTER + SUMS]
    foreign = [
        "Quels fromages se marient bien avec un vin jaune du Jura ?",
        "def f(x):\n    return sorted(x)[::-1]\n\nWhat does f([3, 1, 2]) return, and why?",
        "A baker sells 14 loaves at $3 each and half as many rolls at 50 cents. How much does she earn in 5 days?",
    ]

    def familiarity(texts: list[str]) -> list[float]:
        learned, limits = fitted.model.learned, fitted.model.limits
        return [float(limits.familiarity(learned.tell(f).strangeness).max()) for f in features(*texts)]

    assert np.mean(familiarity(own)) > 0.9
    assert familiarity(foreign) == [0, 0, 0]


def test_many_prompts_are_told_what_each_alone_is_told(fitted: Fit) -> None:
    texts = ["Tell me about moss and tea", "Solve tea and gold * x^2 = 12 for x", "Bonjour !", ""]
    together = tell_all(fitted.model.learned, reading(*texts), np.arange(len(texts)))

    for i, one in enumerate(features(*texts)):
        alone = fitted.model.learned.tell(one)
        assert together.residual[i] == pytest.approx(alone.residual, abs=1e-5)
        assert together.strangeness[:, i] == pytest.approx(alone.strangeness, abs=1e-4)
