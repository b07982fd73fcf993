"""Globs over names: `*` stands for any text, `?` for any character, `[...]` for one of several; the whole name must
match, in its own case. They mean what they do in the standard library's `fnmatch`.

That one makes a regular expression of every glob, which takes up to a millisecond, and a request may bring 128 of its
own. Here a glob is read once, from left to right, for all names together. One long integer has a bit for every place in
every name: those up to which the names fit what was read so far. A character moves the bits before it one place on, and
a star lets all places after the first one fit (Baeza-Yates and Gonnet, «A New Approach to Text Searching», 1992).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

_PART = re.compile(r"\*+|\?|\[!?+\]?+[^\]]*+\]|.", re.DOTALL)
"""A class that is never closed is no class: its bracket stands for itself."""


class Names:
    """Names to match globs with, each of which comes once."""

    def __init__(self, names: Iterable[str]) -> None:
        self._ends: dict[str, int] = {}
        self._starts = self._places = self._guards = 0
        standing: dict[str, int] = {}
        at = 0
        for name in names:
            self._starts |= 1 << at
            for char in name:
                standing[char] = standing.get(char, 0) | 1 << at
                self._places |= 1 << at
                at += 1
            self._ends[name] = 1 << at
            self._places |= 1 << at
            self._guards |= 1 << (at + 1)
            at += 2
        self._standing = standing
        self._chars = sorted(standing)
        self._up_to = [0]  # where the first characters of these stand
        for char in self._chars:
            self._up_to.append(self._up_to[-1] | standing[char])

    def matched(self, globs: Sequence[str]) -> frozenset[str]:
        """The names that at least one of the globs matches."""
        fitting = 0
        for glob in globs:
            fitting |= self._read(glob)
        return frozenset(name for name, end in self._ends.items() if fitting & end)

    def _read(self, glob: str) -> int:
        """The places up to which the names fit the whole glob."""
        fitting = self._starts
        for found in _PART.finditer(glob):
            part = found[0]
            if part[0] == "*":
                # Per name, guard - bits is -bits: together with the bits, all from the lowest one on.
                fitting = (fitting | (self._guards - fitting)) & self._places
            else:
                fitting = (fitting & self._where(part)) << 1
                if not fitting:
                    break
        return fitting

    def _where(self, part: str) -> int:
        """Where a character stands that this part of a glob, which is no star, allows."""
        if part == "?":
            return self._up_to[-1]
        if len(part) == 1:
            return self._standing.get(part, 0)
        negated = part[1] == "!"
        body = part[1 + negated : -1]
        where = at = 0
        while at < len(body):
            if body[at + 1 : at + 2] == "-" and at + 2 < len(body):
                where |= self._between(body[at], body[at + 2])
                at += 3
            else:
                where |= self._standing.get(body[at], 0)
                at += 1
        return self._up_to[-1] ^ where if negated else where

    def _between(self, low: str, high: str) -> int:
        """Where a character stands from `low` to `high`."""
        first, last = bisect_left(self._chars, low), bisect_right(self._chars, high)
        return self._up_to[last] ^ self._up_to[first] if first < last else 0
