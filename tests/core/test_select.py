"""The order of the plan, and what turning the weights does to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from muxer.core.candidate import Assessment, assess
from muxer.core.prepared import prepared
from muxer.core.preset import Weights
from muxer.core.select import rank
from muxer.types.catalog import Catalog
from muxer.types.decision import ProviderState

from tests.core.builders import TODAY, catalog, demand, model, models

weights = st.floats(0, 2, allow_subnormal=False)
catalogs = st.tuples(*[models(f"p:m{i}") for i in range(5)]).map(lambda specs: catalog(*specs))


def plan_of(models: Catalog, weights: Weights) -> list[Assessment]:
    wanted = demand(weights=weights)
    return list(rank((assess(m, wanted) for m in prepared(models, TODAY).values()), wanted).plan)


@given(catalogs, weights, weights, weights)
def test_a_higher_weight_on_cost_never_picks_a_dearer_model(
    models: Catalog, one: float, other: float, latency: float
) -> None:
    careless, careful = (plan_of(models, Weights(cost, latency)) for cost in sorted((one, other)))
    if careless:
        assert careful[0].cost.expected <= careless[0].cost.expected


@given(catalogs, weights, weights, weights)
def test_a_higher_weight_on_time_never_picks_a_slower_model(
    models: Catalog, one: float, other: float, cost: float
) -> None:
    patient, hurried = (plan_of(models, Weights(cost, latency)) for latency in sorted((one, other)))
    if patient:
        assert hurried[0].latency.p50_ms <= patient[0].latency.p50_ms


@given(catalogs)
def test_without_weights_the_model_of_the_highest_predicted_quality_is_chosen(models: Catalog) -> None:
    plan = plan_of(models, Weights(cost=0, latency=0))
    if plan:
        assert plan[0].quality == max(a.quality for a in plan)


def test_equal_scores_are_ordered_by_id() -> None:
    triplets = {m.id: m for m in (model("p:b"), model("p:a"), model("p:c"))}

    plan = plan_of(Catalog(models=triplets, version="test"), Weights(cost=1, latency=1))

    assert [a.model.id for a in plan] == ["p:a", "p:b", "p:c"]


def test_models_ruled_out_are_kept_apart_and_in_order_of_score() -> None:
    specs = catalog(model("p:dear", 20), model("q:cheap", 1), model("q:dear", 20))
    down = demand(providers={"p": ProviderState(usable=True), "q": ProviderState(usable=False)})

    ranking = rank((assess(m, down) for m in prepared(specs, TODAY).values()), down)

    assert [a.model.id for a in ranking.plan] == ["p:dear"]
    assert {"q:cheap", "q:dear"} == {a.model.id for a in ranking.ruled_out}
    assert ranking.ruled_out[0].score >= ranking.ruled_out[1].score
