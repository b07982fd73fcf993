"""The decision: which model answers a request, which stand by, and why. A pure function of the request and the view."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from muxer.core import budget, capability, explain, intent, model_id, quality
from muxer.core.candidate import Assessment, Demand, Hurdle, assess, assess_unless_barred
from muxer.core.estimate import answer_length
from muxer.core.features import extract
from muxer.core.prepared import PreparedModel, prepared
from muxer.core.preset import PRESETS, resolve
from muxer.core.refusal import refuse
from muxer.core.select import rank
from muxer.errors import MuxerError
from muxer.types.chat import ChatRequest
from muxer.types.decision import Candidate, Decision, Intent, IntentSignals, View


def classify(request: ChatRequest, view: View) -> tuple[Intent, IntentSignals]:
    """What kind of request this is, and what was seen in it. Whatever the request asks for, this answers."""
    features = extract(request, view.count_tokens)
    return intent.classify(features, request, enabled=view.policy.intent_enabled), features.signals


def decide(request: ChatRequest, view: View, *, with_rejected: bool = True) -> Decision:
    """Which model to ask, and which others after it should it fail.

    A model that the caller has named is the whole plan, at each provider that serves it under a bare name. Otherwise
    all models of the catalogue are candidates, and those that no hard limit rules out are the plan: every one of them
    is within the budget. Without `with_rejected` the candidates are the plan alone, and nothing is worked out about
    models that fall at a limit without it; nothing else changes.

    Raises what `model_id.parse` and `preset.resolve` raise for a bad choice, and what `refusal` tells of when no model
    is left: `BudgetExceeded`, `BadRequest` or another `MuxerError`.
    """
    case = _read(request, view)
    plan, ruled_out = _all_ranked(case) if with_rejected else _unbarred_ranked(case)
    if not plan:
        raise _refusal(case, view)
    return Decision(
        candidates=_candidates(plan, ruled_out if with_rejected else ()),
        intent=case.intent,
        signals=case.signals,
        preset=case.preset,
        reason=explain.routing_reason(
            case.intent, case.preset, plan, ruled_out, considered=len(case.models), pinned=case.demand.pinned
        ),
        price_version=view.catalog.version,
        pinned=case.demand.pinned,
        simulated=view.simulated,
    )


def estimate(request: ChatRequest, view: View) -> tuple[tuple[Candidate, ...], Intent, IntentSignals]:
    """Cost and time on every model that could serve the request, cheapest first, and what kind of request it is.

    Models that `decide` would not use only for the quality or budget asked for, or the present state of their provider,
    are there as rejected ones. Raises what `decide` does when no model could serve the request at all.
    """
    case = _read(request, view)
    plan, ruled_out = _unbarred_ranked(case)
    able = [a for a in ruled_out if a.fell_at is not None and a.fell_at >= Hurdle.QUALITY]
    if not plan and not able:
        raise _refusal(case, view)
    candidates = sorted(_candidates(plan, able), key=lambda c: (c.cost.expected, c.model.id))
    return tuple(candidates), case.intent, case.signals


class _Case(Struct, frozen=True):
    """A request, read: the models in question and what they are measured against."""

    models: Sequence[PreparedModel]
    demand: Demand
    preset: str
    intent: Intent
    signals: IntentSignals


def _read(request: ChatRequest, view: View) -> _Case:
    policy, options = view.policy, request.routing
    target = model_id.parse(request.model, view.catalog)
    preset = resolve(options.preset, target.preset, policy.default_preset)
    kind, signals = classify(request, view)
    prompt_tokens = signals.token_length_est or policy.default_tokens_in
    models = prepared(view.catalog, view.today)
    return _Case(
        models=[models[model.id] for model in target.models] if target.pinned else list(models.values()),
        demand=Demand(
            pinned=target.pinned,
            needs=capability.needs(request),
            prompt_tokens=prompt_tokens,
            length=answer_length(request, kind.label, prompt_tokens, policy),
            difficulty=quality.difficulty(kind, prompt_tokens),
            weights=PRESETS[preset],
            options=options,
            limit=budget.lower(options.max_cost, policy.max_cost),
            providers=view.providers,
            latency=view.latency,
        ),
        preset=preset,
        intent=kind,
        signals=signals,
    )


def _all_ranked(case: _Case) -> tuple[list[Assessment], list[Assessment]]:
    """The plan, and all those ruled out."""
    return rank(assess(model, case.demand) for model in case.models)


def _unbarred_ranked(case: _Case) -> tuple[list[Assessment], list[Assessment]]:
    """The plan, and of those ruled out only the ones that it took predictions to rule out."""
    assessments = (assess_unless_barred(model, case.demand) for model in case.models)
    return rank(a for a in assessments if a is not None)


def _refusal(case: _Case, view: View) -> MuxerError:
    """The error, with a way out for a caller who has named a model beyond the budget."""
    _, ruled_out = _all_ranked(case)
    if not case.demand.pinned:
        return refuse(ruled_out, case.demand)
    free_choice = structs.replace(case.demand, pinned=False)
    everything = prepared(view.catalog, view.today).values()
    return refuse(ruled_out, case.demand, alternatives=[assess(model, free_choice) for model in everything])


def _candidates(plan: Sequence[Assessment], ruled_out: Sequence[Assessment]) -> tuple[Candidate, ...]:
    """The selected model, the fallbacks, and those ruled out, each with its reason."""
    chosen = [_candidate(a, "selected", f"best balance of {explain.figures(a)}") for a in plan[:1]]
    standing_by = [_candidate(a, "fallback", explain.behind(a, plan[0])) for a in plan[1:]]
    return (*chosen, *standing_by, *[_candidate(a, "rejected", a.why) for a in ruled_out])


def _candidate(assessment: Assessment, status: str, reason: str) -> Candidate:
    return Candidate(
        assessment.model.spec,
        assessment.quality,
        assessment.cost,
        assessment.latency,
        assessment.score,
        status,
        reason,
    )
