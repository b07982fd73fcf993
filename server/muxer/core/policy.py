"""What the caller's globs leave: `routing.allowed_models` and `routing.denied_models`, over `provider:model`.

A glob knows `*`, `?` and `[...]` and must match the whole id, in its own case. Denial wins over permission; no allowed
globs allow everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from muxer.core.glob import Names
from muxer.types.chat import RoutingOptions

ALLOWED = "routing.allowed_models"
DENIED = "routing.denied_models"

NO_BROKEN_RULES: Mapping[str, str] = MappingProxyType({})


def broken_rules(model_ids: Iterable[str], options: RoutingOptions) -> Mapping[str, str]:
    """The rule that excludes a model, `ALLOWED` or `DENIED`, for each that the caller's globs exclude."""
    if not options.allowed_models and not options.denied_models:
        return NO_BROKEN_RULES
    ids = tuple(model_ids)
    names = _names(ids)
    found: dict[str, str] = {}
    if options.allowed_models:
        allowed = names.matched(options.allowed_models)
        found = {model_id: ALLOWED for model_id in ids if model_id not in allowed}
    found.update(dict.fromkeys(names.matched(options.denied_models), DENIED))
    return found


@lru_cache(maxsize=4)
def _names(model_ids: tuple[str, ...]) -> Names:
    """Remembered, because the catalogue stays the same from request to request."""
    return Names(model_ids)
