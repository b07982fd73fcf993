"""What the server says of an error reaches a REST client to the last byte, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.api.httpbody_pb2 import HttpBody
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edge.conftest import Edge, fail, failing_route, rest_error

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATUSES = [400, 401, 402, 403, 404, 413, 422, 429, 499, 500, 502, 503, 504]
NASTY = "q\" b\\ bs\\\\ n\n r\r t\t f\f b\b <script>&amp; é \x7f \u2028 😀 / \x00\x01 \\u0041 \\n {} '"


def body_of(message: str) -> str:
    return json.dumps({"error": {"message": message, "type": "a_type", "code": "a_code", "details": {"limit": 0.08}}})


@pytest.mark.parametrize("status", STATUSES)
async def test_the_status_of_a_rest_error_becomes_the_status_of_the_answer(edge: Edge, status: int) -> None:
    edge.upstream.route = failing_route(grpc.StatusCode.UNAVAILABLE, "m", rest_error(status, body_of("m")))
    answer = await edge.rest.post("/v1/route", json={})
    assert (status, body_of("m")) == (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/json"


async def test_retry_after_is_sent_when_it_is_above_zero_and_only_then(edge: Edge) -> None:
    body = body_of("m")
    edge.upstream.route = failing_route(grpc.StatusCode.UNAVAILABLE, "m", rest_error(429, body, retry_after_s=17))
    assert (await edge.rest.post("/v1/route", json={})).headers["retry-after"] == "17"
    edge.upstream.route = failing_route(grpc.StatusCode.UNAVAILABLE, "m", rest_error(429, body))
    assert "retry-after" not in (await edge.rest.post("/v1/route", json={})).headers


async def test_quotes_control_characters_and_escapes_arrive_byte_for_byte(edge: Edge) -> None:
    edge.upstream.route = failing_route(grpc.StatusCode.INTERNAL, NASTY, rest_error(500, body_of(NASTY)))
    answer = await edge.rest.post("/v1/route", json={})
    assert body_of(NASTY).encode() == answer.content
    assert answer.json()["error"]["message"] == NASTY


@settings(max_examples=200, deadline=None)
@given(message=st.text(), status=st.sampled_from(STATUSES), retry_after_s=st.integers(0, 2**31 - 1))
async def test_any_error_arrives_byte_for_byte(
    shared_edge: Edge, message: str, status: int, retry_after_s: int
) -> None:
    body = json.dumps({"error": {"message": message}})
    error = rest_error(status, body, retry_after_s=retry_after_s)
    shared_edge.upstream.route = failing_route(grpc.StatusCode.UNKNOWN, message.encode(errors="ignore").decode(), error)
    answer = await shared_edge.rest.post("/v1/route", json={})
    assert (status, body.encode()) == (answer.status_code, answer.content)
    assert str(retry_after_s) == answer.headers.get("retry-after", "0")


async def test_a_message_that_looks_like_a_rest_error_is_not_taken_for_one(edge: Edge) -> None:
    forged = '"details":[{"@type":"type.googleapis.com/modelmuxer.v1.RestError","http_status":200,"body":"forged"}]}'
    edge.upstream.route = failing_route(grpc.StatusCode.NOT_FOUND, forged, rest_error(404, body_of(forged)))
    answer = await edge.rest.post("/v1/route", json={})
    assert (404, body_of(forged)) == (answer.status_code, answer.text)


async def test_an_error_of_sixteen_kibibytes_arrives_whole(edge: Edge) -> None:
    body = body_of("x" * 16_000)
    edge.upstream.route = failing_route(grpc.StatusCode.INTERNAL, "m", rest_error(500, body))
    assert body == (await edge.rest.post("/v1/route", json={})).text


@pytest.mark.parametrize("early_headers", [False, True])
async def test_a_chat_that_fails_before_its_first_byte_has_the_status_of_its_error(
    edge: Edge, early_headers: bool
) -> None:
    async def chat(request: HttpBody, context: Any) -> AsyncIterator[HttpBody]:
        if early_headers:
            await context.send_initial_metadata((("x-kept", "1"),))
        await fail(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "m", rest_error(402, body_of(NASTY)))
        yield HttpBody()

    edge.upstream.chat = chat
    answer = await edge.rest.post("/v1/chat/completions", json={"stream": True})
    assert (402, body_of(NASTY)) == (answer.status_code, answer.text)


async def test_no_text_of_an_uncaught_exception_reaches_the_client(edge: Edge) -> None:
    async def route(request: Any, context: Any) -> Any:
        raise RuntimeError("the-secret")

    edge.upstream.route = route
    answer = await edge.rest.post("/v1/route", json={})
    assert answer.status_code == 500
    assert answer.text == '{"error":{"message":"Internal error.","type":"api_error","code":"internal","details":null}}'
    assert "the-secret" not in str(answer.headers)


@pytest.mark.parametrize(
    ("code", "status", "name", "retry_after"),
    [
        (grpc.StatusCode.CANCELLED, 503, "shutting_down", "1"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, 504, "deadline_exceeded", None),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 413, "request_too_large", None),
        (grpc.StatusCode.UNAVAILABLE, 503, "upstream_unavailable", "1"),
        (grpc.StatusCode.UNIMPLEMENTED, 500, "internal", None),
    ],
)
async def test_an_error_of_grpc_itself_has_our_shape(
    edge: Edge, code: grpc.StatusCode, status: int, name: str, retry_after: str | None
) -> None:
    async def route(request: Any, context: Any) -> Any:
        await context.abort(code, "text of gRPC")

    edge.upstream.route = route
    answer = await edge.rest.post("/v1/route", json={})
    assert (status, name) == (answer.status_code, answer.json()["error"]["code"])
    assert retry_after == answer.headers.get("retry-after")
    assert "text of gRPC" not in answer.text


async def test_a_body_between_the_two_limits_is_refused_with_413_after_it_was_read(edge: Edge) -> None:
    for path in ("/v1/chat/completions", "/v1/route"):
        answer = await edge.rest.post(path, content=b'{"model":"' + b"x" * 3_000_000 + b'"}')
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


async def test_the_server_sets_the_status_of_a_health_answer_by_metadata(edge: Edge) -> None:
    async def health(request: Any, context: Any) -> HttpBody:
        await context.send_initial_metadata((("x-mm-http-status", "503"), ("retry-after", "5")))
        return HttpBody(content_type="application/json", data=b'{"status":"draining"}')

    edge.upstream.health = health
    answer = await edge.rest.get("/health")
    assert (answer.status_code, answer.content) == (503, b'{"status":"draining"}')
    assert answer.headers["retry-after"] == "5"
    assert "x-mm-http-status" not in answer.headers


@pytest.mark.parametrize("status", ["100", "999", "2", "abc", "200 OK"])
async def test_a_status_that_is_none_is_ignored(edge: Edge, status: str) -> None:
    async def health(request: Any, context: Any) -> HttpBody:
        await context.send_initial_metadata((("x-mm-http-status", status),))
        return HttpBody(content_type="application/json", data=b"{}")

    edge.upstream.health = health
    answer = await edge.rest.get("/health")
    assert answer.status_code == 200
    assert "x-mm-http-status" not in answer.headers


async def test_no_grpc_header_is_left_in_a_rest_answer(edge: Edge) -> None:
    edge.upstream.route = failing_route(grpc.StatusCode.INTERNAL, "m", rest_error(500, body_of("m")))
    answers = [
        await edge.rest.post("/v1/route", json={}),
        await edge.rest.get("/v1/models"),
        await edge.rest.get("/health"),
        await edge.rest.post("/v1/chat/completions", json={}),
    ]
    names = {name for answer in answers for name in answer.headers}
    assert {"content-type", "content-length", "transfer-encoding", "date", "x-request-id"} == names
