"""Numbers that are compared, in words: with as many digits as it takes to see which is the greater."""

from __future__ import annotations

MOST_DECIMALS = 17
"""Beyond these a float between 0.1 and 1 has no more digits."""


def apart(one: float, other: float, decimals: int) -> tuple[str, str]:
    """Both numbers with so many decimals, or with the fewest above that which tell them apart."""
    for count in range(decimals, MOST_DECIMALS + 1):
        texts = f"{one:.{count}f}", f"{other:.{count}f}"
        if texts[0] != texts[1]:
            return texts
    return repr(one), repr(other)


def times_apart(one_ms: float, other_ms: float) -> tuple[str, str]:
    """Both times: in milliseconds when one of them is below a second, else in seconds."""
    if min(one_ms, other_ms) < 1_000:
        one, other = apart(one_ms, other_ms, 0)
        return f"{one} ms", f"{other} ms"
    one, other = apart(one_ms / 1_000, other_ms / 1_000, 1)
    return f"{one} s", f"{other} s"
