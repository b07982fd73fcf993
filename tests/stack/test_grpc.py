"""The typed face over a real channel, directly and through Envoy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status
from modelmuxer.v1 import operations_service_pb2_grpc
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.error_reason_pb2 import ErrorReason
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub
from muxer.service.server import SERVICES

from tests.stack.stack import Stack

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(params=["directly", "through Envoy"])
def channel(stack: Stack, request: pytest.FixtureRequest) -> Iterator[grpc.Channel]:
    target = stack.grpc if request.param == "directly" else stack.rest.removeprefix("http://")
    with grpc.insecure_channel(target) as channel:
        yield channel


@pytest.fixture
def router(channel: grpc.Channel) -> RouterServiceStub:
    return RouterServiceStub(channel)


def details_of(error) -> dict[str, Any]:
    """The rich details of an error by their type."""
    found = {}
    for packed in rpc_status.from_call(error).details:
        kind = getattr(error_details_pb2, packed.TypeName().rpartition(".")[2])
        detail = kind()
        assert packed.Unpack(detail)
        found[kind.__name__] = detail
    return found


def failure_of(call):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def test_a_decision_lists_every_model_and_why_it_lost(stack, router):
    decision = router.Route(pb.RouteRequest(messages=HELLO)).decision

    assert len(decision.candidates) == len(stack.plan.prices.catalog.models)
    assert [c.status for c in decision.candidates].count("selected") == 1
    assert (decision.candidates[0].provider, decision.candidates[0].model) == (
        decision.selected_provider,
        decision.selected_model,
    )
    assert all(c.reason for c in decision.candidates)
    assert decision.simulated


def test_deciding_calls_no_provider(stack, router):
    before = len(stack.simulator.record.calls)

    router.Route(pb.RouteRequest(messages=HELLO))
    router.Classify(pb.ClassifyRequest(messages=HELLO))
    router.Estimate(pb.EstimateRequest(messages=HELLO))

    assert len(stack.simulator.record.calls) == before


def test_estimates_come_cheapest_first(router):
    costs = [c.cost.pico_usd for c in router.Estimate(pb.EstimateRequest(messages=HELLO)).candidates]

    assert costs == sorted(costs)
    assert costs[0] > 0


@pytest.mark.parametrize("model", ["openai:gpt-4o", "anthropic:claude-haiku-4-5"])
def test_an_answer_costs_what_the_provider_bills(stack, router, model):
    answer = router.ChatCompletion(pb.ChatCompletionRequest(messages=HELLO, model=model))

    billed = next(c for c in reversed(stack.simulator.record.calls) if f"{c.provider}:{c.model}" == model)
    assert answer.choices[0].message.content
    assert answer.cost.pico_usd == billed.cost_pico_usd > 0
    assert answer.attempts == 1
    assert [c.status for c in answer.decision.candidates] == ["selected"]


@pytest.mark.parametrize("model", ["openai:gpt-4o", "anthropic:claude-haiku-4-5"])
def test_a_stream_adds_up_to_the_whole_answer(router, model):
    request = pb.ChatCompletionRequest(messages=HELLO, model=model)
    whole = router.ChatCompletion(request)
    pieces = list(router.StreamChatCompletion(pb.StreamChatCompletionRequest(request=request)))

    text = "".join(choice.delta.content for piece in pieces for choice in piece.choices)
    assert text == whole.choices[0].message.content
    assert {piece.id for piece in pieces} == {pieces[0].id}
    assert pieces[-1].usage == whole.usage
    assert pieces[-1].cost == whole.cost
    assert pieces[-1].decision.selected_model == whole.decision.selected_model


def test_when_the_first_provider_fails_another_one_answers(router):
    asked = router.Route(pb.RouteRequest(messages=HELLO)).decision.selected_provider
    text = f"Hello [[simulate:500;provider={asked}]]"
    answer = router.ChatCompletion(pb.ChatCompletionRequest(messages=[{"role": "user", "content": text}]))

    assert answer.decision.selected_provider != asked or answer.attempts > 1
    assert answer.choices[0].message.content


@pytest.mark.parametrize(
    ("request_", "code", "reason", "field"),
    [
        ({"messages": []}, "INVALID_ARGUMENT", "MISSING_FIELD", "messages"),
        ({"messages": [{"role": "king"}]}, "INVALID_ARGUMENT", "INVALID_VALUE", "messages[0].role"),
        ({"messages": [{"role": "user", "parts": [{}]}]}, "INVALID_ARGUMENT", "MISSING_FIELD", "messages[0].parts[0]"),
        ({"messages": HELLO, "n": 1000}, "INVALID_ARGUMENT", "INVALID_VALUE", "n"),
        ({"messages": HELLO, "max_tokens": -1}, "INVALID_ARGUMENT", "INVALID_VALUE", "max_tokens"),
        ({"messages": HELLO, "temperature": float("nan")}, "INVALID_ARGUMENT", "INVALID_VALUE", "temperature"),
        ({"messages": HELLO, "model": "gpt-0"}, "NOT_FOUND", "MODEL_NOT_FOUND", None),
        ({"messages": HELLO, "routing": {"denied_models": ["*"]}}, "PERMISSION_DENIED", "POLICY_VIOLATION", None),
        ({"messages": HELLO, "routing": {"max_cost_usd": 1e-9}}, "RESOURCE_EXHAUSTED", "INSUFFICIENT_BUDGET", None),
        ({"messages": HELLO, "routing": {"run_id": "x" * 999}}, "INVALID_ARGUMENT", "INVALID_VALUE", "routing.run_id"),
    ],
)  # fmt: skip
def test_errors_carry_a_reason_and_name_the_field(router, request_, code, reason, field):
    error = failure_of(lambda: router.ChatCompletion(pb.ChatCompletionRequest(**request_)))

    details = details_of(error)
    info = details["ErrorInfo"]
    assert (error.code().name, info.domain) == (code, "modelmuxer")
    assert ErrorReason.Value(info.reason) == ErrorReason.Value(f"ERROR_REASON_{reason}")
    if field is not None:
        assert info.metadata["field"] == field
        assert details["BadRequest"].field_violations[0].field == field
    assert ("QuotaFailure" in details) == (reason == "INSUFFICIENT_BUDGET")


def test_a_limit_of_the_provider_says_when_to_come_back(router):
    text = "Hello [[simulate:429;retry_after=9]]"
    request = pb.ChatCompletionRequest(messages=[{"role": "user", "content": text}], model="openai:gpt-4o")
    error = failure_of(lambda: router.ChatCompletion(request))

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details_of(error)["RetryInfo"].retry_delay.seconds == 9


def test_a_stream_that_breaks_off_ends_with_an_error_status(router):
    text = "Hello [[simulate:truncated;after=4]]"
    request = pb.ChatCompletionRequest(messages=[{"role": "user", "content": text}], model="openai:gpt-4o")
    pieces: list[pb.StreamChatCompletionResponse] = []
    error = failure_of(
        lambda: pieces.extend(router.StreamChatCompletion(pb.StreamChatCompletionRequest(request=request)))
    )

    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert details_of(error)["ErrorInfo"].reason == "ERROR_REASON_PROVIDER_ERROR"


def test_a_deadline_of_the_client_holds(router):
    text = "Hello [[simulate:hang_before_headers]]"
    request = pb.ChatCompletionRequest(messages=[{"role": "user", "content": text}], model="openai:gpt-4o")

    assert failure_of(lambda: router.ChatCompletion(request, timeout=0.3)).code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_deadline_in_the_metadata_holds_and_is_rich(router):
    text = "Hello [[simulate:hang_before_headers]]"
    request = pb.ChatCompletionRequest(messages=[{"role": "user", "content": text}], model="openai:gpt-4o")
    error = failure_of(lambda: router.ChatCompletion(request, metadata=[("x-request-timeout-ms", "300")]))

    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert details_of(error)["ErrorInfo"].reason == "ERROR_REASON_DEADLINE_EXCEEDED"


@pytest.mark.parametrize("header", ["soon", "-5", "0", "nan", "1e-9"])
def test_a_deadline_that_is_no_number_is_refused(router, header):
    error = failure_of(
        lambda: router.Route(pb.RouteRequest(messages=HELLO), metadata=[("x-request-timeout-ms", header)])
    )

    assert details_of(error)["ErrorInfo"].metadata["field"] == "x-request-timeout-ms"


def test_what_is_not_protobuf_is_refused(channel):
    call = channel.unary_unary("/modelmuxer.v1.RouterService/Route")
    error = failure_of(lambda: call(b"\xff\xff\xff\xff"))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(error)["ErrorInfo"].reason == "ERROR_REASON_INVALID_PROTOBUF"


def test_a_message_that_is_too_large_is_refused(stack):
    with grpc.insecure_channel(stack.grpc, options=[("grpc.max_send_message_length", -1)]) as channel:
        large = pb.RouteRequest(messages=[{"role": "user", "content": "x" * (20 * 1024 * 1024)}])
        error = failure_of(lambda: RouterServiceStub(channel).Route(large))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(error)["ErrorInfo"].reason == "ERROR_REASON_REQUEST_TOO_LARGE"


def test_every_service_is_found_by_reflection(channel):
    found = set(ProtoReflectionDescriptorDatabase(channel).get_services())

    assert found >= {*SERVICES, "grpc.health.v1.Health"}


@pytest.mark.parametrize("service", ["", *SERVICES])
def test_every_service_reports_that_it_serves(channel, service):
    answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service))

    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_health_and_metrics_are_there_over_grpc_too(channel):
    operations = operations_service_pb2_grpc.OperationsServiceStub(channel)

    assert json.loads(operations.GetHealth(Empty()).data)["status"] == "ok"
    assert b"modelmuxer_router_decision_latency_ms" in operations.GetMetrics(Empty()).data


def test_the_request_id_of_the_caller_is_kept(stack, router):
    _, call = router.Route.with_call(pb.RouteRequest(messages=HELLO), metadata=[("x-request-id", "my-id-1")])

    assert dict(call.trailing_metadata())["x-request-id"] == "my-id-1"
    assert stack.log.lines[-1]["request_id"] == "my-id-1"
