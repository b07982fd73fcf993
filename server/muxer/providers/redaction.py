"""Blots keys out of a provider's words: several providers repeat the key that they refuse."""

from __future__ import annotations

import base64
import re
import urllib.parse

BLOT = "[redacted]"

_WINDOW = 8
"""Characters in a row that a word may at most share with the key, less one."""

_KEY_LIKE = re.compile(
    r"\b(?:sk|gsk|pk|rk|xai)[-_][\w*.\-]{6,}"  # with the prefixes that vendors use
    r"|\bAIza[\w*.\-]{6,}"
    r"|\bya29\.[\w.\-]+"
    r"|\beyJ[\w\-]{8,}\.[\w.\-]+"
    r"|(?i:\bbearer\s+)[^\s\"',;]+",
)
_WORD = re.compile(r"[^\s\"'<>,;()\[\]{}]+")


def redacted(text: str, key: str) -> str:
    """The text without anything that looks like a key, and without the words that share eight characters with this
    one, be it plain, URL-encoded or in base64."""
    text = _KEY_LIKE.sub(BLOT, text)
    if len(key) < _WINDOW:
        return text
    forms = " ".join((key, urllib.parse.quote(key, safe=""), *_base64_forms(key)))
    return _WORD.sub(lambda word: BLOT if _overlaps(word[0], forms) else word[0], text)


def _base64_forms(key: str) -> list[str]:
    """The key within base64 at each of the three alignments."""
    return [base64.b64encode(b"\0" * shift + key.encode()).decode().rstrip("=") for shift in range(3)]


def _overlaps(word: str, forms: str) -> bool:
    return any(word[i : i + _WINDOW] in forms for i in range(len(word) - _WINDOW + 1))
