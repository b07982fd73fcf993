"""Counts what happens, for Prometheus. All metric names are here.

The names, units and labels are an interface: dashboards and alerts are built on them.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    Summary,
    disable_created_metrics,
)

from muxer.telemetry.labels import (
    BUDGET_REASONS,
    CODES,
    DROP_KINDS,
    ESTIMATE_KINDS,
    FLAGS,
    INTENTS,
    METHODS,
    OUTCOMES,
    QUANTILES,
    QUESTION_OUTCOMES,
    REASONS,
    ROUTES,
    SUCCESS,
    TOKEN_KINDS,
    WITHIN,
)
from muxer.telemetry.port import BudgetReason, DropKind, EstimateKind, QuestionOutcome
from muxer.telemetry.series import Series
from muxer.types.chat import Usage
from muxer.types.decision import Intent
from muxer.types.money import PicoUsd, usd

DECISION_MS = (0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 25, 50, 100)
"""A decision is budgeted 0.2 ms; what takes 100 ms has blocked every other request."""

CONFIDENCE = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1)
"""With the defaults of INTENT_LOW_CONFIDENCE, 0.4, and INTENT_MIN_CONF_FOR_DIRECT, 0.7."""

REQUEST_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320)
"""From answers that need no provider to long reasoning."""

ANSWER_S = (0.1, 0.25, 0.5, 1, 1.5, 2.5, 4, 6, 10, 16, 25, 40, 60, 120, 300)
"""Whole answers of providers."""

FIRST_TOKEN_S = (0.05, 0.1, 0.2, 0.3, 0.45, 0.7, 1, 1.5, 2.5, 4, 6, 10, 20, 40)
"""Below a person's patience in fine steps, above it in coarse ones."""

TIMES_ESTIMATED = (0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.6, 2.5, 5, 10)
"""An estimate that is right within a quarter lies next to 1; steps are even on a logarithmic scale, finer about 1."""


class Metrics:
    """The counters of one process; implements `Telemetry`. Every registry can hold one."""

    def __init__(
        self, registry: CollectorRegistry, *, models: Iterable[str], providers: Iterable[str], version: str
    ) -> None:
        """`models` are ids `provider:model`; `version` is the server's."""
        # Doubles the number of lines for a timestamp that Prometheus does not use. The library has no narrower switch.
        disable_created_metrics()  # type: ignore[no-untyped-call] # a gap in the library's annotations
        self._models = set(models)
        self._providers = set(providers)
        self._count_requests(registry)
        self._count_decisions(registry)
        self._count_providers(registry)
        self._count_estimates(registry)
        dropped = Counter(
            "modelmuxer_telemetry_dropped",
            "Log lines, spans and recorded decisions lost on the way out",
            ("kind",),
            registry=registry,
        )
        self._dropped = Series(dropped, DROP_KINDS)
        for kind in get_args(DropKind):
            self.dropped(kind, 0)  # an alert on an increase needs a zero to begin with
        build = Info("modelmuxer_build", "The software that is running", registry=registry)
        build.info({"version": version, "python_version": platform.python_version()})
        ProcessCollector(registry=registry)

    def _count_requests(self, registry: CollectorRegistry) -> None:
        requests = Counter("modelmuxer_requests", "Finished requests", ("route", "code"), registry=registry)
        self._requests = Series(requests, ROUTES, CODES)
        duration = Histogram(
            "modelmuxer_request_duration_seconds",
            "Time from a request's arrival to the end of its answer",
            ("route",),
            buckets=REQUEST_S,
            registry=registry,
        )
        self._duration = Series(duration, ROUTES)
        in_flight = Gauge("modelmuxer_requests_in_flight", "Requests in progress", ("route",), registry=registry)
        self._in_flight = Series(in_flight, ROUTES)

    def _count_decisions(self, registry: CollectorRegistry) -> None:
        estimates = Summary(
            "modelmuxer_router_cost_estimate_usd",
            "Expected cost of requests on the model chosen; when none was within budget, on the cheapest",
            ("route", "model", "within_budget"),
            registry=registry,
        )
        self._estimates = Series(estimates, ROUTES, self._models, FLAGS)
        exceeded = Counter(
            "modelmuxer_router_budget_exceeded",
            "Requests that no admissible model was cheap enough for",
            ("route", "reason"),
            registry=registry,
        )
        self._exceeded = Series(exceeded, ROUTES, BUDGET_REASONS)
        latency = Histogram(
            "modelmuxer_router_decision_latency_ms",
            "Time that choosing a model took",
            ("route",),
            buckets=DECISION_MS,
            registry=registry,
        )
        self._decision_latency = Series(latency, ROUTES)
        intents = Counter(
            "modelmuxer_router_intent",
            "Requests by their kind and what decided it",
            ("label", "method"),
            registry=registry,
        )
        self._intents = Series(intents, INTENTS, METHODS)
        confidence = Histogram(
            "modelmuxer_router_intent_confidence",
            "How sure the kinds of requests are, 0 to 1",
            ("method",),
            buckets=CONFIDENCE,
            registry=registry,
        )
        self._confidence = Series(confidence, METHODS)
        questions = Counter(
            "modelmuxer_router_intent_questions",
            "Requests that the classifier was unsure of, by what came of asking a model",
            ("outcome",),
            registry=registry,
        )
        self._questions = Series(questions, QUESTION_OUTCOMES)

    def _count_providers(self, registry: CollectorRegistry) -> None:
        model = ("provider", "model")
        known = (self._providers, self._models)
        latency = Histogram(
            "modelmuxer_provider_latency_seconds",
            "Time that successful calls to providers took, to the end of the answer",
            model,
            buckets=ANSWER_S,
            registry=registry,
        )
        self._latency = Series(latency, *known)
        first_token = Histogram(
            "modelmuxer_time_to_first_token_seconds",
            "Time from calling a provider to the first content of its stream",
            model,
            buckets=FIRST_TOKEN_S,
            registry=registry,
        )
        self._first_token = Series(first_token, *known)
        attempts = Counter("modelmuxer_provider_attempts", "Calls to providers", (*model, "outcome"), registry=registry)
        self._attempts = Series(attempts, *known, OUTCOMES)
        fallbacks = Counter(
            "modelmuxer_fallbacks", "Models given up for the next one", (*model, "reason"), registry=registry
        )
        self._fallbacks = Series(fallbacks, *known, REASONS)
        tokens = Counter(
            "modelmuxer_tokens",
            "Tokens used; cached and cache_write are part of prompt, reasoning is part of completion",
            (*model, "kind"),
            registry=registry,
        )
        self._tokens = Series(tokens, *known, TOKEN_KINDS)
        cost = Counter("modelmuxer_cost_usd", "Cost of answers in US dollars", model, registry=registry)
        self._cost = Series(cost, *known)

    def _count_estimates(self, registry: CollectorRegistry) -> None:
        ratios = Histogram(
            "modelmuxer_estimate_ratio",
            "Cost, tokens and latency of answers, in what was expected of them",
            ("kind", "model"),
            buckets=TIMES_ESTIMATED,
            registry=registry,
        )
        self._ratios = Series(ratios, ESTIMATE_KINDS, self._models)
        checks = Counter(
            "modelmuxer_estimate_checks",
            "Answers by whether they stayed within an estimated quantile",
            ("kind", "quantile", "outcome"),
            registry=registry,
        )
        self._checks = Series(checks, ESTIMATE_KINDS, QUANTILES, WITHIN)

    def admit(self, *, models: Iterable[str], providers: Iterable[str]) -> None:
        """Makes label values of what a reload added. What it removed stays one: counters do not go away."""
        self._models.update(models)
        self._providers.update(providers)

    def request_started(self, route: str) -> None:
        """See `Telemetry`."""
        self._in_flight[route,].inc()

    def request_finished(self, route: str, code: str, seconds: float) -> None:
        """See `Telemetry`."""
        self._in_flight[route,].dec()
        self._requests[route, code].inc()
        self._duration[route,].observe(seconds)

    def decided(self, route: str, seconds: float) -> None:
        """See `Telemetry`."""
        self._decision_latency[route,].observe(seconds * 1000)

    def cost_estimated(self, route: str, model: str, cost: PicoUsd, *, within_budget: bool) -> None:
        """See `Telemetry`."""
        self._estimates[route, model, "true" if within_budget else "false"].observe(usd(cost))

    def budget_exceeded(self, route: str, reason: BudgetReason) -> None:
        """See `Telemetry`."""
        self._exceeded[route, reason].inc()

    def intent_classified(self, intent: Intent) -> None:
        """See `Telemetry`."""
        self._intents[intent.label, intent.method].inc()
        self._confidence[intent.method,].observe(intent.confidence)

    def intent_asked(self, outcome: QuestionOutcome) -> None:
        """See `Telemetry`."""
        self._questions[outcome,].inc()

    def attempt_finished(self, model: str, outcome: str, seconds: float) -> None:
        """See `Telemetry`. The latency is of successes alone: a refusal within a millisecond is not a fast answer."""
        provider = model.partition(":")[0]
        self._attempts[provider, model, outcome].inc()
        if outcome == SUCCESS:
            self._latency[provider, model].observe(seconds)

    def first_token(self, model: str, seconds: float) -> None:
        """See `Telemetry`."""
        self._first_token[model.partition(":")[0], model].observe(seconds)

    def fell_back(self, model: str, reason: str) -> None:
        """See `Telemetry`."""
        self._fallbacks[model.partition(":")[0], model, reason].inc()

    def answered(self, model: str, usage: Usage, cost: PicoUsd) -> None:
        """See `Telemetry`."""
        provider = model.partition(":")[0]
        for kind, count in (
            ("prompt", usage.prompt_tokens),
            ("cached", usage.cached_tokens),
            ("cache_write", usage.cache_write_tokens),
            ("completion", usage.completion_tokens),
            ("reasoning", usage.reasoning_tokens),
        ):
            if count > 0:
                self._tokens[provider, model, kind].inc(count)
        if cost > 0:
            self._cost[provider, model].inc(usd(cost))

    def estimate_compared(
        self, model: str, kind: EstimateKind, actual: float, expected: float, quantiles: Mapping[str, float]
    ) -> None:
        """See `Telemetry`. What was expected to be nothing, as the cost of a free model, has no ratio."""
        if expected > 0:
            self._ratios[kind, model].observe(actual / expected)
        for name, quantile in quantiles.items():
            self._checks[kind, name, "within" if actual <= quantile else "above"].inc()

    def dropped(self, kind: DropKind, count: int = 1) -> None:
        """See `Telemetry`."""
        self._dropped[kind,].inc(count)
