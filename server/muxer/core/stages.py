"""Lets a caller watch the stages of a decision: the core itself knows neither clock nor tracer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Watch = Callable[[str], AbstractContextManager[object]]
"""Given the name of a stage, the context that the stage runs in."""

FEATURES = "route.features"
INTENT = "route.intent"
ESTIMATE = "route.estimate"
SELECT = "route.select"

_NOTHING = nullcontext()


def unwatched(_stage: str) -> AbstractContextManager[object]:
    """The watch of a caller who does not care."""
    return _NOTHING
