"""Which provider holds which conversation in its prompt cache, as far as this process has seen; in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping

from muxer.ports import Clock
from muxer.types.decision import WarmPrompt

CAPACITY = 10_000
"""Conversations kept; the one that was answered longest ago goes first. Some 3 MB."""

LIFETIME_S = 300.0
"""Seconds that a provider keeps a prompt after its last use: Anthropic's default (5 minutes), and the lower end of what
OpenAI documents for its automatic cache (5 to 10 minutes without use)."""


class MemoryConversations:
    """Remembers, of each conversation, the model that has last put it into its cache."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: OrderedDict[bytes, tuple[float, WarmPrompt]] = OrderedDict()

    def snapshot(self) -> Mapping[bytes, WarmPrompt]:
        """What is warm now. Not a copy, which would cost a decision more than all the rest of it: a decision reads one
        entry, right after it took its view."""
        return _Warm(self._entries, self._clock.monotonic() - LIFETIME_S)

    def remember(self, conversation: bytes, model_id: str, tokens: int) -> None:
        """Takes in an answer. One of which nothing can be read from cache leaves what another model may still hold."""
        if not conversation or tokens <= 0:
            return
        self._entries[conversation] = (self._clock.monotonic(), WarmPrompt(model_id, tokens))
        self._entries.move_to_end(conversation)
        if len(self._entries) > CAPACITY:
            self._entries.popitem(last=False)


class _Warm(Mapping[bytes, WarmPrompt]):
    """The entries that are not older than a moment."""

    __slots__ = ("_entries", "_since")

    def __init__(self, entries: Mapping[bytes, tuple[float, WarmPrompt]], since: float) -> None:
        self._entries = entries
        self._since = since

    def __getitem__(self, conversation: bytes) -> WarmPrompt:
        at, warm = self._entries[conversation]
        if at < self._since:
            raise KeyError(conversation)
        return warm

    def __iter__(self) -> Iterator[bytes]:
        return (key for key, (at, _) in self._entries.items() if at >= self._since)

    def __len__(self) -> int:
        return sum(1 for _ in self)
