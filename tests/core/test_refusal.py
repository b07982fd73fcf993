"""The error when no model is left."""

from __future__ import annotations

import datetime as dt

import pytest
from muxer.core.route import decide
from muxer.errors import BadRequest, BudgetExceeded, MuxerError, Reason
from muxer.types.catalog import Capabilities
from muxer.types.chat import ChatRequest, ResponseFormat
from muxer.types.decision import Policy, ProviderState, View
from muxer.types.money import pico

from tests.core.builders import DOWN, PICTURE, SOUND, TODAY, ask, model, view

CHEAP = model("alpha:cheap", (0.1, 0.5))
DEAR = model("beta:dear", (10, 50))
WORLD = view(CHEAP, DEAR)


def refused(request: ChatRequest, world: View) -> MuxerError:
    with pytest.raises(MuxerError) as caught:
        decide(request, world)
    return caught.value


def test_globs_that_leave_nothing_are_a_policy_violation_that_names_the_rule() -> None:
    by_allowing = refused(ask(allowed=["gamma:*"]), WORLD)
    by_denying = refused(ask(allowed=["alpha:*"], denied=["alpha:*"]), WORLD)

    assert (by_allowing.reason, by_denying.reason) == (Reason.POLICY_VIOLATION, Reason.POLICY_VIOLATION)
    assert by_allowing.details == {"rule": "routing.allowed_models"}
    assert by_denying.details == {"rule": "routing.denied_models"}


def test_a_named_model_that_the_callers_own_globs_exclude_is_a_policy_violation() -> None:
    assert refused(ask(model="beta:dear", denied=["beta:*"]), WORLD).reason is Reason.POLICY_VIOLATION


def test_without_any_provider_none_is_available_and_trying_later_may_help() -> None:
    nowhere = View(WORLD.catalog, {}, {}, Policy(), TODAY, len)

    error = refused(ask(), nowhere)

    assert error.reason is Reason.PROVIDER_UNAVAILABLE
    assert error.retry_after_s == 30
    assert error.details == {"providers": "alpha, beta"}


def test_an_empty_catalogue_leaves_no_provider() -> None:
    assert refused(ask(), view()).reason is Reason.PROVIDER_UNAVAILABLE


def test_providers_that_are_down_are_unavailable_and_the_message_says_why() -> None:
    error = refused(ask(), view(CHEAP, DEAR, providers={"alpha": DOWN, "beta": DOWN}))

    assert error.reason is Reason.PROVIDER_UNAVAILABLE
    assert "provider alpha cannot be used now: its circuit is open" in error.message


def test_a_named_model_of_a_provider_that_is_down_is_not_replaced() -> None:
    error = refused(ask(model="beta:dear"), view(CHEAP, DEAR, providers={"beta": DOWN}))

    assert (error.reason, error.details) == (Reason.PROVIDER_UNAVAILABLE, {"providers": "beta"})


def test_retired_models_are_not_found_any_more() -> None:
    error = refused(ask(), view(model("alpha:old", until=TODAY - dt.timedelta(days=1))))

    assert (error.reason, error.details) == (Reason.MODEL_NOT_FOUND, {"model": "alpha:old"})


def test_a_need_that_no_model_meets_is_told_by_name() -> None:
    error = refused(ask("Look", PICTURE), WORLD)

    assert isinstance(error, BadRequest)
    assert (error.reason, error.details) == (Reason.NO_CAPABLE_MODEL, {"needs": "vision"})
    assert "pictures" in error.message


def test_only_what_every_model_lacks_is_told() -> None:
    sees, sees_and_calls = Capabilities(vision=True), Capabilities(vision=True, tools=True)
    schema = ResponseFormat("json_schema", schema="{}")
    world = view(model("alpha:a", can=sees), model("beta:b", can=sees_and_calls))

    assert refused(ask("Look", PICTURE, tools=1, response_format=schema), world).details == {"needs": "json_schema"}


def test_needs_that_no_single_model_meets_together_are_all_told() -> None:
    world = view(model("alpha:a", can=Capabilities(vision=True)), model("beta:b", can=Capabilities(audio=True)))

    assert refused(ask("Look", PICTURE, SOUND), world).details == {"needs": "vision, audio"}


def test_a_need_that_only_a_provider_that_is_down_could_meet_is_worth_another_try() -> None:
    world = view(CHEAP, model("beta:sees", can=Capabilities(vision=True)), providers={"beta": DOWN})

    assert refused(ask("Look", PICTURE), world).reason is Reason.PROVIDER_UNAVAILABLE


def test_a_need_that_only_a_provider_without_key_could_meet_is_not() -> None:
    seeing = view(CHEAP, model("beta:sees", can=Capabilities(vision=True)))
    world = View(seeing.catalog, {"alpha": ProviderState(usable=True)}, {}, Policy(), TODAY, len)

    assert refused(ask("Look", PICTURE), world).reason is Reason.NO_CAPABLE_MODEL


def test_more_max_tokens_than_any_model_writes_is_an_invalid_value() -> None:
    world = view(model("alpha:a", max_output=1_000), model("beta:b", max_output=4_000))

    error = refused(ask(max_tokens=4_001), world)

    assert (error.reason, error.field, error.details) == (Reason.INVALID_VALUE, "max_tokens", {"limit": 4_000})


def test_as_many_max_tokens_as_a_model_writes_are_allowed() -> None:
    assert decide(ask(max_tokens=4_000), view(model("beta:b", max_output=4_000))).selected.model.name == "b"


def test_a_conversation_too_long_for_all_is_told_with_its_tokens_and_the_limit_of_the_roomiest() -> None:
    world = view(model("alpha:a", max_input=100), model("beta:b", max_input=200))

    error = refused(ask("word " * 300), world)

    assert error.reason is Reason.CONTEXT_LENGTH_EXCEEDED
    assert error.details == {"tokens": 307, "limit": 200}


def test_a_quality_that_no_model_reaches_is_told_with_the_best() -> None:
    error = refused(ask(min_quality=1.0), WORLD)

    assert error.reason is Reason.NO_CAPABLE_MODEL
    assert error.details["needs"] == "min_quality"
    assert 0 < error.details["best"] < error.details["min_quality"]


def test_a_limit_below_the_cheapest_model_is_told_with_its_estimate() -> None:
    error = refused(ask(max_cost="0.000001"), WORLD)

    assert isinstance(error, BudgetExceeded)
    assert error.details["limit"] == 0.000001
    assert error.details["estimate"] > error.details["limit"]
    assert error.details["alternative"] == {"model": "alpha:cheap", "estimate": error.details["estimate"]}
    assert "alpha:cheap" in error.message


def test_a_named_model_beyond_the_limit_is_told_with_the_cheapest_other_one_within_it() -> None:
    free = model("gamma:free", 0.0)
    world = view(CHEAP, DEAR, free, providers={"gamma": DOWN})

    error = refused(ask(model="beta:dear", max_cost="0.001"), world)
    cheap = decide(ask(model="alpha:cheap"), world).selected

    assert isinstance(error, BudgetExceeded)
    assert error.details["estimate"] > error.details["limit"] == 0.001
    assert error.details["alternative"] == {"model": "alpha:cheap", "estimate": cheap.cost.p90 / 1e12}
    assert "alpha:cheap would be within it" in error.message


def test_a_named_model_beyond_a_limit_that_no_other_keeps_has_no_alternative() -> None:
    error = refused(ask(model="beta:dear", max_cost="0.000001"), WORLD)

    assert error.details["alternative"] is None


def test_the_operators_limit_refuses_like_the_callers() -> None:
    strict = view(DEAR, policy=Policy(max_cost=pico("0.001")))

    assert refused(ask(max_cost="10"), strict).details["limit"] == 0.001


def test_lasting_faults_are_told_before_passing_ones() -> None:
    blind = view(CHEAP, DEAR, providers={"alpha": DOWN, "beta": DOWN})

    assert refused(ask("Look", PICTURE, max_cost="0"), blind).reason is Reason.NO_CAPABLE_MODEL
    assert refused(ask(max_cost="0"), blind).reason is Reason.PROVIDER_UNAVAILABLE
