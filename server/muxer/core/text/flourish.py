"""Leaves out dots and exclamation marks at the end of a text that tell of a mood, and not of what is asked for.

A single full stop stays, and so does what may mean something: `5!`, `(n + 1)!`, `2, 4, 8, ...`.
"""

from __future__ import annotations

import re

REACH = 40
"""Characters at the end that are looked at."""

_FLOURISH = re.compile(r"(?:(?<=[^\W\d_]{2})|(?<=[.?\u3002\uff1f]))\s*(?:\.{3}|\u2026|[!\uff01])+$")


def without_flourish(text: str) -> str:
    """The text without such marks at its end."""
    if not text.endswith((".", "\u2026", "!", "\uff01")):
        return text
    return text[:-REACH] + _FLOURISH.sub("", text[-REACH:], count=1)
