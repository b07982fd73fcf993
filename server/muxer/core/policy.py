"""What the caller's globs leave: `routing.allowed_models` and `routing.denied_models`, over `provider:model`.

A glob knows `*`, `?` and `[...]` and must match the whole id, in its own case. Denial wins over permission; no allowed
globs allow everything.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from muxer.types.chat import RoutingOptions

ALLOWED = "routing.allowed_models"
DENIED = "routing.denied_models"


def broken_rule(model_id: str, options: RoutingOptions) -> str:
    """The rule that excludes this model: `ALLOWED`, `DENIED`, or empty when the model may be used."""
    if options.denied_models and _matches(model_id, options.denied_models):
        return DENIED
    if options.allowed_models and not _matches(model_id, options.allowed_models):
        return ALLOWED
    return ""


def _matches(model_id: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(model_id, glob) for glob in globs)
