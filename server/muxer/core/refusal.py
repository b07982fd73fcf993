"""The error when no model is left: what the last ones fell at, and what would help.

| the last ones fell at | error |
|---|---|
| the caller's globs | POLICY_VIOLATION, details `rule` |
| a rule of the operator's | POLICY_VIOLATION, details `rule` |
| a provider that is not configured | PROVIDER_UNAVAILABLE |
| the end of the model's service | MODEL_NOT_FOUND |
| a missing capability | NO_CAPABLE_MODEL, details `needs` |
| `max_tokens` above what they write | INVALID_VALUE, details `limit` |
| the length of the prompt | CONTEXT_LENGTH_EXCEEDED, details `tokens`, `limit` |
| the least quality asked for | NO_CAPABLE_MODEL, details `needs`, `min_quality`, `best` |
| a provider that cannot be used now | PROVIDER_UNAVAILABLE |
| the budget | INSUFFICIENT_BUDGET, details `limit`, `estimate`, `alternative` |
| the time left until the deadline | DEADLINE_EXCEEDED, details `time_left_s`, `quickest` |
"""

from __future__ import annotations

from collections.abc import Sequence

from muxer.core import capability
from muxer.core.candidate import Assessment
from muxer.core.demand import Demand
from muxer.core.digits import apart
from muxer.core.hurdles import Hurdle
from muxer.core.policy import ALLOWED, DENIED
from muxer.errors import BadRequest, BudgetExceeded, MuxerError, Reason
from muxer.types.money import usd

RETRY_AFTER_S = 30.0
"""When to ask again while no provider can be used: about as long as a broken provider is left alone."""


def refuse(ruled_out: Sequence[Assessment], demand: Demand, *, alternatives: Sequence[Assessment] = ()) -> MuxerError:
    """The error to raise when every model has been ruled out.

    `alternatives` are all models, measured for a free choice: they show a caller who cannot afford the model that he
    named what would do.
    """
    hurdle = max((a.fell_at for a in ruled_out if a.fell_at is not None), default=Hurdle.CONFIGURED)
    last = [a for a in ruled_out if a.fell_at is hurdle]
    match hurdle:
        case Hurdle.POLICY:
            return _against_policy(last, demand)
        case Hurdle.RULE:
            return _against_rules(last, demand)
        case Hurdle.CONFIGURED | Hurdle.PROVIDER:
            return _no_provider(last)
        case Hurdle.IN_SERVICE:
            return _retired(last)
        case Hurdle.CAPABILITY:
            return _incapable(last, demand)
        case Hurdle.MAX_TOKENS:
            return _answer_too_long(last, demand)
        case Hurdle.CONTEXT:
            return _prompt_too_long(last)
        case Hurdle.QUALITY:
            return _not_good_enough(last, demand)
        case Hurdle.BUDGET:
            return _too_dear(last, demand, alternatives)
        case Hurdle.DEADLINE:
            return _too_slow(last, demand)


def _against_policy(last: Sequence[Assessment], demand: Demand) -> MuxerError:
    denied = any(demand.broken_rules[a.model.id] == DENIED for a in last)
    rule = DENIED if denied else ALLOWED
    return MuxerError(Reason.POLICY_VIOLATION, f"{rule} leaves no model", field=rule, details={"rule": rule})


def _against_rules(last: Sequence[Assessment], demand: Demand) -> MuxerError:
    """Names the rules that the models fell at, in the order of the file."""
    against = {demand.ruling.against(a.model.id) for a in last}
    named = [rule.name for rule in demand.ruling.limits if rule.name in against]
    names = ", ".join(named)
    one = len(named) == 1
    if demand.pinned:
        left = f"{'rules' if one else 'rule'} out {last[0].model.id}"
    else:
        left = f"{'leaves' if one else 'leave'} no model"
    return MuxerError(
        Reason.POLICY_VIOLATION,
        f"the routing {'rule' if one else 'rules'} {names} {left}",
        field="model" if demand.pinned else "",
        details={"rule": names},
    )


def _no_provider(last: Sequence[Assessment]) -> MuxerError:
    reasons = sorted({a.why for a in last}) or ["there are no models"]
    return MuxerError(
        Reason.PROVIDER_UNAVAILABLE,
        f"no provider of a model that may be used is available: {'; '.join(reasons)}",
        details={"providers": ", ".join(sorted({a.model.spec.provider for a in last}))},
        retry_after_s=RETRY_AFTER_S,
    )


def _retired(last: Sequence[Assessment]) -> MuxerError:
    first = last[0].model.id
    return MuxerError(
        Reason.MODEL_NOT_FOUND,
        f"every model that may be used has been retired by its provider, such as {first}",
        field="model",
        details={"model": first},
    )


def _incapable(last: Sequence[Assessment], demand: Demand) -> BadRequest:
    """Names what all of them lack; when each lacks something else, all that is needed."""
    missing = demand.needs
    for assessment in last:
        missing &= assessment.model.lacks
    missing = missing or demand.needs
    return BadRequest(
        Reason.NO_CAPABLE_MODEL,
        f"no model that may be used takes {capability.words(missing)}",
        details={"needs": ", ".join(capability.fields(missing))},
    )


def _answer_too_long(last: Sequence[Assessment], demand: Demand) -> BadRequest:
    most = max(a.model.spec.max_output_tokens for a in last)
    return BadRequest(
        Reason.INVALID_VALUE,
        f"`max_tokens` is {demand.length.max_tokens}; no model that may be used writes more than {most} tokens",
        field="max_tokens",
        details={"limit": most},
    )


def _prompt_too_long(last: Sequence[Assessment]) -> BadRequest:
    """Tells of the model that comes nearest."""
    tokens, limit = min(filter(None, (a.overflow for a in last)), key=lambda over: over[0] - over[1])
    return BadRequest(
        Reason.CONTEXT_LENGTH_EXCEEDED,
        f"prompt and answer may need {tokens} tokens; the roomiest model that may be used has {limit}",
        field="messages",
        details={"tokens": tokens, "limit": limit},
    )


def _not_good_enough(last: Sequence[Assessment], demand: Demand) -> BadRequest:
    best = max(a.quality for a in last)
    least = demand.options.min_quality or 0.0
    reached, _ = apart(best, least, 3)
    return BadRequest(
        Reason.NO_CAPABLE_MODEL,
        f"no model that may be used is predicted to reach routing.min_quality {least}; the best reaches {reached}",
        field="routing.min_quality",
        details={"needs": "min_quality", "min_quality": least, "best": best},
    )


def _too_dear(last: Sequence[Assessment], demand: Demand, alternatives: Sequence[Assessment]) -> BudgetExceeded:
    """For a pinned model the alternative is the cheapest other one that the limit allows, or none; else it is the
    cheapest of all, for which the limit would have to be raised."""
    cheapest = min(last, key=_price)
    if demand.pinned:
        alternative = min((a for a in alternatives if a.fell_at is None), key=_price, default=None)
        message = f"{cheapest.model.id} is {cheapest.why}"
        message += f"; {alternative.model.id} would be within it" if alternative else ""
    else:
        alternative = cheapest
        message = f"the cheapest model that may be used, {cheapest.model.id}, is {cheapest.why}"
    return BudgetExceeded(
        Reason.INSUFFICIENT_BUDGET,
        message,
        details={
            "limit": usd(demand.limit or 0),
            "estimate": usd(cheapest.cost.p90),
            "alternative": alternative and {"model": alternative.model.id, "estimate": usd(alternative.cost.p90)},
        },
    )


def _too_slow(last: Sequence[Assessment], demand: Demand) -> MuxerError:
    quickest = min(last, key=lambda a: (a.latency.p50_ms, a.model.id))
    return MuxerError(
        Reason.DEADLINE_EXCEEDED,
        f"no model that may be used is expected to answer in time: {quickest.model.id} is {quickest.why}",
        details={
            "time_left_s": (demand.time_left_ms or 0) / 1000,
            "quickest": {"model": quickest.model.id, "p50_ms": quickest.latency.p50_ms},
        },
    )


def _price(assessment: Assessment) -> tuple[int, str]:
    return assessment.cost.p90, assessment.model.id
