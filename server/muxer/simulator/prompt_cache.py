"""Remembers prompts, so that a repeated beginning is billed as cached: automatically or at breakpoints.

Entries do not expire by time, unlike a provider's, so that what a call costs never depends on the clock; the oldest
ones go when there are too many.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from muxer.simulator import tokens
from muxer.simulator.ask import Segment
from muxer.simulator.tokens import Tokens

AUTOMATIC_MINIMUM = 1_024
AUTOMATIC_STEP = 128
"""Prefixes of 1,024 tokens and every 128 tokens more are cached (OpenAI's documented rule)."""

_MOST_ENTRIES = 100_000


class PromptCache:
    """What prompts were seen, by scope: one provider, model and key."""

    def __init__(self) -> None:
        self._seen: dict[bytes, None] = {}

    def automatic(self, scope: str, segments: Sequence[Segment], *, bills_writes: bool) -> Tokens:
        """The tokens of a prompt where the provider caches by itself."""
        total = sum(segment.tokens for segment in segments)
        if total < AUTOMATIC_MINIMUM:
            return Tokens(input=total)
        pieces = [piece for segment in segments for piece in tokens.split(segment.text)]
        digest = hashlib.blake2b(scope.encode(), digest_size=16)
        cached = end = 0
        for end in range(AUTOMATIC_MINIMUM, len(pieces) + 1, AUTOMATIC_STEP):
            begin = end - AUTOMATIC_STEP if end > AUTOMATIC_MINIMUM else 0
            digest.update("\0".join(pieces[begin:end]).encode("utf-8", "surrogatepass"))
            if self._touch(digest.digest()):
                cached = end
        written = end - cached if bills_writes else 0
        return Tokens(input=total - cached - written, cached=cached, write_5m=written)

    def explicit(self, scope: str, segments: Sequence[Segment], *, minimum: int) -> Tokens:
        """The tokens of a prompt where breakpoints say what to cache: read up to the last one known, write the rest up
        to the last one set."""
        digest = hashlib.blake2b(scope.encode(), digest_size=16)
        total = cached = 0
        marks: list[tuple[int, str, bytes]] = []
        for segment in segments:
            digest.update(segment.text.encode("utf-8", "surrogatepass") + b"\0")
            total += segment.tokens
            key = digest.digest()
            if key in self._seen and total >= minimum:
                cached = total
            if segment.cache:
                marks.append((total, segment.cache, key))
        if not marks:
            return Tokens(input=total)
        written = {"5m": 0, "1h": 0}
        position = cached
        for end, lifetime, key in marks:
            if end >= minimum:
                self._touch(key)
                written[lifetime] += max(end - position, 0)
                position = max(end, position)
        fresh = total - cached - sum(written.values())
        return Tokens(input=fresh, cached=cached, write_5m=written["5m"], write_1h=written["1h"])

    def _touch(self, key: bytes) -> bool:
        known = key in self._seen
        if not known and len(self._seen) >= _MOST_ENTRIES:
            del self._seen[next(iter(self._seen))]
        self._seen[key] = None
        return known
