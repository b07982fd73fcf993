"""The REST face as curl sees it: documented answers, and documented errors for whatever is sent."""

from __future__ import annotations

import json
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from tests.stack.stack import Stack, running_stack

HELLO = {"messages": [{"role": "user", "content": "Hello"}]}
CHAT = "/v1/chat/completions"
TYPED = ["/v1/route", "/v1/classify", "/v1/estimate"]


def post(stack: Stack, path: str, data: bytes, **headers: str) -> httpx.Response:
    return httpx.post(
        stack.rest + path, content=data, headers={"content-type": "application/json", **headers}, timeout=20
    )


@pytest.mark.parametrize("path", TYPED)
def test_the_plainest_request_is_enough(stack, path):
    answer = post(stack, path, json.dumps(HELLO).encode())

    assert answer.status_code == 200
    assert set(answer.json()) & {"decision", "intent", "candidates"}


def test_a_decision_reads_as_documented(stack):
    decision = post(stack, "/v1/route", json.dumps(HELLO).encode()).json()["decision"]

    assert set(decision) >= {"selected_provider", "selected_model", "routing_reason", "intent", "candidates"}
    assert set(decision["intent"]["signals"]["signals"]) == {"code", "translation", "vision", "safety"}
    assert isinstance(decision["estimated_cost"]["usd"], float)
    assert decision["estimated_cost"]["pico_usd"] == str(round(decision["estimated_cost"]["usd"] * 1e12))


def test_health_tells_what_the_server_runs_with(stack):
    answer = httpx.get(f"{stack.rest}/health")

    assert (answer.status_code, answer.json()["status"], answer.json()["simulated"]) == (200, "ok", True)
    assert answer.headers["x-request-id"]


def test_health_says_when_there_is_no_provider():
    with running_stack({"PROVIDER_ADAPTERS_ENABLED": "false"}) as own:
        health = httpx.get(f"{own.rest}/health").json()

    assert health["status"] == "degraded"
    assert "503" in health["warnings"][0]


def test_metrics_have_the_documented_names(stack):
    post(stack, CHAT, json.dumps(HELLO).encode())
    post(stack, CHAT, json.dumps({**HELLO, "routing": {"max_cost_usd": 1e-9}}).encode())
    text = httpx.get(f"{stack.rest}/metrics/prometheus").text

    for line in (
        'modelmuxer_router_cost_estimate_usd_sum{model="',
        'within_budget="true"',
        'within_budget="false"',
        'modelmuxer_router_budget_exceeded_total{reason="request_limit",route="CreateChatCompletion"}',
        'modelmuxer_router_decision_latency_ms_count{route="CreateChatCompletion"}',
        'modelmuxer_provider_latency_seconds_count{model="',
        'modelmuxer_router_intent_total{label="chat_lite",method="model"}',
    ):
        assert line in text


def test_debug_headers_come_only_when_asked_for(stack):
    plain = post(stack, CHAT, json.dumps(HELLO).encode())
    with running_stack({"SERVER_DEBUG": "true"}) as own:
        debug = [post(own, CHAT, json.dumps({**HELLO, "stream": stream}).encode()) for stream in (False, True)]

    assert "x-route-decision" not in plain.headers
    for answer in debug:
        assert ":" in answer.headers["x-route-decision"]
        whole, _, fraction = answer.headers["x-route-estimate-usd"].partition(".")
        assert (whole, len(fraction)) == ("0", 6)


BAD = {
    "empty": (b"", "invalid_json", ""),
    "no JSON": (b"{]", "invalid_json", ""),
    "a list": (b"[]", "invalid_type", ""),
    "nested": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "invalid_json", ""),
    "no UTF-8": (b'{"messages":[{"role":"user","content":"\xff\xfe"}]}', "invalid_json", ""),
    "no messages": (b'{"model":"auto"}', "missing_field", "messages"),
    "wrong type": (b'{"messages":"Hello"}', "invalid_type", "messages"),
    "wrong role": (b'{"messages":[{"role":"king","content":"x"}]}', "invalid_value", "messages[0].role"),
    "absurd n": (b'{"messages":[{"role":"user","content":"x"}],"n":100000}', "invalid_value", "n"),
    "negative": (b'{"messages":[{"role":"user","content":"x"}],"max_tokens":-5}', "invalid_value", "max_tokens"),
    "not a number": (b'{"messages":[{"role":"user","content":"x"}],"temperature":NaN}', "invalid_json", ""),
    "infinite": (b'{"messages":[{"role":"user","content":"x"}],"temperature":1e999}', "invalid_value", "temperature"),
    "half a character": (b'{"messages":[{"role":"user","content":"x\\ud83d"}]}', "invalid_json", ""),
    "big seed": (b'{"messages":[{"role":"user","content":"x"}],"seed":99999999999999999999}', "invalid_value", "seed"),
    "other name": (b'{"messages":[{"role":"user","content":"x"}],"max_completion_tokens":0}',
                   "invalid_value", "max_completion_tokens"),
    "a bad image": (b'{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}',
                    "invalid_value", "messages[0].content[0].image_url.url"),
    "old": (b'{"messages":[{"role":"user","content":"x"}],"functions":[]}', "unsupported_parameter", "functions"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_bodies_are_refused_at_once_with_field_and_reason(stack, name):
    data, code, field = BAD[name]
    before = len(stack.simulator.record.calls)
    answer = post(stack, CHAT, data)

    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (400, "invalid_request_error", code)
    assert (error["param"] or "") == field
    assert error["message"]
    assert len(stack.simulator.record.calls) == before


@pytest.mark.parametrize("path", TYPED)
@pytest.mark.parametrize("name", ["no JSON", "nested", "no messages", "wrong type", "wrong role"])
def test_the_typed_paths_refuse_bad_bodies_in_the_same_shape(stack, path, name):
    answer = post(stack, path, BAD[name][0])

    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["code"] in {"invalid_json", "missing_field", "invalid_value"}


def test_a_body_over_the_limit_is_413_with_and_without_a_length(stack):
    large = b'{"messages":[{"role":"user","content":"' + b"x" * (20 << 20) + b'"}]}'
    with_length = post(stack, CHAT, large)
    chunked = httpx.post(stack.rest + CHAT, content=iter([large[:100], large[100:]]), timeout=20)

    assert [a.status_code for a in (with_length, chunked)] == [413, 413]
    assert with_length.json()["error"]["code"] == "request_too_large"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nothing"), ("GET", CHAT), ("DELETE", "/v1/models"), ("POST", "/modelmuxer.v1.RouterService/Route")],
)
def test_unknown_paths_and_methods_are_404_in_our_shape(stack, method, path):
    answer = httpx.request(method, stack.rest + path, json={} if method == "POST" else None)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_url")


@pytest.mark.parametrize(
    "text", ['"quoted" \\ and / and <b>&amp;</b>', "new\nline\ttab", "naïve 漢字 😀", "\u2028 \x7f"]
)
def test_error_texts_survive_the_way_byte_for_byte(stack, text):
    answer = post(stack, CHAT, json.dumps({**HELLO, "model": text}).encode())

    assert answer.status_code == 404
    assert text in answer.json()["error"]["message"]


def test_the_process_survives_all_of_it(stack):
    assert post(stack, CHAT, json.dumps(HELLO).encode()).status_code == 200


def test_headers_with_underscores_and_forged_marks_have_no_effect(stack):
    forged = {"x-mm-rest": "0", "x-mm-http-status": "200", "X-MM-GRPC": "1", "x-envoy-upstream-rq-timeout-ms": "1"}
    answer = post(stack, CHAT, b"{]", **forged)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")
    address = urlsplit(stack.rest)
    with socket.create_connection((address.hostname, address.port), timeout=5) as raw:
        raw.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\nx_tenant_id: boss\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_a_server_that_is_gone_is_503_in_our_shape():
    with running_stack() as own:
        own.call(own.server.stop())
        deadline = time.monotonic() + 5
        answer = post(own, CHAT, json.dumps(HELLO).encode())
        while answer.json()["error"]["code"] != "upstream_unavailable" and time.monotonic() < deadline:
            answer = post(own, CHAT, json.dumps(HELLO).encode())

    assert answer.status_code == 503
    assert answer.json()["error"]["type"] == "service_unavailable"
    assert answer.headers["retry-after"] == "1"


def test_answers_and_their_costs_add_up_to_the_bill():
    with running_stack() as own, httpx.Client(base_url=own.rest, timeout=20) as client:
        costs = 0
        for model in ("auto", "openai:gpt-4o", "anthropic:claude-haiku-4-5", "auto:economy", "auto:quality"):
            for stream in (False, True):
                text = client.post(CHAT, json={**HELLO, "model": model, "stream": stream}).text
                data = text if not stream else text.split("\n\n")[-3].removeprefix("data: ")
                costs += json.loads(data)["router_metadata"]["actual_cost_pico_usd"]
        billed = own.simulator.record.bill.total.cost_pico_usd
        logged = sum(line["cost"] or 0 for line in own.log.lines)

    assert costs == billed == logged > 0


def test_a_request_is_decided_on_alike_in_the_words_of_either_face(stack):
    """As docs/api.md has it; what one of them misread would change the cost or the intent."""
    schema, picture = {"type": "object"}, "https://h/x.png"
    theirs = {
        "max_completion_tokens": 77,
        "messages": [{"role": "user", "content": [
            {"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": picture}}]}],
        "tools": [{"type": "function", "function": {"name": "save", "parameters": schema}}],
        "tool_choice": {"type": "function", "function": {"name": "save"}},
    }  # fmt: skip
    ours = {
        "max_tokens": 77,
        "messages": [{"role": "user", "parts": [{"text": "What is this?"}, {"image": {"url": picture}}]}],
        "tools": [{"name": "save", "parameters": json.dumps(schema)}],
        "tool_choice": {"mode": "named", "names": ["save"]},
    }
    answered = post(stack, CHAT, json.dumps(theirs).encode()).json()["router_metadata"]
    decided = post(stack, "/v1/route", json.dumps(ours).encode()).json()["decision"]

    assert answered["intent_label"] == decided["intent"]["label"] == "vision"
    assert answered["selected_model"] == decided["selected_model"]
    assert answered["estimated_cost_usd"] == decided["estimated_cost"]["usd"]


def test_what_the_typed_paths_do_not_know_they_do_not_see(stack):
    """Envoy's transcoder drops it. When it can refuse it one day, this fails, and docs/api.md can say better."""
    plain, more = (
        post(stack, "/v1/estimate", json.dumps({**HELLO, **field}).encode()).json()["candidates"]
        for field in ({}, {"max_completion_tokens": 1})
    )

    assert [c["cost"]["p90_usd"] for c in plain] == [c["cost"]["p90_usd"] for c in more]
