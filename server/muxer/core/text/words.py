"""Cuts a text into words in one pass: lower-case words, numbers, single signs, and the characters of scripts that put
no blanks between words."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[^\w\s]|_")


def words_of(text: str) -> list[str]:
    """The words, numbers and signs of a text, in their order and in lower case. A run of Chinese is one word here."""
    return _WORD.findall(text.lower().replace("\u2019", "'"))
