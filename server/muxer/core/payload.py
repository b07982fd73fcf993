"""How much text a request brings for its task: what a translation is as long as, and an extraction has a share of.

That is the last user turn that sets a task, with what tools brought in answer to it; system prompt, tools and earlier
turns are context. A turn that refers to the one before it («now translate that») has for its payload the longest
message from there on, and one that says where its text is («the letter above») the longest of all.

A short turn may mean a text elsewhere and not say so. Most such turns do not, so it counts for what it is, and only
the 90th percentile looks at the longest message: at the geometric mean of both, for nothing tells the two apart.
"""

from __future__ import annotations

import math

from msgspec import Struct

from muxer.core.features import Features
from muxer.types.chat import ChatRequest

SHORT_TURN_WORDS = 30
"""A turn of more words and signs than this brings its text along."""

_ELSEWHERE = frozenset(
    """above attached preceding aforementioned oben obige obigen obiger angehängte angehängten beigefügte beigefügten
    dessus précédent jointe adjunto anterior arriba sopra allegato precedente acima anexo выше предыдущий
    hierboven bijgevoegde powyżej powyższy""".split()
)
"""Words that say that a text stands elsewhere."""

_ELSEWHERE_UNSPACED = ("上述", "上記", "上文")

_BRINGS = (":", "：", "\n", '"', " '", "‘", "“", "„", "«", "「")
"""Marks before a text that the turn itself brings along."""


class Payload(Struct, frozen=True):
    """Expected tokens of the text that a task is about, and those that the 90th percentile of its answer allows for."""

    tokens: int
    high: int


def payload(request: ChatRequest, features: Features) -> Payload:
    """The payload of a request; of all its messages when it has no user turn."""
    sizes = features.prompt.messages
    turns = [at for at, message in enumerate(request.messages) if message.role == "user"][: features.task_turns]
    longest = max(sizes, default=0)
    if not turns or _is_elsewhere(features):
        return Payload(longest, longest)
    own = _with_results(request, sizes, turns[-1])
    if features.follow_up and len(turns) > 1:
        own = max(own, *sizes[turns[-2] : turns[-1]])
    short = len(features.words) <= SHORT_TURN_WORDS
    return Payload(own, max(own, round(math.sqrt(own * longest))) if short else own)


def _with_results(request: ChatRequest, sizes: tuple[int, ...], turn: int) -> int:
    """Tokens of this turn, or of the longest tool result that came after it."""
    results = [sizes[at] for at in range(turn + 1, len(sizes)) if request.messages[at].role == "tool"]
    return max(sizes[turn], *results, 0)


def _is_elsewhere(features: Features) -> bool:
    """Whether the turn is short, brings no text along, and says that it is elsewhere in the prompt."""
    text = features.text
    if len(features.words) > SHORT_TURN_WORDS or any([mark in text for mark in _BRINGS]):
        return False
    return not _ELSEWHERE.isdisjoint(features.words) or (
        not text.isascii() and any([word in text for word in _ELSEWHERE_UNSPACED])
    )
