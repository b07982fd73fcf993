"""Ids of tool calls that one provider made, in a form that another one accepts."""

from __future__ import annotations

import hashlib
import re
import string

_ALPHANUMERIC = string.digits + string.ascii_letters
_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def alphanumeric_id(text: str, length: int) -> str:
    """The id itself if it has exactly this many letters and digits, else a hash of it that has. The same id always
    gives the same result, so a call and its answer still belong together."""
    if len(text) == length and text.isascii() and text.isalnum():
        return text
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    letters = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHANUMERIC))
        letters.append(_ALPHANUMERIC[digit])
    return "".join(letters)


def word_id(text: str) -> str:
    """The id itself if it has only letters, digits, `_` and `-`, else a hash of it that has."""
    return text if _WORD.fullmatch(text) else "call_" + alphanumeric_id(text, 24)
