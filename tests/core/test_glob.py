"""Globs mean what they do in the standard library, and cost next to nothing."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from muxer.core.glob import Names

from tests.core.shipped import WORLD

PIECES = ("*", "?", "a", "b", "-", "ab", "[ab]", "[!a]", "[a-c]", "[c-a]", "[!c-a]", "[]a]", "[!]a]", "[a", "[", "]")
PIECES += (
    "!",
    "[!",
    "[]",
    "[!]",
    "[-a]",
    "[a-]",
    "[a-b-c]",
    "[^a]",
    "[[a]",
    "^",
    "\\",
    "[\\]",
    "[*?]",
    "[&~|]",
    ".",
    "\n",
)

globs = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
names = st.text(st.sampled_from("abcd-]![^\\*?.&\n"), max_size=10)


@settings(max_examples=1_000)
@given(globs, st.lists(names, unique=True, max_size=4))
@example("[!]", ["a"])
@example("*a*ab", ["aab", "abab", "aa"])
@example("a*a", ["a", ""])
def test_globs_mean_what_they_do_in_the_standard_library(glob: str, several: list[str]) -> None:
    assert Names(several).matched([glob]) == {name for name in several if fnmatchcase(name, glob)}


@given(st.lists(globs, max_size=4), st.lists(names, unique=True, max_size=4))
def test_one_glob_that_matches_is_enough(some: list[str], several: list[str]) -> None:
    matched = Names(several).matched(some)

    assert matched == {name for name in several if any(fnmatchcase(name, glob) for glob in some)}


MODELS = tuple(WORLD.catalog.models)
LONG = [*("*a" * 128, "*?" * 128, "?*" * 128), "*[a-z]" * 42, "*[!#]" * 51, "[" + "xyz" * 80 + "]*[" + "a-z"]
USUAL = [f"{provider}:model-{number}*" for provider in ("anthropic", "openai", "*") for number in range(43)][:128]


@pytest.mark.parametrize(("several", "allowed_s"), [(USUAL, 0.003), *(([glob] * 128, 0.02) for glob in LONG)])
def test_as_many_globs_as_a_request_may_bring_take_no_time(several: list[str], allowed_s: float) -> None:
    all_names = Names(MODELS)

    assert min(_seconds(all_names, several) for _ in range(10)) < allowed_s


def _seconds(all_names: Names, several: list[str]) -> float:
    started = time.perf_counter()
    all_names.matched(several)
    return time.perf_counter() - started
