from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.errors import Reason
from muxer.telemetry.labels import INTENTS, ROUTES
from muxer.telemetry.metrics import Metrics
from muxer.telemetry.port import QuestionOutcome
from muxer.telemetry.series import Series
from muxer.types.chat import Usage
from muxer.types.decision import Intent
from muxer.types.money import PicoUsd, pico
from prometheus_client import CollectorRegistry, Counter

PROTO = Path(__file__).parents[2] / "proto" / "modelmuxer" / "v1"
LUNA = "openai:gpt-6-luna"


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def metrics(registry):
    return Metrics(registry, models=[LUNA, "groq:llama"], providers=["openai", "groq"], version="1.2.3")


def label_values(registry: CollectorRegistry) -> set[str]:
    samples = [sample for metric in registry.collect() for sample in metric.samples]
    counted = [sample for sample in samples if sample.name.startswith("modelmuxer_") and "build" not in sample.name]
    return {value for sample in counted for name, value in sample.labels.items() if name != "le"}


def test_a_request_is_in_flight_until_it_is_finished_and_counted_by_its_code(registry, metrics):
    metrics.request_started("Route")
    metrics.request_started("Route")
    metrics.request_finished("Route", "RESOURCE_EXHAUSTED", 0.003)
    route = {"route": "Route"}
    assert registry.get_sample_value("modelmuxer_requests_in_flight", route) == 1
    assert registry.get_sample_value("modelmuxer_requests_total", {**route, "code": "RESOURCE_EXHAUSTED"}) == 1
    assert registry.get_sample_value("modelmuxer_request_duration_seconds_sum", route) == 0.003
    assert registry.get_sample_value("modelmuxer_request_duration_seconds_bucket", {**route, "le": "0.005"}) == 1
    assert registry.get_sample_value("modelmuxer_request_duration_seconds_bucket", {**route, "le": "0.0025"}) == 0


def test_estimated_costs_have_a_sum_in_us_dollars_and_a_count(registry, metrics):
    metrics.cost_estimated("Route", LUNA, pico("0.25"), within_budget=True)
    metrics.cost_estimated("Route", LUNA, pico("0.5"), within_budget=True)
    metrics.cost_estimated("Route", LUNA, pico("4"), within_budget=False)
    labels = {"route": "Route", "model": LUNA, "within_budget": "true"}
    assert registry.get_sample_value("modelmuxer_router_cost_estimate_usd_sum", labels) == 0.75
    assert registry.get_sample_value("modelmuxer_router_cost_estimate_usd_count", labels) == 2
    labels["within_budget"] = "false"
    assert registry.get_sample_value("modelmuxer_router_cost_estimate_usd_sum", labels) == 4


def test_budget_refusals_are_counted_by_whose_limit_it_was(registry, metrics):
    metrics.budget_exceeded("ChatCompletion", "server_limit")
    labels = {"route": "ChatCompletion", "reason": "server_limit"}
    assert registry.get_sample_value("modelmuxer_router_budget_exceeded_total", labels) == 1


def test_decision_latency_is_in_milliseconds(registry, metrics):
    metrics.decided("Route", 0.00015)
    labels = {"route": "Route"}
    assert registry.get_sample_value("modelmuxer_router_decision_latency_ms_sum", labels) == pytest.approx(0.15)
    assert registry.get_sample_value("modelmuxer_router_decision_latency_ms_bucket", {**labels, "le": "0.2"}) == 1
    assert registry.get_sample_value("modelmuxer_router_decision_latency_ms_bucket", {**labels, "le": "0.1"}) == 0


def test_intents_are_counted_by_label_and_by_what_decided_them(registry, metrics):
    metrics.intent_classified(Intent("code_gen", 0.75, "llm"))
    labels = {"label": "code_gen", "method": "llm"}
    assert registry.get_sample_value("modelmuxer_router_intent_total", labels) == 1


def test_the_confidence_of_intents_is_counted_by_what_decided_them(registry, metrics):
    for confidence in (0.3, 0.4, 0.41):
        metrics.intent_classified(Intent("chat_lite", confidence, "model"))
    model = {"method": "model"}
    assert registry.get_sample_value("modelmuxer_router_intent_confidence_bucket", {**model, "le": "0.4"}) == 2
    assert registry.get_sample_value("modelmuxer_router_intent_confidence_count", model) == 3


@pytest.mark.parametrize("outcome", get_args(QuestionOutcome))
def test_questions_about_intents_are_counted_by_what_came_of_them(registry, metrics, outcome):
    metrics.intent_asked(outcome)
    assert registry.get_sample_value("modelmuxer_router_intent_questions_total", {"outcome": outcome}) == 1


def test_attempts_are_counted_by_outcome_but_only_successes_have_a_latency(registry, metrics):
    metrics.attempt_finished(LUNA, "ok", 2.0)
    metrics.attempt_finished(LUNA, "rate_limit_exceeded", 0.001)
    model = {"provider": "openai", "model": LUNA}
    attempts = "modelmuxer_provider_attempts_total"
    assert registry.get_sample_value(attempts, {**model, "outcome": "ok"}) == 1
    assert registry.get_sample_value(attempts, {**model, "outcome": "rate_limit_exceeded"}) == 1
    assert registry.get_sample_value("modelmuxer_provider_latency_seconds_sum", model) == 2.0
    assert registry.get_sample_value("modelmuxer_provider_latency_seconds_count", model) == 1


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_an_outcome_and_a_cause_of_falling_back(registry, metrics, reason):
    metrics.attempt_finished(LUNA, reason.value, 1.0)
    metrics.fell_back(LUNA, reason.value)
    model = {"provider": "openai", "model": LUNA}
    assert registry.get_sample_value("modelmuxer_provider_attempts_total", {**model, "outcome": reason.value}) == 1
    assert registry.get_sample_value("modelmuxer_fallbacks_total", {**model, "reason": reason.value}) == 1


def test_the_first_token_has_a_latency_of_its_own(registry, metrics):
    metrics.first_token("groq:llama", 0.12)
    model = {"provider": "groq", "model": "groq:llama"}
    assert registry.get_sample_value("modelmuxer_time_to_first_token_seconds_sum", model) == 0.12


def test_an_answer_adds_its_tokens_by_kind_and_its_cost_in_us_dollars(registry, metrics):
    usage = Usage(prompt_tokens=100, completion_tokens=50, cached_tokens=60, cache_write_tokens=7, reasoning_tokens=20)
    metrics.answered(LUNA, usage, pico("0.125"))
    metrics.answered(LUNA, usage, pico("0.125"))
    model = {"provider": "openai", "model": LUNA}
    counted = {
        kind: registry.get_sample_value("modelmuxer_tokens_total", {**model, "kind": kind})
        for kind in ("prompt", "completion", "cached", "cache_write", "reasoning")
    }
    assert counted == {"prompt": 200, "completion": 100, "cached": 120, "cache_write": 14, "reasoning": 40}
    assert registry.get_sample_value("modelmuxer_cost_usd_total", model) == 0.25


def test_an_answer_is_compared_with_its_estimate(registry, metrics):
    metrics.estimate_compared(LUNA, "latency", 1_500, 1_000, {"p50": 1_000, "p95": 2_000})
    metrics.estimate_compared(LUNA, "latency", 900, 1_000, {"p50": 1_000, "p95": 2_000})
    ratio = {"kind": "latency", "model": LUNA}
    assert registry.get_sample_value("modelmuxer_estimate_ratio_sum", ratio) == pytest.approx(2.4)
    assert registry.get_sample_value("modelmuxer_estimate_ratio_bucket", {**ratio, "le": "1.0"}) == 1
    checks = {
        (quantile, outcome): registry.get_sample_value(
            "modelmuxer_estimate_checks_total", {"kind": "latency", "quantile": quantile, "outcome": outcome}
        )
        for quantile in ("p50", "p95")
        for outcome in ("within", "above")
    }
    assert checks == {("p50", "within"): 1, ("p50", "above"): 1, ("p95", "within"): 2, ("p95", "above"): None}


def test_what_was_expected_to_cost_nothing_has_no_ratio_but_is_checked(registry, metrics):
    metrics.estimate_compared("groq:llama", "cost", 0, 0, {"p90": 0})
    labels = {"kind": "cost", "quantile": "p90", "outcome": "within"}
    assert registry.get_sample_value("modelmuxer_estimate_checks_total", labels) == 1
    assert registry.get_sample_value("modelmuxer_estimate_ratio_count", {"kind": "cost", "model": "groq:llama"}) is None


def test_what_telemetry_loses_is_counted_from_zero(registry, metrics):
    assert registry.get_sample_value("modelmuxer_telemetry_dropped_total", {"kind": "span"}) == 0
    metrics.dropped("log_line", 3)
    assert registry.get_sample_value("modelmuxer_telemetry_dropped_total", {"kind": "log_line"}) == 3


def test_the_build_and_the_process_are_described(registry, metrics):
    build = [s.labels for metric in registry.collect() for s in metric.samples if s.name == "modelmuxer_build_info"]
    assert [labels["version"] for labels in build] == ["1.2.3"]
    assert registry.get_sample_value("process_resident_memory_bytes") > 1e6


text = st.text(max_size=8).map("made up {}".format)


@given(st.lists(st.tuples(text, text, text), max_size=30))
def test_no_input_makes_a_label_value_that_configuration_does_not_know(calls):
    registry = CollectorRegistry()
    metrics = Metrics(registry, models=[LUNA], providers=["openai"], version="1")
    for route, model, word in calls:
        metrics.request_started(route)
        metrics.request_finished(route, word, 0.1)
        metrics.decided(route, 0.1)
        metrics.cost_estimated(route, model, PicoUsd(1), within_budget=True)
        metrics.budget_exceeded(route, word)
        metrics.intent_classified(Intent(word, 0.5, model))
        metrics.intent_asked(word)
        metrics.attempt_finished(model, word, 0.1)
        metrics.first_token(model, 0.1)
        metrics.fell_back(model, word)
        metrics.answered(model, Usage(prompt_tokens=1), PicoUsd(1))
        metrics.dropped(word)
    assert label_values(registry) <= {LUNA, "openai", "other", "true", "prompt", "log_line", "span", "decision"}


def test_unknown_label_values_are_not_kept_for_reuse(registry):
    series = Series(Counter("c", "", ("who",), registry=registry), {"known"})
    for who in ("known", "known", "a", "b", "c"):
        series[who,].inc()
    assert list(series) == [("known",)]
    assert [registry.get_sample_value("c_total", {"who": who}) for who in ("known", "other")] == [2, 3]


def test_an_unknown_model_of_a_known_provider_counts_for_the_provider(registry, metrics):
    metrics.attempt_finished("openai:made-up", "ok", 1.0)
    metrics.attempt_finished("nobody:made-up", "ok", 1.0)
    attempts = "modelmuxer_provider_attempts_total"
    assert registry.get_sample_value(attempts, {"provider": "openai", "model": "other", "outcome": "ok"}) == 1
    assert registry.get_sample_value(attempts, {"provider": "other", "model": "other", "outcome": "ok"}) == 1


def test_a_reload_makes_label_values_of_new_models(registry, metrics):
    metrics.first_token("acme:new", 0.1)
    metrics.admit(models=["acme:new"], providers=["acme"])
    metrics.first_token("acme:new", 0.2)
    model = {"provider": "acme", "model": "acme:new"}
    assert registry.get_sample_value("modelmuxer_time_to_first_token_seconds_sum", model) == 0.2


def test_two_registries_count_apart(registry, metrics):
    other = CollectorRegistry()
    Metrics(other, models=[], providers=[], version="1").decided("Route", 0.1)
    assert registry.get_sample_value("modelmuxer_router_decision_latency_ms_count", {"route": "Route"}) is None


def test_the_routes_are_the_rpcs_of_the_api():
    rpcs = {name for file in PROTO.glob("*.proto") for name in re.findall(r"^  rpc (\w+)\(", file.read_text(), re.M)}
    assert rpcs == ROUTES


def test_the_intents_are_those_that_the_api_documents():
    comment = re.search(r"message IntentPrediction \{(.*?)string label", (PROTO / "routing.proto").read_text(), re.S)
    assert set(re.findall(r"`(\w+)`", comment[1])) == INTENTS
