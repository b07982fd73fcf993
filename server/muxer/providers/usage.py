"""Token counts as providers report them, checked before anyone is billed by them."""

from __future__ import annotations

from muxer.types.chat import Usage

_LARGEST = 2**31 - 1
"""The API's counts are int32; no context window comes near."""


def reported(
    prompt: object, completion: object, *, cached: object = 0, cache_write: object = 0, reasoning: object = 0
) -> Usage | None:
    """The usage that these counts amount to, in OpenAI's sense; None when they are missing, negative, absurd or
    contradict each other, so that the caller counts for itself. Counts may be floats; absent parts may be None."""
    counts = [_count(value) for value in (prompt, completion, cached or 0, cache_write or 0, reasoning or 0)]
    if any(count is None for count in counts):
        return None
    whole_prompt, whole_completion, read, written, thought = (count or 0 for count in counts)
    if read + written > whole_prompt or thought > whole_completion:
        return None
    return Usage(
        prompt_tokens=whole_prompt,
        completion_tokens=whole_completion,
        cached_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=thought,
    )


def added(*counts: object) -> object:
    """The sum of counts of which the first is required and the others may be absent; None when one is no count."""
    first, *others = counts
    values = [_count(first), *(_count(value or 0) for value in others)]
    return None if None in values else sum(value or 0 for value in values)


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value) if 0 <= value <= _LARGEST else None
