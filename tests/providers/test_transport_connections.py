"""The transport port, for every adapter over real sockets: whom it calls, and what becomes of connections."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from typing import Any

import pytest
from muxer.ports import Transport, TransportFailed
from muxer.providers.transport import transport

from tests.providers.wire import CHUNKED, PATIENT, Hurried, Post, Serve, answering, chunk, failure, ok, whole


async def test_a_redirect_is_an_answer_and_not_followed(http: Transport, serve: Serve, post: Post) -> None:
    internal = await serve(answering(ok(b"secret")))
    server = await serve(
        answering(f"HTTP/1.1 302 Found\r\nLocation: {internal.url}\r\ncontent-length: 0\r\n\r\n".encode())
    )

    async with http.send(post(server.url), PATIENT) as response:
        assert response.status == 302

    assert internal.connections == 0


async def test_cookies_are_not_kept(http: Transport, serve: Serve, post: Post) -> None:
    server = await serve(answering(ok(b"", "set-cookie: a=b; Path=/\r\n"), times=2))

    await whole(http, post(server.url))
    await whole(http, post(server.url))

    assert "cookie" not in server.requests[1][0].lower()


async def test_a_connection_that_is_refused_fails_unsent(http: Transport, serve: Serve, post: Post) -> None:
    with_free_port = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = with_free_port.sockets[0].getsockname()[1]
    with_free_port.close()

    assert await failure(http, post(f"http://127.0.0.1:{port}")) == ("connect", False)


async def test_a_name_that_does_not_resolve_fails_unsent(http: Transport, post: Post) -> None:
    assert await failure(http, post("http://no-such-host.invalid/")) == ("connect", False)


async def test_a_stalled_tls_handshake_fails_at_the_connect_timeout_and_nothing_goes_out_in_the_clear(
    http: Transport, serve: Serve, post: Post, hurried: Hurried
) -> None:
    received = bytearray()

    async def script(connection: Any) -> None:
        while data := await connection.reader.read(4096):
            received.extend(data)

    server = await serve(script)
    request = post(server.url.replace("http:", "https:"), b"the prompt", authorization="Bearer the-key")

    assert await failure(http, request, hurried(connect=0.1)) == ("connect", False)
    assert b"the" not in received


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's TLS with a certificate for the loopback address that nobody vouches for."""
    folder = tmp_path_factory.mktemp("tls")
    kind = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    names = "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem"
    subprocess.run(["openssl", *kind.split(), *names.split()], cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    http: Transport, serve: Serve, post: Post, self_signed: ssl.SSLContext
) -> None:
    server = await serve(answering(ok(b"")), ssl=self_signed)

    assert await failure(http, post(server.url.replace("http:", "https:"))) == ("connect", False)
    assert server.requests == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "//127.0.0.1/", "gopher://127.0.0.1"])
async def test_only_http_addresses_are_called(http: Transport, post: Post, url: str) -> None:
    assert await failure(http, post(url)) == ("protocol", False)


@pytest.mark.parametrize(
    "first",
    [ok(b"mine") + ok(b"smuggled"), ok(b"mine", "transfer-encoding: chunked\r\n") + ok(b"smuggled")],
    ids=["more than its length", "length and chunks"],
)
async def test_bytes_after_an_answer_are_not_the_next_one(
    http: Transport, serve: Serve, post: Post, first: bytes
) -> None:
    server = await serve(answering(first, times=2))
    with contextlib.suppress(TransportFailed):
        assert await whole(http, post(server.url)) == b"mine"
    server.script = answering(ok(b"yours"))

    assert await whole(http, post(server.url)) == b"yours"


async def test_aiohttp_uses_a_connection_again_after_a_whole_answer(serve: Serve, post: Post) -> None:
    server = await serve(answering(ok(b"hello"), times=3))
    http = transport("aiohttp")
    for _ in range(3):
        await whole(http, post(server.url))
    await http.close()

    assert (server.connections, len(server.requests)) == (1, 3)


async def test_a_connection_that_the_server_closed_meanwhile_is_replaced_unnoticed(
    http: Transport, serve: Serve, post: Post
) -> None:
    server = await serve(answering(ok(b"hello")))
    assert await whole(http, post(server.url, b"[1]")) == b"hello"
    await server.ended.wait()
    assert await whole(http, post(server.url, b"[2]")) == b"hello"

    assert server.connections == 2
    assert [body for _, body in server.requests] == [b"[1]", b"[2]"]


async def test_a_request_that_may_have_been_received_is_not_sent_again(
    http: Transport, serve: Serve, post: Post
) -> None:
    async def script(connection: Any) -> None:
        if connection.server.connections == 1:
            await connection.request()
            await connection.send(ok(b"hello"))
        await connection.request()

    server = await serve(script)
    await whole(http, post(server.url, b"[1]"))

    assert await failure(http, post(server.url, b"[2]")) == ("cut", True)
    assert [body for _, body in server.requests] == [b"[1]", b"[2]"]


async def test_leaving_early_closes_the_connection_at_once(http: Transport, serve: Serve, post: Post) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED + chunk(b"one"))
        await connection.closed()

    server = await serve(script)
    async with http.send(post(server.url), PATIENT) as response:
        assert await anext(response.chunks()) == b"one"

    await asyncio.wait_for(server.ended.wait(), 2.0)


@pytest.mark.parametrize("head", [b"", CHUNKED + chunk(b"one")], ids=["before the head", "within the body"])
async def test_cancelling_closes_the_connection_at_once(http: Transport, serve: Serve, post: Post, head: bytes) -> None:
    waiting = asyncio.Event()

    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(head)
        waiting.set()
        await connection.closed()

    server = await serve(script)
    task = asyncio.create_task(whole(http, post(server.url)))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await asyncio.wait_for(server.ended.wait(), 2.0)


async def test_proxies_of_the_environment_are_ignored(
    http: Transport, serve: Serve, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server = await serve(answering(ok(b"direct")))

    assert await whole(http, post(server.url)) == b"direct"


async def test_failures_never_tell_the_key_or_the_body(http: Transport, serve: Serve, post: Post) -> None:
    server = await serve(answering(b"nonsense\r\n\r\n"))
    request = post(server.url, b"the prompt", authorization="Bearer the-key")
    with pytest.raises(TransportFailed) as caught:
        await whole(http, request)

    for text in (repr(request), str(caught.value), repr(caught.value)):
        assert "the-key" not in text
        assert "prompt" not in text


def test_an_unknown_transport_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no transport is called 'curl'; there are aiohttp, httpx"):
        transport("curl")
