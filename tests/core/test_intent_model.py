"""The weights file and the arithmetic of packed lanes, against plain floating point."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.intent_model import LABELS, LANES, Calibration, parse, render

CALIBRATION = Calibration(temperature=1.0, slope=1.0, shift=0.0, threshold=0.5)
WEIGHT_UNIT, NORM_UNIT = 0.001, 0.002

lanes = st.lists(st.integers(-32_000, 32_000), min_size=LANES - 1, max_size=LANES - 1)
columns = st.lists(st.tuples(lanes, st.integers(1, 32_000)), min_size=1, max_size=30)
biases = st.lists(st.floats(-3, 3), min_size=LANES - 1, max_size=LANES - 1)


def records(table: list[tuple[list[int], int]]) -> list[list[int]]:
    """The lanes of each term: its weights, then its square."""
    return [[*values, square] for values, square in table]


@given(columns, biases)
def test_packed_sums_give_the_probabilities_of_plain_arithmetic(
    table: list[tuple[list[int], int]], bias: list[float]
) -> None:
    terms = [f"term{at}" for at in range(len(table))]
    scores = parse(render(terms, records(table), bias, WEIGHT_UNIT, NORM_UNIT, CALIBRATION)).score([*terms, "unheard"])

    norm = math.sqrt(NORM_UNIT * sum(square for _, square in table))
    logits = [
        round(base, 6) + WEIGHT_UNIT * sum(values[lane] for values, _ in table) / norm for lane, base in enumerate(bias)
    ]
    highest = max(logits[:-1])
    powers = [math.exp(logit - highest) for logit in logits[:-1]]
    assert [power / sum(powers) for power in powers] == pytest.approx(list(scores.labels), abs=1e-9)
    assert 1 / (1 + math.exp(-max(-60.0, min(60.0, logits[-1])))) == pytest.approx(scores.unsafe, abs=1e-9)
    assert len(table) == scores.known


def test_terms_of_any_script_survive_the_file() -> None:
    terms = ["hello", "你好", "a b", "^what is", "#size3", "s:you", "$?", "é*"]
    table = [([at] * (LANES - 1), 1) for at in range(len(terms))]

    model = parse(render(terms, records(table), [0.0] * (LANES - 1), WEIGHT_UNIT, NORM_UNIT, CALIBRATION))

    assert len(terms) == model.score(terms).known


def test_calibration_is_kept_in_the_file() -> None:
    chosen = Calibration(temperature=0.6123, slope=1.2, shift=-0.25, threshold=0.75)

    data = render(["a"], [[1] * LANES], [0.0] * (LANES - 1), WEIGHT_UNIT, NORM_UNIT, chosen)

    assert chosen == parse(data).calibration


def test_without_a_known_term_the_bias_speaks() -> None:
    bias = [2.0, *[0.0] * (len(LABELS) - 1), -5.0]
    model = parse(render(["a"], [[1] * LANES], bias, WEIGHT_UNIT, NORM_UNIT, CALIBRATION))

    scores = model.score(["unheard"])

    assert scores.labels.index(max(scores.labels)) == 0
    assert scores.unsafe < 0.01
