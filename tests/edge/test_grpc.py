"""gRPC and gRPC-Web pass on the same port as REST, and are left alone there."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2
from grpc_status import rpc_status
from modelmuxer.v1 import router_service_pb2, router_service_pb2_grpc

from tests.edge.conftest import MIB, SERVICE, Edge, failing_route

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEB = "application/grpc-web+proto"
ORIGIN = "https://app.example"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def channel(shared_edge: Edge) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(str(shared_edge.envoy.address)) as channel:
        yield channel


@pytest.fixture
def router(channel: grpc.aio.Channel) -> Any:
    return router_service_pb2_grpc.RouterServiceStub(channel)


async def test_a_call_and_a_stream_pass(edge: Edge, router: Any) -> None:
    assert await router.ListModels(router_service_pb2.ListModelsRequest()) == router_service_pb2.ListModelsResponse(
        object="list"
    )
    stream = router.StreamChatCompletion(router_service_pb2.StreamChatCompletionRequest())
    assert [message.id async for message in stream] == ["0", "1", "2"]
    assert ["x-mm-rest" in seen for seen in edge.upstream.seen] == [False, False]


async def test_the_rich_error_of_a_grpc_call_is_untouched(edge: Edge, router: Any) -> None:
    info = error_details_pb2.ErrorInfo(reason="ERROR_REASON_MODEL_NOT_FOUND", domain="modelmuxer")
    edge.upstream.route = failing_route(grpc.StatusCode.NOT_FOUND, 'quote " newline \n é', info)
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await router.Route(router_service_pb2.RouteRequest())
    status = rpc_status.from_call(failed.value)  # type: ignore[arg-type]  # it has what is needed
    assert status is not None
    assert (status.code, status.message) == (5, 'quote " newline \n é')
    assert [detail.Unpack(found := error_details_pb2.ErrorInfo()) and found for detail in status.details] == [info]


async def test_metadata_passes_both_ways(edge: Edge, router: Any) -> None:
    async def route(request: Any, context: Any) -> Any:
        await context.send_initial_metadata((("x-answer", "1"), ("x-answer-bin", b"\0\xff")))
        return router_service_pb2.RouteResponse()

    edge.upstream.route = route
    call = router.Route(
        router_service_pb2.RouteRequest(), metadata=(("a-bin", b"\0\xff"), ("authorization", "Bearer k"))
    )
    answered = dict(await call.initial_metadata())
    assert (answered["x-answer"], answered["x-answer-bin"]) == ("1", b"\0\xff")
    assert (edge.upstream.seen[0]["a-bin"], edge.upstream.seen[0]["authorization"]) == ([b"\0\xff"], ["Bearer k"])


async def test_a_deadline_reaches_the_server(edge: Edge, router: Any) -> None:
    remaining = []

    async def route(request: Any, context: Any) -> Any:
        remaining.append(context.time_remaining())
        return router_service_pb2.RouteResponse()

    edge.upstream.route = route
    await router.Route(router_service_pb2.RouteRequest(), timeout=7)
    assert remaining == [pytest.approx(7, abs=0.5)]


async def test_a_message_above_the_servers_limit_is_resource_exhausted(edge: Edge, router: Any) -> None:
    for size in (3 * MIB, 5 * MIB):  # below and above Envoy's limit for REST
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await router.Route(router_service_pb2.RouteRequest(model="x" * size))
        assert failed.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    "method", ["/nope.Nope/Nope", "/modelmuxer.v1.RouterService/Nope", "/grpc.health.v1.Health/Watch"]
)
async def test_an_unknown_method_is_unimplemented(edge: Edge, channel: grpc.aio.Channel, method: str) -> None:
    call: Any = channel.unary_unary(method)
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call(b"")
    assert failed.value.code() == grpc.StatusCode.UNIMPLEMENTED


async def test_the_health_service_answers_checks(edge: Edge, channel: Any) -> None:
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    answer = await check(health_pb2.HealthCheckRequest(service=SERVICE).SerializeToString())
    assert health_pb2.HealthCheckResponse.FromString(answer).status == health_pb2.HealthCheckResponse.SERVING


async def test_metadata_that_is_no_base64_fails_that_call_alone(edge: Edge, router: Any) -> None:
    head = b"POST /modelmuxer.v1.RouterService/Route HTTP/1.1\r\nhost: h\r\nte: trailers\r\n"
    head += b"content-type: application/grpc\r\na-bin: ***\r\ncontent-length: 5\r\n\r\n"
    answer = await edge.raw(head + b"\0\0\0\0\0")
    assert b"grpc-status: 0" not in answer
    await router.Route(router_service_pb2.RouteRequest())


def frames(body: bytes) -> list[tuple[int, bytes]]:
    """Type and payload of each frame of a gRPC-Web answer."""
    found = []
    while body:
        length = int.from_bytes(body[1:5], "big")
        found.append((body[0], body[5 : 5 + length]))
        body = body[5 + length :]
    return found


def from_base64(text: bytes) -> bytes:
    """What a gRPC-Web answer as text says: pieces of base64, each with its own padding."""
    return b"".join(base64.b64decode(piece) for piece in re.findall(rb"[^=]+=*", text))


@pytest.mark.parametrize("text", [False, True])
async def test_grpc_web_passes_in_binary_and_as_text(edge: Edge, text: bool) -> None:
    body = b"\0\0\0\0\0"
    headers = {"content-type": "application/grpc-web-text+proto" if text else WEB, "x-grpc-web": "1"}
    headers["accept"] = headers["content-type"]
    answer = await edge.rest.post(
        "/modelmuxer.v1.RouterService/ListModels", content=base64.b64encode(body) if text else body, headers=headers
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, headers["content-type"])
    message, trailers = frames(from_base64(answer.content) if text else answer.content)
    assert router_service_pb2.ListModelsResponse.FromString(message[1]).object == "list"
    assert trailers[0] == 0x80
    assert b"grpc-status:0\r\n" in trailers[1]
    assert "x-mm-rest" not in edge.upstream.seen[0]


async def test_an_error_of_grpc_web_is_left_as_grpc_made_it(edge: Edge) -> None:
    edge.upstream.route = failing_route(grpc.StatusCode.NOT_FOUND, "no such model")
    path = "/modelmuxer.v1.RouterService/Route"
    answer = await edge.rest.post(path, content=b"\0\0\0\0\0", headers={"content-type": WEB})
    assert answer.status_code == 200
    assert (answer.headers["grpc-status"], answer.headers["grpc-message"]) == ("5", "no such model")


async def test_a_page_of_an_allowed_origin_may_ask(edge: Edge) -> None:
    preflight = {
        "origin": ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    for path in ("/v1/chat/completions", "/modelmuxer.v1.RouterService/Route"):
        answer = await edge.rest.options(path, headers=preflight)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, ORIGIN)
        assert answer.headers["access-control-allow-headers"] == "authorization, *"


@pytest.mark.parametrize(("path", "status"), [("/v1/route", 200), ("/nope", 404)])
async def test_a_page_of_an_allowed_origin_may_read_answers_and_errors(edge: Edge, path: str, status: int) -> None:
    answer = await edge.rest.post(path, json={}, headers={"origin": ORIGIN})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, ORIGIN)
    assert "x-request-id" in answer.headers["access-control-expose-headers"]


async def test_a_page_of_another_origin_may_neither(edge: Edge) -> None:
    other = {"origin": "https://app.example.evil", "access-control-request-method": "POST"}
    preflight = await edge.rest.options("/v1/route", headers=other)
    answer = await edge.rest.post("/v1/route", json={}, headers=other)
    assert preflight.status_code == 404
    assert not [name for name in (*preflight.headers, *answer.headers) if name.startswith("access-control-")]
