"""Estimates learn from the answers that a running server gets, and it shows how good they are."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.operations_service_pb2_grpc import OperationsServiceStub
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub

from tests.stack.stack import running_stack

QUESTIONS = [f"Why does {thing} float, and what would it take to make it sink?" for thing in ("ice", "wood", "cork")]
ROUNDS = 12


@pytest.fixture(scope="module")
def channel() -> Iterator[grpc.Channel]:
    """A server of our own, which has not served anything yet, and takes the simulator for real."""
    with running_stack(envoy=False, simulated=False) as stack, grpc.insecure_channel(stack.grpc) as channel:
        yield channel


def ask(text):
    return {"messages": [{"role": "user", "content": text}], "model": "openai:gpt-4o-mini"}


def off(estimated, actual):
    """How far an estimate is off, on a logarithmic scale."""
    return abs(math.log(estimated / actual))


def test_after_some_answers_the_estimate_is_nearer_to_the_bill_and_to_the_clock(channel):
    router = RouterServiceStub(channel)
    before = [router.Route(pb.RouteRequest(**ask(text))).decision.candidates[0] for text in QUESTIONS]
    for _ in range(ROUNDS):
        answers = [router.ChatCompletion(pb.ChatCompletionRequest(**ask(text))) for text in QUESTIONS]
    after = [router.Route(pb.RouteRequest(**ask(text))).decision.candidates[0] for text in QUESTIONS]

    bills = [answer.cost.usd for answer in answers]
    assert sum(map(off, (c.cost.usd for c in after), bills)) < sum(map(off, (c.cost.usd for c in before), bills)) / 2
    assert all(bill <= c.cost.p90_usd <= c.cost.ceiling_usd for bill, c in zip(bills, after, strict=True))
    nearby = [new.latency.p50_ms < old.latency.p50_ms / 3 for new, old in zip(after, before, strict=True)]
    assert all(nearby)  # the simulator is behind no network
    assert all(c.latency.samples >= ROUNDS for c in after)
    assert all(c.latency.p50_ms <= c.latency.p95_ms <= c.latency.p99_ms for c in (*before, *after))


def test_the_metrics_compare_every_answer_with_its_estimate(channel):
    RouterServiceStub(channel).ChatCompletion(pb.ChatCompletionRequest(**ask("Hello")))

    text = OperationsServiceStub(channel).GetMetrics(Empty()).data.decode()

    kinds = re.findall(r'modelmuxer_estimate_ratio_count\{kind="(\w+)",model="openai:gpt-4o-mini"\}', text)
    assert sorted(kinds) == ["cost", "latency", "output_tokens", "prompt_tokens"]
    assert re.search(r'modelmuxer_estimate_checks_total\{kind="cost",outcome="\w+",quantile="p90"\}', text)


def test_answers_that_are_known_to_be_simulated_teach_nothing():
    with running_stack(envoy=False) as stack, grpc.insecure_channel(stack.grpc) as channel:
        router = RouterServiceStub(channel)
        before = router.Route(pb.RouteRequest(**ask(QUESTIONS[0]))).decision.candidates[0]
        for _ in range(ROUNDS):
            router.ChatCompletion(pb.ChatCompletionRequest(**ask(QUESTIONS[0])))
        after = router.Route(pb.RouteRequest(**ask(QUESTIONS[0]))).decision.candidates[0]

    assert before == after
