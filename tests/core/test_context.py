"""Whether prompt and answer fit into a context."""

from __future__ import annotations

import pytest
from muxer.core.candidate import assess
from muxer.core.context import overflow
from muxer.core.hurdles import Hurdle
from muxer.core.prepared import prepared

from tests.core.builders import TODAY, catalog, demand, model


@pytest.mark.parametrize(
    ("max_input", "window", "prompt", "answer", "expected"),
    [
        (0, 0, 10**9, 10**9, None),
        (100, 0, 100, 10**9, None),
        (100, 0, 101, 0, (101, 100)),
        (0, 100, 60, 40, None),
        (0, 100, 60, 41, (101, 100)),
        (50, 100, 51, 10, (51, 50)),
        (50, 100, 50, 51, (101, 100)),
    ],
)
def test_a_prompt_fits_up_to_its_limit_and_with_the_answer_up_to_the_window(
    max_input: int, window: int, prompt: int, answer: int, expected: tuple[int, int] | None
) -> None:
    assert overflow(model("p:m", max_input=max_input, window=window), prompt, answer) == expected


@pytest.mark.parametrize(
    ("prompt_tokens", "pinned", "fell_at"),
    [
        (500, False, None),
        (501, False, Hurdle.CONTEXT),
        (501, True, None),
        (625, True, None),
        (626, True, Hurdle.CONTEXT),
    ],
)
def test_a_prompt_counts_double_for_claudes_newer_tokenizers_but_as_usual_when_the_model_was_named(
    prompt_tokens: int, pinned: bool, fell_at: Hurdle | None
) -> None:
    claude = prepared(catalog(model("p:claude", max_input=1_000, factor=1.6)), TODAY)["p:claude"]

    assert assess(claude, demand(prompt_tokens=prompt_tokens, pinned=pinned)).fell_at is fell_at


@pytest.mark.parametrize(("max_tokens", "fell_at"), [(None, None), (900, None), (901, Hurdle.CONTEXT)])
def test_room_is_kept_for_max_tokens_or_else_for_the_expected_answer(
    max_tokens: int | None, fell_at: Hurdle | None
) -> None:
    small = prepared(catalog(model("p:m", window=1_000)), TODAY)["p:m"]

    assert assess(small, demand(prompt_tokens=100, expected=100, max_tokens=max_tokens)).fell_at is fell_at
