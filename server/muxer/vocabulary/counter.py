"""Loads what counts tokens: toktok with the vocabulary o200k_base, else the estimate of `core.tokens`.

toktok counts 500 characters of prose in 1.5 microseconds and agreed with tiktoken on each of 94,000 texts. Its
vocabulary is compiled in; loading it takes a third of a second and 50 MB: do it at start-up. A platform without it
still serves, with the estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from msgspec import Struct

from muxer.core import tokens
from muxer.vocabulary.long_text import bounded

VOCABULARY = "o200k_base"
"""OpenAI's, and what `token_factor` in prices.json refers to."""


class Counter(Struct, frozen=True):
    """Counts the tokens of a text. What it reads is plain text: `<|endoftext|>` in it is seven tokens, not one."""

    name: str
    """`o200k_base`, or `estimate`."""
    exact: bool
    count: Callable[[str], int]


ESTIMATE = Counter("estimate", False, tokens.count)
"""Needs no vocabulary, and is 7 % off on average."""


def load_counter(library: str = "toktok") -> Counter:
    """The best counter that this installation has. The first call loads the vocabulary, the next ones share it."""
    try:
        # One text at a time is not among what toktok exports: `batch_count` costs 10 microseconds a call, this 0.1.
        count = import_module(library)._encoding(VOCABULARY).count
    except (ImportError, AttributeError, KeyError):
        return ESTIMATE
    return Counter(VOCABULARY, True, bounded(_of_any_text(count)))


def _of_any_text(count: Callable[[str], int]) -> Callable[[str], int]:
    """Halves of surrogate pairs have no UTF-8, but may stand in JSON: they are counted as U+FFFD, as in tiktoken."""

    def count_any(text: str) -> int:
        try:
            return count(text)
        except UnicodeEncodeError:
            return count(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))

    return count_any
