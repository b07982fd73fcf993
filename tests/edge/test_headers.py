"""What the server hears of a request comes from Envoy where it matters, and from the client only where it may."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.edge.conftest import Edge, Upstream, running_edge

pytestmark = pytest.mark.asyncio(loop_scope="module")


def post(path: str, *headers: bytes, body: bytes = b"{}") -> bytes:
    lines = [f"POST {path} HTTP/1.1".encode(), b"host: h", *headers, b"content-length: %d" % len(body), b"", body]
    return b"\r\n".join(lines)


@pytest.mark.parametrize("name", ["x-mm-rest", "X-MM-Rest", "X-Mm-reST", "x-mm-http-status", "X-MM-Anything", "x-mm-"])
async def test_internal_headers_of_a_client_are_dropped_in_every_spelling(edge: Edge, name: str) -> None:
    twice = [f"{name}: spoofed-{n}".encode() for n in range(2)]
    await edge.raw(post("/v1/route", *twice))
    assert edge.upstream.seen[0].pop("x-mm-rest") == ["1"]
    assert [name for name in edge.upstream.seen[0] if name.startswith("x-mm-")] == []


async def test_a_grpc_client_cannot_pass_for_a_rest_client(edge: Edge) -> None:
    grpc = (b"content-type: application/grpc", b"te: trailers", b"X-MM-Rest: 1")
    await edge.raw(post("/modelmuxer.v1.RouterService/Route", *grpc, body=b"\0" * 5))
    assert "x-mm-rest" not in edge.upstream.seen[0]


@pytest.mark.parametrize("name", [b"x_mm_rest", b"x_forwarded_for", b"X_Tenant", b"authorization_"])
async def test_a_header_with_an_underscore_is_refused(edge: Edge, name: bytes) -> None:
    answer = await edge.raw(post("/v1/route", name + b": 1"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert edge.upstream.seen == []


async def test_nothing_a_client_says_of_where_it_is_reaches_the_server(edge: Edge) -> None:
    names = [
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-client-cert",
        "forwarded",
        "x-real-ip",
    ]
    await edge.rest.post("/v1/route", json={}, headers=dict.fromkeys(names, "spoofed"))
    seen = edge.upstream.seen[0]
    assert "spoofed" not in str(seen)
    assert seen["x-envoy-external-address"] == ["127.0.0.1"]


async def test_no_client_controls_envoy_by_headers(edge: Edge) -> None:
    names = [
        "x-envoy-original-path",
        "x-envoy-external-address",
        "x-envoy-upstream-rq-timeout-ms",
        "x-envoy-retry-on",
        "x-envoy-internal",
        "x-envoy-force-trace",
        "x-envoy-decorator-operation",
    ]
    await edge.rest.post("/v1/route", json={}, headers=dict.fromkeys(names, "7"))
    seen = edge.upstream.seen[0]
    assert "7" not in [value for name in names for value in seen.get(name, [])]
    assert seen["x-envoy-original-path"] == ["/v1/route"]


async def test_grpc_words_of_a_rest_client_do_not_reach_the_server(edge: Edge) -> None:
    words = {"grpc-timeout": "1n", "grpc-encoding": "gzip", "grpc-trace-bin": "x", "a-bin": "!!!", "grpc-": "x"}
    answer = await edge.rest.post("/v1/route", json={}, headers=words)
    assert answer.status_code == 200
    assert not words.keys() & edge.upstream.seen[0].keys()


async def test_headers_that_are_the_servers_business_reach_it_unchanged(edge: Edge) -> None:
    headers = {
        "authorization": "Bearer mm-key",
        "x-request-timeout-ms": "1e99",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "idempotency-key": "k",
    }
    await edge.rest.post("/v1/route", json={}, headers=headers)
    assert {name: edge.upstream.seen[0][name] for name in headers} == {name: [v] for name, v in headers.items()}


@pytest.mark.parametrize("request_id", ["2f1b6a2e-9a3e-4f7e-8a77-0123456789ab", "my own id", "7", "x" * 200])
async def test_a_request_id_is_kept_to_the_last_digit(edge: Edge, request_id: str) -> None:
    answer = await edge.rest.post("/v1/route", json={}, headers={"x-request-id": request_id})
    assert answer.headers["x-request-id"] == request_id
    assert edge.upstream.seen[0]["x-request-id"] == [request_id]


@pytest.mark.parametrize("path", ["/v1/route", "/nope", "/v1/chat/completions"])
async def test_a_request_without_an_id_gets_one_that_the_answer_bears(edge: Edge, path: str) -> None:
    answer = await edge.rest.post(path, content=b"{}")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.headers["x-request-id"])
    for seen in edge.upstream.seen:
        assert seen["x-request-id"] == [answer.headers["x-request-id"]]


@pytest.mark.parametrize(
    "types",
    [
        [],
        [b""],
        [b"application/json", b"application/grpc"],
        [b"application/grpc", b"application/json"],
        [b"application/grpcfoo"],
        [b"application/grpc; charset=utf-8"],
        [b"application/grpc-webfoo"],
        [b"APPLICATION/GRPC"],
        [b"text/plain", b"text/plain", b"text/plain"],
    ],
)
async def test_whatever_is_transcoded_is_marked_whatever_its_content_type(edge: Edge, types: list[bytes]) -> None:
    answer = await edge.raw(post("/v1/chat/completions", *[b"content-type: " + value for value in types]))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert edge.upstream.seen[0]["x-mm-rest"] == ["1"]


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("openai:gpt-6-luna", "openai:gpt-6-luna"),
        ("openai%3Agpt-6-luna", "openai:gpt-6-luna"),
        ("together:meta-llama/Llama-4", "together:meta-llama/Llama-4"),
        ("together%3Ameta-llama%2FLlama-4", "together:meta-llama/Llama-4"),
        ("auto%20fast", "auto fast"),
        ("a:b:c", "a:b:c"),
        ("%C3%BC", "ü"),
        ("a//b", "a/b"),
        ("x/../y", "y"),
        ("x%2F..%2Fy", "y"),
        ("x%252Fy", "x%2Fy"),
    ],
)
async def test_a_model_in_the_path_arrives_as_it_was_meant(edge: Edge, path: str, model: str) -> None:
    assert (await edge.rest.get(f"/v1/models/{path}")).text == model


@pytest.mark.parametrize(
    "path", ["/v1/models/../../modelmuxer.v1.RouterService/Route", "/v1//route", "//v1/route", "/v1/./route"]
)
async def test_a_path_means_what_it_is_once_it_is_normal(edge: Edge, path: str) -> None:
    answer = await edge.raw(post(path, b"content-type: application/json"))
    assert answer.split(b" ")[1] == (b"404" if "RouterService" in path else b"200")


async def test_the_access_log_has_one_json_line_per_request_without_query_or_key(run_dir: Path) -> None:
    upstream = Upstream(run_dir / "server.sock")
    log = run_dir / "access.log"
    async with upstream.serving(), running_edge(run_dir, upstream, access_log=str(log)) as edge:
        headers = {"authorization": "Bearer the-secret", "x-request-id": "logged"}
        await edge.rest.get("/v1/models?key=the-secret", headers=headers)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    logged = [line for line in lines if line["request_id"] == "logged"]
    assert [(line["method"], line["path"], line["status"]) for line in logged] == [("GET", "/v1/models", 200)]
    assert "the-secret" not in log.read_text()
