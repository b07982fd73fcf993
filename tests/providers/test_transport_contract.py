"""The contract of the transport port, proved for every adapter over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from muxer.ports import HttpRequest, Timeouts, Transport, TransportFailed
from muxer.providers.transport import transport

Post = Callable[..., HttpRequest]
Serve = Callable[..., Awaitable[Any]]
Hurried = Callable[..., Timeouts]

PATIENT = Timeouts(connect=20.0, first_byte=20.0, idle=20.0, total=20.0)


async def whole(http: Transport, request: HttpRequest, timeouts: Timeouts = PATIENT, limit: int = 1 << 20) -> bytes:
    async with http.send(request, timeouts) as response:
        return await response.read(limit)


async def failure(
    http: Transport, request: HttpRequest, timeouts: Timeouts = PATIENT, limit: int = 1 << 20
) -> tuple[str, bool]:
    with pytest.raises(TransportFailed) as caught:
        await whole(http, request, timeouts, limit)
    return caught.value.kind, caught.value.sent


def answering(answer: bytes, *, times: int = 1) -> Callable[[Any], Awaitable[None]]:
    """A script that gives the same answer to so many requests of a connection, and then closes it."""

    async def script(connection: Any) -> None:
        for _ in range(times):
            await connection.request()
            await connection.send(answer)

    return script


def ok(body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def test_the_answer_comes_with_status_lower_case_headers_and_body(
    http: Transport, serve: Serve, post: Post
) -> None:
    server = await serve(
        answering(b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nX-Request-Id: r1\r\nContent-Length: 4\r\n\r\nwait")
    )

    async with http.send(post(server.url), PATIENT) as response:
        body = await response.read(100)

    assert response.status == 429
    assert dict(response.headers) == {"retry-after": "7", "x-request-id": "r1", "content-length": "4"}
    assert body == b"wait"


async def test_the_request_arrives_as_it_was_given_and_asks_for_no_compression(
    http: Transport, serve: Serve, post: Post
) -> None:
    server = await serve(answering(ok(b"")))
    body = b'{"text": "' + "ü".encode() * 700_000 + b'"}'  # more than a socket buffer and aiohttp's limit

    await whole(http, post(server.url + "/v1/a%2Fb:c?alt=sse", body, authorization="Bearer k"))

    head, received = server.requests[0]
    assert received == body
    assert head.startswith("POST /v1/a%2Fb:c?alt=sse HTTP/1.1\r\n")
    assert sorted(line.lower() for line in head.split("\r\n")[1:] if line and line != "connection: close") == [
        "accept-encoding: identity",
        "authorization: bearer k",
        f"content-length: {len(body)}",
        "content-type: application/json",
        f"host: {server.url.removeprefix('http://')}",
        "user-agent: modelmuxer",
    ]


async def test_bytes_are_handed_on_as_they_arrive(http: Transport, serve: Serve, post: Post) -> None:
    seen = asyncio.Queue[bytes]()

    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED)
        for data in (b"one", b"two", b"three"):
            await connection.send(chunk(data))
            assert await seen.get() == data  # nothing more is sent until this was seen
        await connection.send(b"0\r\n\r\n")

    server = await serve(script)
    async with http.send(post(server.url), PATIENT) as response:
        async for data in response.chunks():
            seen.put_nowait(data)

    assert seen.empty()


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


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "gzip, gzip"])
async def test_a_compressed_answer_is_refused_unread(http: Transport, serve: Serve, post: Post, encoding: str) -> None:
    server = await serve(answering(ok(gzip.compress(b"x" * 10**6), f"content-encoding: {encoding}\r\n")))

    assert await failure(http, post(server.url)) == ("protocol", True)


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


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", CHUNKED], ids=["nothing", "half a head", "no body"])
async def test_an_answer_that_does_not_begin_fails_at_the_first_byte_timeout(
    http: Transport, serve: Serve, post: Post, hurried: Hurried, head: bytes
) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(head)
        await connection.closed()

    server = await serve(script)

    assert await failure(http, post(server.url), hurried(first_byte=0.15, idle=0.01)) == ("first_byte", True)
    await server.ended.wait()


@pytest.mark.parametrize("together", [True, False], ids=["with the head", "after the head"])
async def test_an_answer_that_stalls_fails_at_the_idle_timeout(
    http: Transport, serve: Serve, post: Post, hurried: Hurried, together: bool
) -> None:
    head_seen = asyncio.Event()

    async def script(connection: Any) -> None:
        await connection.request()
        if together:
            await connection.send(CHUNKED + chunk(b"one"))
        else:
            await connection.send(CHUNKED)
            await head_seen.wait()
            await connection.send(chunk(b"one"))
        await connection.closed()

    server = await serve(script)
    received: list[bytes] = []

    async def receive() -> None:
        async with http.send(post(server.url), hurried(idle=0.15)) as response:
            head_seen.set()
            async for data in response.chunks():
                received.append(data)

    with pytest.raises(TransportFailed) as caught:
        await receive()

    assert (caught.value.kind, caught.value.sent) == ("idle", True)
    assert received == [b"one"]
    await server.ended.wait()


async def test_an_answer_that_drips_fails_at_the_total_timeout(
    http: Transport, serve: Serve, post: Post, hurried: Hurried
) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED)
        while not connection.reader.at_eof():
            await connection.send(chunk(b"."))
            await asyncio.wait([asyncio.ensure_future(asyncio.sleep(0.02))])

    server = await serve(script)

    assert await failure(http, post(server.url), hurried(idle=0.5, total=0.3)) == ("total", True)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        CHUNKED,
        CHUNKED + chunk(b"whole"),
        CHUNKED + b"a\r\nhalf",
    ],
    ids=["nothing", "half a head", "short of its length", "no chunk", "no last chunk", "half a chunk"],
)
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_an_answer_that_is_cut_short_is_never_whole(
    http: Transport, serve: Serve, post: Post, answer: bytes, reset: bool
) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(answer)
        if reset:
            connection.reset()

    server = await serve(script)

    assert await failure(http, post(server.url)) == ("cut", True)


async def test_what_came_before_the_cut_is_handed_on(http: Transport, serve: Serve, post: Post) -> None:
    seen = asyncio.Event()

    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(CHUNKED + chunk(b"one"))
        await seen.wait()
        connection.reset()

    server = await serve(script)
    received: list[bytes] = []

    async def receive() -> None:
        async with http.send(post(server.url), PATIENT) as response:
            async for data in response.chunks():
                received.append(data)
                seen.set()

    with pytest.raises(TransportFailed, match="connection broke"):
        await receive()

    assert received == [b"one"]


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"x" * 1_000_000)[:500],
        CHUNKED + chunk(b"x" * 60) + chunk(b"x" * 60),
        ok(b"").replace(b": 0", b": 99999999999999999999"),
    ],
    ids=["announced", "unannounced", "absurd"],
)
async def test_an_answer_over_the_limit_is_given_up(http: Transport, serve: Serve, post: Post, answer: bytes) -> None:
    async def script(connection: Any) -> None:
        await connection.request()
        await connection.send(answer)
        await connection.closed()

    server = await serve(script)
    kind, sent = await failure(http, post(server.url), limit=100)

    assert kind in ("too_large", "protocol")
    assert sent
    await server.ended.wait()


async def test_an_answer_of_exactly_the_limit_is_read(http: Transport, serve: Serve, post: Post) -> None:
    server = await serve(answering(ok(b"x" * 100)))

    assert await whole(http, post(server.url), limit=100) == b"x" * 100


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    ],
    ids=["another protocol", "no status", "no header", "two lengths", "no chunk size", "huge header"],
)
async def test_what_is_not_http_is_a_protocol_failure(http: Transport, serve: Serve, post: Post, answer: bytes) -> None:
    server = await serve(answering(answer))

    assert await failure(http, post(server.url)) == ("protocol", True)


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
