"""Globs mean what they do in the standard library."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import example, given, settings
from hypothesis import strategies as st
from muxer.core.glob import Names

PIECES = (
    "*",
    "?",
    "a",
    "b",
    "-",
    "ab",
    "[ab]",
    "[!a]",
    "[a-c]",
    "[c-a]",
    "[!c-a]",
    "[]a]",
    "[!]a]",
    "[a",
    "[",
    "]",
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
