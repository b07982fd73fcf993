"""Why a model stopped, in OpenAI's four words."""

from __future__ import annotations

from collections.abc import Mapping

FAILED = "failed"
"""Stands in a dialect's table for values that mean a failure and not an end."""


def finish_reason(native: str, table: Mapping[str, str], *, has_text: bool, has_tool_calls: bool) -> str:
    """`stop`, `length`, `tool_calls`, `content_filter`, or `FAILED`.

    Some providers say that they stopped when they called tools, so the calls themselves decide. Lists of reasons are
    open: one that the table does not know ends an answer normally if there is an answer.
    """
    known = table.get(native)
    if known is None:
        known = "stop" if has_text or has_tool_calls else FAILED
    if known in ("stop", "tool_calls"):
        return "tool_calls" if has_tool_calls else "stop"
    return known
