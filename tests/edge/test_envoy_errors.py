"""Errors that Envoy finds have the shape of ours."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from tests.edge.conftest import MIB, Edge

pytestmark = pytest.mark.asyncio(loop_scope="module")


def error(type_: str, code: str, message: str, details: object = None) -> dict[str, object]:
    return {"error": {"message": message, "type": type_, "code": code, "details": details}}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nope"),
        ("GET", "/v1/chat/completions"),
        ("DELETE", "/v1/models"),
        ("OPTIONS", "/v1/route"),
        ("HEAD", "/health"),
        ("POST", "/modelmuxer.v1.RouterService/Route"),
        ("POST", "/modelmuxer.v1.OpenAIService/CreateChatCompletion"),
        ("POST", "/grpc.health.v1.Health/Check"),
        ("GET", '/%22%7D,"<b>'),
    ],
)
async def test_an_unknown_path_or_method_is_404(edge: Edge, method: str, path: str) -> None:
    answer = await edge.rest.request(method, path + "?key=secret", headers={"content-type": "application/json"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    if method != "HEAD":
        message = f"Unknown request URL: {method} {answer.request.url.raw_path.decode().split('?')[0]}"
        assert error("invalid_request_error", "unknown_url", message) == answer.json()
    assert edge.upstream.seen == []


async def test_a_body_that_is_not_json_is_400(edge: Edge) -> None:
    answer = await edge.rest.post("/v1/route", content=b'{"messages":')
    assert (
        answer.status_code,
        answer.json()["error"]["type"],
        answer.json()["error"]["code"],
    ) == (400, "invalid_request_error", "invalid_json")
    assert edge.upstream.seen == []


async def test_a_field_of_the_wrong_type_is_400_and_named(edge: Edge) -> None:
    answer = await edge.rest.post("/v1/route", json={"messages": [{"role": {"x": 1}}]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")
    assert "messages[0]" in answer.json()["error"]["message"]


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"messages":[{"parts":['])
async def test_a_body_nested_100000_deep_is_400_at_once(edge: Edge, opening: str) -> None:
    started = time.perf_counter()
    answer = await edge.rest.post("/v1/route", content=opening * 100_000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")
    assert time.perf_counter() - started < 0.5


async def test_an_unknown_query_parameter_is_ignored(edge: Edge) -> None:
    answer = await edge.rest.post("/v1/chat/completions?api-version=1&a[]=2", content=b'{"a": 1}')
    assert (answer.status_code, answer.content) == (200, b'{"a": 1}')


TOO_LARGE = error(
    "invalid_request_error", "request_too_large", "The request body is too large.", {"limit_bytes": 4 * MIB}
)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/route", "/nope"])
async def test_a_body_that_says_it_is_too_large_is_413_before_it_is_sent(edge: Edge, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n"
    answer = await edge.raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"request_too_large"' in answer
    assert edge.upstream.seen == []


async def test_a_body_that_turns_out_too_large_is_413(edge: Edge) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(66):
            yield b"x" * 65_536

    answer = await edge.rest.post("/v1/chat/completions", content=body())
    assert (answer.status_code, answer.json()) == (413, TOO_LARGE)
    assert edge.upstream.seen == []


async def test_a_header_of_one_megabyte_is_431(edge: Edge) -> None:
    answer = await edge.raw(b"GET /health HTTP/1.1\r\nhost: h\r\na: " + b"x" * 1_000_000 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b'"code":"header_too_large"' in answer


@pytest.mark.parametrize("count", [101, 10_000])
async def test_too_many_headers_are_431(edge: Edge, count: int) -> None:
    headers = b"".join(b"a%d: x\r\n" % n for n in range(count))
    answer = await edge.raw(b"GET /health HTTP/1.1\r\nhost: h\r\n" + headers + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b'"code":"header_too_large"' in answer


async def test_ten_thousand_cookies_are_431(edge: Edge) -> None:
    answer = await edge.raw(b"GET /health HTTP/1.1\r\nhost: h\r\n" + b"cookie: a=b\r\n" * 10_000 + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GARBAGE\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost : h\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: h\r\n folded: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: h\r\n:path: /v1/models\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: h\r\nx_underscore: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: h\r\na: \0\r\n\r\n",
        b"GET /v1/models/a%00b HTTP/1.1\r\nhost: h\r\n\r\n",
    ],
)
async def test_a_request_that_is_not_valid_http_is_400_and_goes_no_further(edge: Edge, request_bytes: bytes) -> None:
    answer = await edge.raw(request_bytes)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"type":"invalid_request_error"' in answer
    assert edge.upstream.seen == []


async def test_http_1_0_and_upgrades_are_refused_in_our_shape(edge: Edge) -> None:
    old = await edge.raw(b"GET /health HTTP/1.0\r\n\r\n")
    websocket = await edge.raw(b"GET /health HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
    assert [answer.split(b" ")[1] for answer in (old, websocket)] == [b"426", b"403"]
    assert all(b'"code":"invalid_http"' in answer for answer in (old, websocket))


async def test_what_envoy_answers_itself_names_no_server_and_no_address(edge: Edge) -> None:
    answers = [
        await edge.rest.get("/nope"),
        await edge.rest.post("/v1/route", content=b"{"),
        await edge.rest.get("/health"),
    ]
    for answer in answers:
        assert not {"server", "via", "x-powered-by", "x-envoy-upstream-service-time"} & set(answer.headers)
        assert "envoy" not in answer.text.lower()
