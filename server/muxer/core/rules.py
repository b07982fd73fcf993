"""The operator's routing rules: which models a request may or must go to, whatever they would score.

A rule applies to a request when all that it names fits: the intent, who asks, and the request's metadata. Rules that
name intents apply only where the intent is sure enough to decide alone (`INTENT_MIN_CONF_FOR_DIRECT`): a guess must not
keep a request from a model. Of the rules that apply,

- `forbid` rules out its models, and `require` all but its models; several of them all hold;
- `prefer` puts its models before all others, by score among themselves. The first one with a model that may be used
  decides. It does not hold for a model that the caller has named, since there is nothing left to prefer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache

from msgspec import Struct

from muxer.types.decision import Intent, RoutingRule

PREFER, REQUIRE, FORBID = "prefer", "require", "forbid"


class Ruling(Struct, frozen=True):
    """The rules that apply to one request, each kind in the order of the file."""

    limits: tuple[RoutingRule, ...] = ()  # `require` and `forbid`
    preferences: tuple[RoutingRule, ...] = ()

    def against(self, model_id: str) -> str:
        """The name of the first rule that rules this model out; empty when none does."""
        for rule in self.limits:
            if is_named(model_id, rule.models) == (rule.action == FORBID):
                return rule.name
        return ""

    def preference(self, admissible: Iterable[str]) -> RoutingRule | None:
        """The rule that decides which of these models come first, if any."""
        ids = tuple(admissible)
        named = (rule for rule in self.preferences if any(is_named(model_id, rule.models) for model_id in ids))
        return next(named, None)


NO_RULES = Ruling()


def ruling(
    rules: tuple[RoutingRule, ...],
    intent: Intent,
    metadata: Mapping[str, str],
    *,
    tenant: str,
    direct_confidence: float,
    pinned: bool,
) -> Ruling:
    """The rules that apply to a request of this intent, from this tenant, with this metadata."""
    if not rules:
        return NO_RULES
    label = intent.label if intent.confidence >= direct_confidence else ""
    applying = [rule for rule in rules if _applies(rule, label, tenant, metadata)]
    return Ruling(
        limits=tuple(rule for rule in applying if rule.action != PREFER),
        preferences=() if pinned else tuple(rule for rule in applying if rule.action == PREFER),
    )


@lru_cache(maxsize=65_536)
def is_named(model_id: str, globs: tuple[str, ...]) -> bool:
    """Whether one of a rule's globs matches the whole of this id. Remembered, because rules and models stay the same
    from request to request."""
    return any(fnmatchcase(model_id, glob) for glob in globs)


def _applies(rule: RoutingRule, label: str, tenant: str, metadata: Mapping[str, str]) -> bool:
    if rule.intents and label not in rule.intents:
        return False
    if rule.tenants and tenant not in rule.tenants:
        return False
    return all(key in metadata and fnmatchcase(metadata[key], glob) for key, glob in rule.metadata.items())
