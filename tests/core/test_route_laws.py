"""Laws that every decision keeps, whatever the request and the world. What routing promises to its users, budgets and
knobs and rules, is in `tests/test_routing.py`."""

from __future__ import annotations

from hypothesis import given
from msgspec.structs import replace
from muxer.core.explain import reasons
from muxer.core.route import decide, estimate
from muxer.errors import BudgetExceeded, MuxerError, Reason
from muxer.types.chat import ChatRequest
from muxer.types.decision import Decision, View

from tests.core.builders import decided, requests, views

REFUSALS = {
    Reason.POLICY_VIOLATION,
    Reason.PROVIDER_UNAVAILABLE,
    Reason.MODEL_NOT_FOUND,
    Reason.NO_CAPABLE_MODEL,
    Reason.INVALID_VALUE,
    Reason.CONTEXT_LENGTH_EXCEEDED,
    Reason.INSUFFICIENT_BUDGET,
}


def outcome(request: ChatRequest, world: View) -> Decision | MuxerError:
    try:
        return decide(request, world)
    except MuxerError as error:
        return error


@given(requests(), views())
def test_a_request_gets_a_decision_or_one_of_the_documented_refusals(request: ChatRequest, world: View) -> None:
    result = outcome(request, world)
    if isinstance(result, MuxerError):
        assert result.reason in REFUSALS
        assert isinstance(result, BudgetExceeded) == (result.reason is Reason.INSUFFICIENT_BUDGET)
        assert (result.retry_after_s is not None) == (result.reason is Reason.PROVIDER_UNAVAILABLE)


@given(requests(), views())
def test_every_model_of_the_catalogue_is_a_candidate_once_and_says_why(request: ChatRequest, world: View) -> None:
    if decision := decided(request, world):
        assert sorted(c.model.id for c in decision.candidates) == list(world.catalog.models)
        assert all(reasons(decision.candidates))


@given(requests(), views())
def test_without_the_models_ruled_out_the_outcome_is_the_same_but_for_them(request: ChatRequest, world: View) -> None:
    whole = outcome(request, world)
    try:
        short: Decision | MuxerError = decide(request, world, with_rejected=False)
    except MuxerError as error:
        short = error

    if isinstance(whole, Decision):
        assert short == replace(whole, candidates=whole.plan)
    else:
        assert isinstance(short, MuxerError)
        assert (whole.reason, str(whole), whole.details) == (short.reason, str(short), short.details)


@given(requests(), views())
def test_the_selected_model_comes_first_then_fallbacks_by_score_then_those_ruled_out(
    request: ChatRequest, world: View
) -> None:
    if decision := decided(request, world):
        statuses = [c.status for c in decision.candidates]
        plan = len(decision.plan)
        assert statuses == ["selected"] + ["fallback"] * (plan - 1) + ["rejected"] * (len(statuses) - plan)
        scores = [c.score for c in decision.plan]
        assert scores == sorted(scores, reverse=True)


@given(requests(), views())
def test_estimates_are_in_order_for_every_candidate(request: ChatRequest, world: View) -> None:
    if decision := decided(request, world):
        for candidate in decision.candidates:
            assert 0 <= candidate.cost.expected <= candidate.cost.p90 <= candidate.cost.ceiling
            time = candidate.latency
            assert 0 <= time.first_token_p50_ms <= time.p50_ms <= time.p95_ms <= time.p99_ms


@given(requests(), views())
def test_the_same_request_in_the_same_world_gets_the_same_decision(request: ChatRequest, world: View) -> None:
    copy = replace(world, catalog=replace(world.catalog, models=dict(world.catalog.models)))

    assert decided(request, world) == decided(request, copy)


@given(requests(), views())
def test_a_model_that_is_not_chosen_may_go_without_changing_the_choice(request: ChatRequest, world: View) -> None:
    decision = decided(request, world)
    if decision and len(decision.candidates) > 1:
        models = dict(world.catalog.models)
        del models[decision.candidates[-1].model.id]
        rest = decide(request, replace(world, catalog=replace(world.catalog, models=models)))

        assert rest.selected.model == decision.selected.model


@given(requests(), views())
def test_an_estimate_lists_what_could_serve_cheapest_first_and_agrees_with_the_decision(
    request: ChatRequest, world: View
) -> None:
    decision = decided(request, world)
    if not decision:
        return
    candidates, intent, signals = estimate(request, world)

    costs = [c.cost.expected for c in candidates]
    assert costs == sorted(costs)
    assert {c.model.id for c in candidates if c.status != "rejected"} == {c.model.id for c in decision.plan}
    assert (decision.intent, decision.signals) == (intent, signals)


@given(requests(), views())
def test_a_named_model_is_the_whole_plan_or_an_error(request: ChatRequest, world: View) -> None:
    name = next(iter(world.catalog.models))
    decision = decided(replace(request, model=name), world)
    if decision:
        assert decision.pinned
        assert [name] == [c.model.id for c in decision.candidates]


@given(requests(), views())
def test_a_refused_budget_names_a_limit_below_the_estimate_and_the_model_that_it_is_of(
    request: ChatRequest, world: View
) -> None:
    error = outcome(request, world)
    if isinstance(error, BudgetExceeded):
        assert error.details["limit"] < error.details["estimate"]
        assert error.details["alternative"]["estimate"] == error.details["estimate"]
