"""The composition root: builds every object once, by hand, top to bottom."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from muxer.dispatch.dispatcher import Dispatcher
from muxer.dispatch.intent_asker import IntentAsker
from muxer.dispatch.run import Environment as DispatchEnvironment
from muxer.plan import Plan
from muxer.providers.client import HttpProviderClient
from muxer.providers.transport import transport
from muxer.service.decider import Decider
from muxer.service.identity import ApiKeys
from muxer.service.interceptor import EdgeInterceptor
from muxer.service.openai import OpenAIServicer
from muxer.service.operations import OperationsServicer
from muxer.service.router import RouterServicer
from muxer.service.server import GrpcServer, Servicers
from muxer.service.traffic import Traffic
from muxer.service.view_source import ViewSource
from muxer.settings import Settings
from muxer.state.clock import SystemClock
from muxer.state.conversations import MemoryConversations
from muxer.state.latency import MemoryLatencyPriors
from muxer.state.price_shares import MemoryPriceShares
from muxer.state.usage import MemoryUsageHistory
from muxer.telemetry.exposition import Exposition
from muxer.telemetry.line_file import LineFile
from muxer.telemetry.metrics import Metrics
from muxer.telemetry.port import NO_TRACING, RequestLog
from muxer.types.decision import Policy, ProviderState, View
from muxer.types.money import pico
from muxer.vocabulary.counter import Counter, load_counter

VERSION = version("modelmuxer")


def policy(plan: Plan) -> Policy:
    """What the operator lays down for every request."""
    settings = plan.settings
    return Policy(
        default_preset=plan.file.routing.preset,
        max_cost=pico(settings.max_estimated_usd_per_request),
        intent_enabled=settings.intent_classifier_enabled and settings.mode != "basic",
        default_tokens_in=settings.estimator_default_tokens_in,
        default_tokens_out=settings.estimator_default_tokens_out,
        price_share=plan.file.routing.price_share,
        rules=plan.file.routing.routing_rules(),
        direct_confidence=settings.intent_min_conf_for_direct,
    )


class Memory:
    """What a process remembers of what it has served."""

    def __init__(self, settings: Settings) -> None:
        self.clock = SystemClock()
        self.priors = MemoryLatencyPriors(settings.latency_priors_window_s, self.clock)
        self.usage = MemoryUsageHistory()
        self.conversations = MemoryConversations(self.clock)
        self.price_shares = MemoryPriceShares()


def view_source(plan: Plan, memory: Memory, counter: Counter) -> ViewSource:
    """What decisions are made from."""
    usable = {name: ProviderState(usable=True) for name in plan.providers}
    return ViewSource(
        plan.prices.catalog,
        usable,
        policy(plan),
        memory.priors,
        memory.usage,
        memory.conversations,
        memory.clock,
        counter.count,
        simulated=plan.simulated,
        quality=None if plan.router is None else plan.router.quality,
    )


def current_view(plan: Plan) -> View:
    """The view of a process that has not served anything: for commands that decide without a server."""
    return view_source(plan, Memory(plan.settings), load_counter())()


class Server:
    """A server and everything that it owns."""

    def __init__(self, plan: Plan, log: RequestLog, metrics: Metrics, exposition: Exposition) -> None:
        settings = plan.settings
        memory = Memory(settings)
        clock = memory.clock
        self._plan = plan
        self._metrics = metrics
        self._traffic = Traffic()
        self.counter = load_counter()
        self._tracing = _tracing(settings, metrics)
        tracer = NO_TRACING if self._tracing is None else self._tracing.tracer
        self._transport = transport(settings.transport)
        world = DispatchEnvironment(
            client=HttpProviderClient(self._transport),
            providers=plan.providers,
            clock=clock,
            priors=memory.priors,
            usage=memory.usage,
            telemetry=metrics,
            tracer=tracer,
            count_tokens=self.counter.count,
            random=random.random,
            conversations=memory.conversations,
        )
        asker = _intent_asker(plan, world)
        view = view_source(plan, memory, self.counter)
        decider = Decider(view, clock, metrics, tracer, asker, memory.price_shares)
        dispatcher = Dispatcher(world)
        self._decisions = _decision_log(settings, metrics)
        keys = ApiKeys(settings.api_keys)
        edge = EdgeInterceptor(settings, keys, self._traffic, clock, metrics, log, tracer, self._decisions)
        outermost = [] if self._tracing is None else [self._tracing.interceptor]
        self._grpc = GrpcServer(
            Servicers(
                router=RouterServicer(decider, dispatcher),
                openai=OpenAIServicer(decider, dispatcher, debug=settings.server_debug),
                operations=OperationsServicer(self.health, exposition.render),
            ),
            [*outermost, edge],
            self._traffic,
            settings.max_request_bytes,
        )

    async def start(self, addresses: Sequence[str]) -> tuple[int, ...]:
        """Serves on these addresses; returns their ports."""
        return await self._grpc.start(addresses)

    async def stop(self) -> bool:
        """Drains and closes everything. Returns whether every call ended by itself."""
        settings = self._plan.settings
        done = await self._grpc.stop(settings.drain_delay_s, settings.drain_grace_s)
        await self._transport.close()
        if self._decisions is not None:
            await asyncio.to_thread(self._decisions.close)
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)
        return done

    def health(self) -> tuple[bool, Mapping[str, Any]]:
        """Whether requests are taken, and what the server runs with."""
        plan = self._plan
        draining = self._traffic.draining
        warnings = [] if plan.providers else ["no provider is configured: chat requests are answered with 503"]
        return not draining, {
            "status": "draining" if draining else "degraded" if warnings else "ok",
            "version": VERSION,
            "mode": plan.settings.mode,
            "simulated": bool(plan.simulated),
            "providers": sorted(plan.providers),
            "models": sum(m.provider in plan.providers for m in plan.prices.catalog.models.values()),
            "price_version": plan.prices.catalog.version,
            "token_counter": self.counter.name,
            "in_flight": self._traffic.in_flight,
            "warnings": warnings,
        }


def _intent_asker(plan: Plan, world: DispatchEnvironment) -> IntentAsker | None:
    """Who asks a language model for intents, when one is configured for it."""
    if plan.intent_model is None:
        return None
    settings = plan.settings
    return IntentAsker(
        world,
        plan.intent_model,
        timeout_s=settings.intent_timeout_ms / 1000,
        low_confidence=settings.intent_low_confidence,
    )


def _decision_log(settings: Settings, metrics: Metrics) -> LineFile | None:
    """The decision log, when one is to be written. Raises `OSError` when it cannot be."""
    if not settings.decision_log:
        return None
    return LineFile(
        Path(settings.decision_log),
        max_bytes=settings.decision_log_max_mb * 1_000_000,
        on_drop=lambda count: metrics.dropped("decision", count),
    )


def _tracing(settings: Settings, metrics: Metrics) -> Any:
    """Tracing when there is somewhere to send traces to, else None: nothing of it is even imported."""
    if not settings.otlp_endpoint:
        return None
    from muxer.telemetry.tracing import start_tracing  # noqa: PLC0415 - half a second of imports that most never need

    return start_tracing(
        endpoint=settings.otlp_endpoint,
        service_name="modelmuxer",
        service_version=VERSION,
        sample_ratio=settings.trace_sample_ratio,
        on_drop=lambda count: metrics.dropped("span", count),
    )
