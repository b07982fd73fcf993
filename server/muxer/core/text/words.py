"""Cuts a text into words in one pass: lower-case words, numbers in ASCII digits or others, and single signs."""

from __future__ import annotations

import re
import unicodedata

_NO_LETTER = (
    r"\s\d!-/:-@\[-`{-~"  # blanks, digits, ASCII punctuation
    "\u00a1-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7"  # Latin-1 punctuation
    "\u060c\u061b\u061f\u06d4\u0964\u0965"  # Arabic and Indic punctuation
    "\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u30fb\ufe30-\ufe4f\uff00-\uff0f\uff1a-\uff20"
    "\U0001f000-\U0001faff"  # pictographs
)
"""What ends a word. Combining marks do not: `\\w` would cut the words of Hindi and Thai at their vowel signs."""

_WORD = re.compile(rf"[^{_NO_LETTER}]+(?:'[^{_NO_LETTER}]+)?|\d+|\S")

_ASCII_WORD = re.compile(r"[a-z\x00-\x08\x0e-\x1b\x7f]+(?:'[a-z\x00-\x08\x0e-\x1b\x7f]+)?|[0-9]+|[!-/:-@\[-`{-~]")
"""The same for lower-case ASCII alone, where what a letter is takes fewer ranges to tell and a quarter less time."""


def words_of(text: str) -> list[str]:
    """The words, numbers and signs of a text, in their order and in lower case. A run of Chinese is one word here."""
    if text.isascii():
        return _ascii_words(text.lower())
    text = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    return _WORD.findall(text.lower())


def _ascii_words(text: str) -> list[str]:
    """The same of lower-case ASCII. Blanks alone part most words of prose, once its commonest signs stand between some;
    only what else holds a sign or a number is shown to the pattern. That takes half the time, and for code no more."""
    words: list[str] = []
    for piece in text.replace(",", " , ").replace(".", " . ").split():
        if piece.isalpha() or len(piece) == 1:
            words.append(piece)
        else:
            words += _ASCII_WORD.findall(piece)
    return words
