"""Tells whether a turn of a conversation only makes sense with the turn before it: «and in Spanish?», «now in Rust»."""

from __future__ import annotations

from collections.abc import Sequence

MOST_WORDS = 12
"""Words and signs of the longest follow-up."""

_OPENINGS = frozenset(
    """and now same again also but then or so ok okay instead more less shorter longer simpler next another add
    change make fix give in to what how why try use do can as with without the it that this und jetzt nochmal auch aber
    dann noch kürzer länger auf mach et maintenant encore aussi mais alors plus en y ahora otra también pero entonces
    más e adesso ancora anche ma allora più agora também mas então mais и а теперь ещё также но тогда покороче
    ve şimdi peki daha và bây còn nu ook maar dan teraz też jeszcze och sekarang lagi kalau و الآن और अब""".split()
)
"""Words that a follow-up may open with, if it also points to what was said."""

_POINTING = frozenset(
    """it its that this them these those same one again instead shorter longer too more less formal example so why step
    steps above das dies es diese nochmal auch kürzer warum ça cela ceci aussi pourquoi eso esto también questo anche
    isso isto também это этот тоже почему""".split()
)
"""Words that stand for something said before."""

_OPENING_UNSPACED = tuple("那 再 还有 換 换 では じゃ それ もっと 次 그럼 그리고 다시 더 แล้ว ו".split())

_SURE = frozenset(
    "and und et y e и а ve và och en dan و और same again now jetzt maintenant ahora agora теперь şimdi".split()
)
"""Openings that are enough alone."""


def is_follow_up(words: Sequence[str]) -> bool:
    """Whether a turn with these words continues the one before: it is short, and opens with or points to what was."""
    if not words or len(words) > MOST_WORDS:
        return False
    first = words[0]
    if first in _SURE or first.startswith(_OPENING_UNSPACED):
        return True
    if len(words) <= 3 and first in ("in", "auf", "en", "to", "as", "why", "more", "shorter", "next", "another"):
        return True
    return first in _OPENINGS and not _POINTING.isdisjoint(words)
