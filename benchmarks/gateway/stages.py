"""Where the CPU time of one unary request goes inside the gateway, beside its budget.

The real server runs in this process and is asked one request after the other. The methods where stages begin and end
are wrapped meanwhile. Stages are timed at work, and not in loops of their own: in a loop all caches are warm, and most
stages take a third to a half of what they take here.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TextIO

import grpc
from google.api.httpbody_pb2 import HttpBody
from msgspec import Struct
from muxer.app import VERSION, Server
from muxer.dispatch.dispatcher import Dispatcher
from muxer.plan import Plan, read_plan
from muxer.providers.client import HttpProviderClient
from muxer.providers.openai_chat import OpenAIChat
from muxer.service import from_protobuf, openai, router
from muxer.service.decider import Decider
from muxer.service.identity import ApiKeys
from muxer.service.interceptor import EdgeInterceptor
from muxer.settings import Environment
from muxer.telemetry.exposition import Exposition
from muxer.telemetry.logs import Logs, start_logging
from muxer.telemetry.metrics import Metrics

from benchmarks.gateway import generator, upstream
from benchmarks.gateway.load import Job
from benchmarks.gateway.measurement import Effort
from benchmarks.gateway.processes import Cpus, started_on
from benchmarks.gateway.stopwatch import Stopwatch
from benchmarks.gateway.summary import Figure, figure
from benchmarks.gateway.testbed import gateway_configuration, generate, hear, own_process
from benchmarks.gateway.workload import UNARY_1K

LOOP = "event loop and grpc.aio"
THREADS = "gRPC's threads and the log's"
EDGE = "interceptor"

STAGES: Mapping[str, Sequence[tuple[Any, Sequence[str]]]] = {
    "identity": [(ApiKeys, ["identify"])],
    "decide": [(Decider, ["decide_chat"])],
    "dispatch and settle": [(Dispatcher, ["complete"])],
    "read and check the request": [
        (from_protobuf, ["chat"]),
        (router, ["validate"]),
        (openai, ["decode", "validate"]),
    ],
    "the provider's dialect": [(OpenAIChat, ["encode", "decode", "dropped"])],
    "write the answer": [
        (router.RouterServicer, ["ChatCompletion"]),
        (openai.OpenAIServicer, ["CreateChatCompletion"]),
    ],
    "HTTP to the provider": [(HttpProviderClient, ["complete"])],
    "metrics and log": [
        (Metrics, ["request_started", "request_finished", "decided", "cost_estimated", "intent_classified"]),
        (Metrics, ["attempt_finished", "answered"]),
        (Logs, ["request_finished"]),
    ],
}
"""The methods of each stage."""


class Share(Struct, frozen=True):
    """A line of the budget in microseconds, and the stages that live on it.

    The budget is a goal: what the parts that each line stands for cost when they were measured alone.
    """

    name: str
    budget_us: int
    stages: tuple[str, ...]


BUDGET = (
    Share("gRPC in and out", 330, (LOOP, THREADS)),
    Share("identity, limits, policy", 25, (EDGE, "identity")),
    Share("decision", 200, ("decide",)),
    Share("hold and settlement", 80, ("dispatch and settle",)),
    Share("translation", 15, ("read and check the request", "the provider's dialect", "write the answer")),
    Share("upstream call", 100, ("HTTP to the provider",)),
    Share("metrics, log, trace", 20, ("metrics and log",)),
)

FACES: Mapping[str, str] = {
    "gRPC": "/modelmuxer.v1.RouterService/ChatCompletion",
    "REST": "/modelmuxer.v1.OpenAIService/CreateChatCompletion",
}
"""The RPC behind each face; that of REST is asked as Envoy asks it."""


class Profile(Struct, frozen=True, tag_field="kind", tag="profile"):
    """Microseconds of CPU per unary request of 1 kB: by face, then by stage."""

    effort: Effort
    stages_us: Mapping[str, Mapping[str, Figure]]


async def profile(effort: Effort, directory: Path, done: Callable[[], None]) -> Profile:
    """Measures; `done` is called after each of `len(FACES) * effort.rounds` slices."""
    cpus = Cpus.of_machine()
    watch = Stopwatch()
    with contextlib.ExitStack() as stack:
        with started_on(cpus.others):
            pipe, _ = stack.enter_context(own_process(upstream.run))
            load, _ = stack.enter_context(own_process(generator.run))
        environment, config = gateway_configuration(await hear(pipe), directory)
        stack.enter_context(started_on(cpus.gateway))
        stack.enter_context(_attached(watch))
        nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))  # noqa: ASYNC230 - it never waits
        server, logs = _server(read_plan(Environment(environment), str(config)), nowhere)
        stack.callback(logs.close)
        (port,) = await server.start(["127.0.0.1:0"])
        try:
            rounds = [await _round(load, port, effort, watch, done) for _ in range(effort.rounds)]
        finally:
            await server.stop()
    stages = [stage for share in BUDGET for stage in share.stages]
    return Profile(
        effort, {face: {stage: figure([r[face].get(stage, 0.0) for r in rounds]) for stage in stages} for face in FACES}
    )


def _server(plan: Plan, nowhere: TextIO) -> tuple[Server, Logs]:
    """The server as `app.serve` makes it, with its log."""
    exposition = Exposition()
    models = plan.prices.catalog.models
    providers = {model.provider for model in models.values()}
    metrics = Metrics(exposition.registry, models=models, providers=providers, version=VERSION)
    logs = start_logging(level=plan.settings.log_level, stream=nowhere, human=False)
    return Server(plan, logs, metrics, exposition), logs


@contextlib.contextmanager
def _attached(watch: Stopwatch) -> Iterator[None]:
    """Times all stages. The handlers' time that no stage takes is the interceptor's."""
    edge: Any = EdgeInterceptor  # a type checker minds that methods are replaced
    intercept = edge.intercept_service

    async def intercept_timed(self: EdgeInterceptor, continuation: Any, details: Any) -> Any:
        handler = await intercept(self, continuation, details)
        if details.method not in FACES.values():
            return handler
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                watch.timed(EDGE, handler.unary_stream), None, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            watch.timed(EDGE, handler.unary_unary), None, handler.response_serializer
        )

    with contextlib.ExitStack() as stack:
        for stage, methods in STAGES.items():
            for owner, names in methods:
                stack.enter_context(watch.attached(stage, owner, names))
        edge.intercept_service = intercept_timed
        try:
            yield
        finally:
            edge.intercept_service = intercept


async def _round(
    load: Connection, port: int, effort: Effort, watch: Stopwatch, done: Callable[[], None]
) -> dict[str, dict[str, float]]:
    """Microseconds per request, by face and stage."""
    faces = {}
    for face, method in FACES.items():
        is_rest = face == "REST"
        body = UNARY_1K.protobuf()
        if is_rest:
            body = HttpBody(content_type="application/json", data=UNARY_1K.json()).SerializeToString()
        job = Job(port, body, int(is_rest), 1, effort.seconds, effort.warm_up, method)
        before: list[int] = []

        def started(before: list[int] = before) -> None:
            watch.spent.clear()
            before.extend((time.process_time_ns(), time.thread_time_ns()))

        sample = await generate(load, job, started)
        process, thread = time.process_time_ns() - before[0], time.thread_time_ns() - before[1]
        spent = {LOOP: thread - watch.spent.total(), THREADS: process - thread, **watch.spent}
        faces[face] = {stage: ns / 1000 / sample.requests for stage, ns in spent.items()}
        done()
    return faces
