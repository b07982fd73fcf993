"""The ways in which people put the same request differently: what a rewording is in the tests."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType


def _swap(text: str, dice: random.Random) -> str:
    at = dice.choice([i for i in range(len(text) - 1) if text[i : i + 2].isalpha()])
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _drop(text: str, dice: random.Random) -> str:
    at = dice.choice([i for i, sign in enumerate(text) if sign.isalpha()])
    return text[:at] + text[at + 1 :]


def _double(text: str, dice: random.Random) -> str:
    at = dice.choice([i for i, sign in enumerate(text) if sign.isalpha()])
    return text[: at + 1] + text[at:]


REWORDINGS: Mapping[str, Callable[[str, random.Random], str]] = MappingProxyType(
    {
        "lower case": lambda text, _: text.lower(),
        "upper case": lambda text, _: text.upper(),
        "other case of the first letter": lambda text, _: text[:1].swapcase() + text[1:],
        "two letters swapped": _swap,
        "a letter left out": _drop,
        "a letter doubled": _double,
        "please": lambda text, _: f"Please help me: {text}",
        "could you": lambda text, _: f"Could you help me with this? {text}",
        "a greeting": lambda text, _: f"Hi! {text}",
        "thanks": lambda text, _: f"{text} Thank you!",
        "thanks in advance": lambda text, _: f"{text}\n\nThanks in advance.",
        "blanks around it": lambda text, _: f"  {text}  \n",
        "double blanks": lambda text, _: text.replace(" ", "  "),
        "line breaks around it": lambda text, _: f"\n{text}\n\n",
        "no full stop": lambda text, _: text.rstrip(".?!。？"),
    }
)
"""Case, typing errors, politeness, blanks and punctuation. Which letter is hit is left to the dice."""


def reworded(text: str) -> Iterator[tuple[str, str]]:
    """Every rewording of a text that has letters, with its name; always the same ones for the same text."""
    dice = random.Random(text)
    return ((name, reword(text, dice)) for name, reword in REWORDINGS.items())
