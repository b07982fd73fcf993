"""The decision: which model answers a request, which stand by, and why. A pure function of the request and the view."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from muxer.core import (
    budget,
    capability,
    conversation,
    difficulty,
    explain,
    intent,
    model_id,
    price_share,
    quality,
    rules,
)
from muxer.core.answer_length import answer_length
from muxer.core.candidate import Assessment, assess_all
from muxer.core.demand import Demand
from muxer.core.features import Features, extract
from muxer.core.hurdles import Hurdle
from muxer.core.length_hint import length_hint
from muxer.core.payload import payload
from muxer.core.policy import broken_rules
from muxer.core.prepared import PreparedModel, prepared
from muxer.core.preset import PRESETS, Weights, resolve
from muxer.core.refusal import refuse
from muxer.core.rules import Ruling
from muxer.core.select import Ranking, rank
from muxer.core.stages import ESTIMATE, FEATURES, INTENT, SELECT, Watch, unwatched
from muxer.errors import MuxerError
from muxer.types.chat import ChatRequest
from muxer.types.decision import Candidate, Decision, Intent, IntentSignals, View
from muxer.types.money import PicoUsd


class Reading(Struct, frozen=True):
    """What a request says by itself, before any model is looked at. A better intent may be put in the place of its own;
    what it cost to find out counts towards the limit."""

    features: Features
    intent: Intent
    spent: PicoUsd = PicoUsd(0)


def read(request: ChatRequest, view: View, *, watch: Watch = unwatched) -> Reading:
    """What is in a request, and what kind of request it is. Whatever the request asks for, this answers."""
    with watch(FEATURES):
        features = extract(request, view.count_tokens)
    with watch(INTENT):
        kind = intent.classify(features, request, enabled=view.policy.intent_enabled)
    return Reading(features, kind)


def classify(request: ChatRequest, view: View) -> tuple[Intent, IntentSignals]:
    """What kind of request this is, and what was seen in it."""
    reading = read(request, view)
    return reading.intent, reading.features.signals


def decide(
    request: ChatRequest,
    view: View,
    *,
    reading: Reading | None = None,
    with_rejected: bool = True,
    watch: Watch = unwatched,
) -> Decision:
    """Which model to ask, and which others after it should it fail.

    A model that the caller has named is the whole plan, at each provider that serves it under a bare name. Otherwise
    all models of the catalogue are candidates, and those that no hard limit rules out are the plan: every one of them
    is within the budget. Without `with_rejected` the candidates are the plan alone, and nothing is worked out about
    models that fall at a limit without it; nothing else changes. A `reading` spares reading the request again.

    Raises what `model_id.parse` and `preset.resolve` raise for a bad choice, and what `refusal` tells of when no model
    is left: `BudgetExceeded`, `BadRequest` or another `MuxerError`.
    """
    case = _case(request, view, reading or read(request, view, watch=watch))
    ranking = _ranked(case, whole=with_rejected, watch=watch)
    if not ranking.plan:
        raise _refusal(case, view)
    return Decision(
        candidates=_candidates(case, ranking, ranking.ruled_out if with_rejected else ()),
        intent=case.intent,
        signals=case.signals,
        preset=case.preset,
        reason=explain.routing_reason(case.intent, case.preset, ranking, case.demand, considered=len(case.models)),
        price_version=view.catalog.version,
        pinned=case.demand.pinned,
        rules=_rules(case.demand.ruling, ranking),
        conversation=case.conversation,
        difficulty=quality.predict(case.demand.difficulty, 0),
        simulated=view.simulated,
        length=case.demand.length,
    )


def estimate(request: ChatRequest, view: View) -> tuple[tuple[Candidate, ...], Intent, IntentSignals]:
    """Cost and time on every model that could serve the request, cheapest first, and what kind of request it is.

    Models that `decide` would not use only for the quality or budget asked for, or the present state of their provider,
    are there as rejected ones. Raises what `decide` does when no model could serve the request at all.
    """
    case = _case(request, view, read(request, view))
    ranking = _ranked(case, whole=False)
    able = [a for a in ranking.ruled_out if a.fell_at is not None and a.fell_at >= Hurdle.QUALITY]
    if not ranking.plan and not able:
        raise _refusal(case, view)
    candidates = sorted(_candidates(case, ranking, able), key=lambda c: (c.cost.expected, c.model.id))
    return tuple(candidates), case.intent, case.signals


class _Case(Struct, frozen=True):
    """A request, read: the models in question and what they are measured against."""

    models: Sequence[PreparedModel]
    demand: Demand
    preset: str
    intent: Intent
    signals: IntentSignals
    conversation: bytes


def ruling_for(kind: Intent, request: ChatRequest, view: View, *, pinned: bool) -> Ruling:
    """What the operator's rules say of a request of this intent."""
    policy = view.policy
    return rules.ruling(
        policy.rules,
        kind,
        request.metadata,
        tenant=view.tenant,
        direct_confidence=policy.direct_confidence,
        pinned=pinned,
    )


def _case(request: ChatRequest, view: View, reading: Reading) -> _Case:
    policy, options = view.policy, request.routing
    target = model_id.parse(request.model, view.catalog)
    preset = resolve(options.preset, target.preset, policy.default_preset)
    kind, features = reading.intent, reading.features
    signals, prompt = features.signals, features.prompt
    prompt_tokens = signals.token_length_est or policy.default_tokens_in
    models = prepared(view.catalog, view.today)
    learned = _learned_difficulty(features)
    hardness = quality.difficulty(kind, learned, prompt_tokens)
    told = None if view.quality is None else view.quality(features)
    if told:
        hardness = quality.agreed_difficulty(hardness, [(models[name].ability, told[name]) for name in told])
    share = None if target.pinned else price_share.asked(options, policy)
    key = conversation.key(request, view.tenant)
    return _Case(
        models=[models[model.id] for model in target.models] if target.pinned else list(models.values()),
        demand=Demand(
            pinned=target.pinned,
            needs=capability.needs(request),
            prompt_tokens=prompt_tokens,
            prompt_p90=prompt.p90,
            prompt_most=prompt.most,
            length=answer_length(
                request, kind.label, payload(request, features), policy, length_hint(features), learned
            ),
            difficulty=hardness,
            intent=kind.label,
            confidence=kind.confidence,
            quality=told,
            weights=_weights(PRESETS[preset], share, view),
            options=options,
            limit=budget.lower(options.max_cost, policy.max_cost),
            spent=reading.spent,
            broken_rules=broken_rules(view.catalog.models, options),
            providers=view.providers,
            latency=view.latency,
            usage=view.usage,
            ruling=ruling_for(kind, request, view, pinned=target.pinned),
            price_share=share,
            weigh_alone=share is not None and not view.cost_weights,
            warm=view.warm.get(key) if conversation.is_continued(request) else None,
            time_left_ms=None if view.time_left_s is None else 1_000 * max(0.0, view.time_left_s),
        ),
        preset=preset,
        intent=kind,
        signals=signals,
        conversation=key,
    )


def _weights(of_preset: Weights, share: float | None, view: View) -> Weights:
    """The preset's weights, but for the one on cost where a share of the strongest model's price takes its place."""
    if share is None or not view.cost_weights:
        return of_preset
    return Weights(cost=price_share.look_up(share, view.cost_weights), latency=of_preset.latency)


def _learned_difficulty(features: Features) -> float | None:
    """What the learned model says of the last user turn; None when that turn alone says nothing about the task."""
    return None if features.follow_up else difficulty.log_odds(features)


def _ranked(case: _Case, *, whole: bool, watch: Watch = unwatched) -> Ranking:
    """The plan, and those ruled out: all of them, or only the ones that it took predictions to rule out."""
    with watch(ESTIMATE):
        assessments = assess_all(case.models, case.demand, whole=whole)
    with watch(SELECT):
        return rank(assessments, case.demand)


def _rules(ruling: Ruling, ranking: Ranking) -> tuple[str, ...]:
    """The names of the rules that had a say."""
    limits = tuple(rule.name for rule in ruling.limits)
    return limits if ranking.preference is None else (*limits, ranking.preference.name)


def _refusal(case: _Case, view: View) -> MuxerError:
    """The error, with a way out for a caller who has named a model beyond the budget."""
    ruled_out = _ranked(case, whole=True).ruled_out
    if not case.demand.pinned:
        return refuse(ruled_out, case.demand)
    free_choice = structs.replace(case.demand, pinned=False)
    everything = prepared(view.catalog, view.today).values()
    return refuse(ruled_out, case.demand, alternatives=assess_all(everything, free_choice))


def _candidates(case: _Case, ranking: Ranking, ruled_out: Sequence[Assessment]) -> tuple[Candidate, ...]:
    """The selected model, the fallbacks, and those ruled out."""
    plan, by_score = ranking.plan, ranking.preference is None and not ranking.late
    groups = (("selected", plan[:1]), ("fallback", plan[1:]), ("rejected", ruled_out))
    found = [
        Candidate(
            a.model.spec,
            a.quality,
            a.cost,
            a.latency,
            a.score,
            status,
            a.why if status == "rejected" else "" if by_score else explain.standing(a, ranking, case.demand),
            a.ability,
            a.ability_source,
            a.cost_penalty,
            a.latency_penalty,
        )
        for status, group in groups
        for a in group
    ]
    return tuple(found)
