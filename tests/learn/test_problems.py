"""Composed word problems: whole sentences, the same ones every time, harder with every step."""

from __future__ import annotations

import pytest

from training.routing.problems import Problem, problems


@pytest.fixture(scope="module")
def composed() -> list[Problem]:
    return problems()


def test_composing_is_deterministic(composed: list[Problem]) -> None:
    assert composed == problems()


def test_no_blank_is_left_open(composed: list[Problem]) -> None:
    assert not [problem for problem in composed if set("{}") & set(problem.text)]


def test_every_problem_ends_with_a_question(composed: list[Problem]) -> None:
    assert all(problem.text.endswith("?") for problem in composed)


def test_problems_of_more_sentences_are_harder_on_average(composed: list[Problem]) -> None:
    by_sentences: dict[int, list[float]] = {}
    for problem in composed:
        by_sentences.setdefault(problem.text.count(". "), []).append(problem.difficulty)
    means = [sum(levels) / len(levels) for _, levels in sorted(by_sentences.items())]

    assert means == sorted(means)
