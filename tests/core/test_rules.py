"""The operator's routing rules: which models they leave, and which they put first."""

from __future__ import annotations

import random
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core.route import decide
from muxer.errors import MuxerError, Reason
from muxer.types.catalog import Catalog
from muxer.types.chat import ChatRequest
from muxer.types.decision import Decision, Policy, RoutingRule, View

from tests.core.builders import ask, model, requests, view, views

CHEAP, MIDDLING, DEAR = model("alpha:cheap", 0.1), model("beta:middling", 1), model("gamma:dear", 10)
CODE = "```python\ndef f(x): return x\n```\nRefactor this function."

GLOBS = ("*:m1", "alpha:*", "*:m[23]", "gamma:m2", "*", "delta:*")
TENANTS = ("", "legal", "sales")
DEPARTMENTS = ("legal-eu", "legal", "sales")


def world(*rules: RoutingRule, tenant: str = "", direct_confidence: float = 0.7) -> View:
    policy = Policy(rules=rules, direct_confidence=direct_confidence)
    return replace(view(CHEAP, MIDDLING, DEAR, policy=policy), tenant=tenant)


def rule(action: str, *models: str, name: str = "the-rule", **when: object) -> RoutingRule:
    return RoutingRule(name=name, action=action, models=models, **when)


def planned(decision: Decision) -> list[str]:
    return [c.model.id for c in decision.plan]


def refused(request: ChatRequest, world: View) -> MuxerError:
    with pytest.raises(MuxerError) as caught:
        decide(request, world)
    return caught.value


def test_forbidden_models_are_out_and_say_by_which_rule() -> None:
    decision = decide(ask(preset="economy"), world(rule("forbid", "alpha:*")))

    assert planned(decision) == ["beta:middling", "gamma:dear"]
    assert decision.candidates[-1].why == "ruled out by rule the-rule"
    assert decision.rules == ("the-rule",)
    assert decision.reason.endswith("; rules in force: the-rule")


def test_required_models_are_all_that_is_left() -> None:
    assert planned(decide(ask(), world(rule("require", "beta:*")))) == ["beta:middling"]


def test_several_requirements_all_hold() -> None:
    both = world(rule("require", "alpha:*", "beta:*", name="a"), rule("require", "beta:*", "gamma:*", name="b"))

    assert planned(decide(ask(), both)) == ["beta:middling"]


def test_preferred_models_come_first_and_the_others_stand_by() -> None:
    decision = decide(ask(preset="economy"), world(rule("prefer", "gamma:*", "beta:*")))

    assert planned(decision) == ["beta:middling", "gamma:dear", "alpha:cheap"]
    assert decision.candidates[2].why == "is not one of those that rule the-rule prefers"
    assert "has the best balance, among those that rule the-rule prefers, of quality" in decision.reason
    assert decision.rules == ("the-rule",)


def test_the_first_preference_with_a_model_that_may_be_used_decides() -> None:
    rules = (
        rule("prefer", "delta:*", name="nobody"),
        rule("prefer", "gamma:*", name="dear"),
        rule("prefer", "alpha:*", name="cheap"),
    )

    decision = decide(ask(), world(*rules))

    assert (planned(decision)[0], decision.rules) == ("gamma:dear", ("dear",))


@pytest.mark.parametrize("action", ["forbid", "require"])
def test_a_named_model_that_a_rule_rules_out_is_refused_with_the_rules_name(action: str) -> None:
    models = "gamma:*" if action == "forbid" else "alpha:*"

    error = refused(ask(model="gamma:dear"), world(rule(action, models)))

    assert (error.reason, error.details) == (Reason.POLICY_VIOLATION, {"rule": "the-rule"})
    assert error.message == "the routing rule the-rule rules out gamma:dear"


def test_a_preference_has_no_say_about_a_named_model() -> None:
    decision = decide(ask(model="gamma:dear"), world(rule("prefer", "alpha:*")))

    assert (planned(decision), decision.rules) == (["gamma:dear"], ())


def test_rules_that_leave_no_model_are_named_in_the_order_of_the_file() -> None:
    error = refused(ask(), world(rule("forbid", "alpha:*", name="z"), rule("require", "alpha:*", name="a")))

    assert (error.reason, error.details) == (Reason.POLICY_VIOLATION, {"rule": "z, a"})
    assert error.message == "the routing rules z, a leave no model"


def test_a_rule_that_leaves_no_model_is_told_in_the_singular() -> None:
    assert refused(ask(), world(rule("forbid", "*"))).message == "the routing rule the-rule leaves no model"


def test_a_rule_for_tenants_is_for_them_alone() -> None:
    forbidding = rule("forbid", "alpha:*", tenants=frozenset({"legal"}))

    assert "alpha:cheap" not in planned(decide(ask(), world(forbidding, tenant="legal")))
    assert "alpha:cheap" in planned(decide(ask(), world(forbidding, tenant="sales")))
    assert "alpha:cheap" in planned(decide(ask(), world(forbidding)))


def test_a_rule_for_metadata_takes_globs_over_the_values_and_needs_every_pair() -> None:
    forbidding = world(rule("forbid", "alpha:*", metadata={"department": "legal*", "region": "eu"}))

    def kept(**metadata: str) -> bool:
        return "alpha:cheap" in planned(decide(replace(ask(), metadata=metadata), forbidding))

    assert not kept(department="legal-eu", region="eu")
    assert kept(department="legal-eu")
    assert kept(department="sales", region="eu")


def test_a_rule_for_intents_applies_from_the_confidence_on_that_may_decide_alone() -> None:
    forbidding = rule("forbid", "alpha:*", intents=frozenset({"code_gen"}))
    sure = decide(ask(CODE), world(forbidding)).intent.confidence

    assert "alpha:cheap" not in planned(decide(ask(CODE), world(forbidding, direct_confidence=sure)))
    assert "alpha:cheap" in planned(decide(ask(CODE), world(forbidding, direct_confidence=sure + 1e-9)))
    assert "alpha:cheap" in planned(decide(ask("Hello"), world(forbidding, direct_confidence=0)))


def test_capability_comes_after_rules_so_a_need_that_the_models_left_do_not_meet_is_told() -> None:
    assert refused(ask(tools=1), world(rule("require", "beta:*"))).reason is Reason.NO_CAPABLE_MODEL


rules = st.builds(
    RoutingRule,
    name=st.just(""),
    action=st.sampled_from(("prefer", "require", "forbid")),
    models=st.lists(st.sampled_from(GLOBS), min_size=1, max_size=3).map(tuple),
    intents=st.frozensets(st.sampled_from(("chat_lite", "code_gen", "deep_reason", "translation")), max_size=2),
    tenants=st.frozensets(st.sampled_from(TENANTS[1:]), max_size=1),
    metadata=st.dictionaries(st.just("department"), st.sampled_from(("legal*", "sales"))),
)


@st.composite
def ruled(draw: st.DrawFn) -> tuple[ChatRequest, View]:
    """Any request in any world with up to four rules."""
    drawn = draw(st.lists(rules, min_size=1, max_size=4))
    world = draw(views())
    policy = replace(
        world.policy,
        rules=tuple(replace(r, name=f"r{i}") for i, r in enumerate(drawn)),
        direct_confidence=draw(st.sampled_from((0.0, 0.7, 0.95))),
    )
    metadata = draw(st.dictionaries(st.just("department"), st.sampled_from(DEPARTMENTS)))
    world = replace(world, policy=policy, tenant=draw(st.sampled_from(TENANTS)))
    return replace(draw(requests()), metadata=metadata), world


def decided(request: ChatRequest, world: View) -> Decision | None:
    try:
        return decide(request, world)
    except MuxerError:
        return None


def applying(action: str, decision: Decision, request: ChatRequest, world: View) -> list[RoutingRule]:
    """The rules of this kind that apply, by the letter of the documentation."""
    intent = decision.intent
    return [
        r
        for r in world.policy.rules
        if r.action == action
        and (not r.intents or (intent.label in r.intents and intent.confidence >= world.policy.direct_confidence))
        and (not r.tenants or world.tenant in r.tenants)
        and all(fnmatchcase(request.metadata.get(key, "none"), glob) for key, glob in r.metadata.items())
    ]


def names(r: RoutingRule, model_id: str) -> bool:
    return any(fnmatchcase(model_id, glob) for glob in r.models)


@given(ruled())
def test_no_forbidden_model_is_ever_in_a_plan_and_every_required_one_is(case: tuple[ChatRequest, View]) -> None:
    if decision := decided(*case):
        for model_id in planned(decision):
            assert not any(names(r, model_id) for r in applying("forbid", decision, *case))
            assert all(names(r, model_id) for r in applying("require", decision, *case))


@given(ruled())
def test_a_preference_changes_the_order_of_a_plan_and_nothing_else(case: tuple[ChatRequest, View]) -> None:
    request, world = case
    limits = tuple(r for r in world.policy.rules if r.action != "prefer")
    without = decided(request, replace(world, policy=replace(world.policy, rules=limits)))
    decision = decided(request, world)

    assert (without is None) == (decision is None)
    if without and decision:
        preferred = applying("prefer", decision, *case)
        wins = next((r for r in preferred if any(names(r, i) for i in planned(decision))), None)
        expected = planned(without)
        if wins is not None:
            expected.sort(key=lambda model_id: not names(wins, model_id))
        assert planned(decision) == expected


@given(ruled())
def test_the_rules_that_had_a_say_are_named(case: tuple[ChatRequest, View]) -> None:
    if decision := decided(*case):
        preferred = [r.name for r in applying("prefer", decision, *case) if r.name in decision.rules]
        limits = [r for r in case[1].policy.rules if r.action != "prefer"]
        in_force = [r.name for r in limits if r in applying(r.action, decision, *case)]

        assert list(decision.rules) == in_force + preferred
        assert len(preferred) <= 1
        assert all(name in decision.reason for name in decision.rules)


@given(ruled(), st.randoms(use_true_random=False))
def test_the_order_of_the_catalogue_changes_nothing(case: tuple[ChatRequest, View], rng: random.Random) -> None:
    request, world = case
    shuffled = list(world.catalog.models.items())
    rng.shuffle(shuffled)
    other = replace(world, catalog=Catalog(models=dict(shuffled), version=world.catalog.version))

    assert decided(request, world) == decided(request, other)


@given(ruled())
def test_without_the_models_ruled_out_the_plan_is_the_same(case: tuple[ChatRequest, View]) -> None:
    if decision := decided(*case):
        short = decide(*case, with_rejected=False)

        assert short == replace(decision, candidates=decision.plan)
