"""The transport port, for every adapter: which addresses a provider's name may lead to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from muxer.ports import Transport
from muxer.providers.transport import TRANSPORTS, transport
from muxer.providers.transport.lookup import GuardedLookup, system_lookup

from tests.providers.wire import Post, Serve, answering, failure, ok, whole


@dataclass
class Names:
    """A name service that a test owns."""

    addresses: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.addresses:
            raise OSError("no such name")
        return self.addresses[host]


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture(params=sorted(TRANSPORTS))
async def http(request: pytest.FixtureRequest, names: Names) -> AsyncIterator[Transport]:
    adapter = transport(request.param, names)
    yield adapter
    await adapter.close()


async def test_a_name_is_looked_up_and_still_said_in_the_host_header(
    http: Transport, names: Names, serve: Serve, post: Post
) -> None:
    names.addresses["models.internal"] = ["127.0.0.1"]
    server = await serve(answering(ok(b"hello")))
    url = server.url.replace("127.0.0.1", "models.internal")

    assert await whole(http, post(url)) == b"hello"
    assert names.asked == ["models.internal"]
    assert f"host: {url.removeprefix('http://')}\r\n" in server.requests[0][0].lower()


async def test_the_next_address_is_tried_when_the_first_cannot_be_connected_to(
    http: Transport, names: Names, serve: Serve, post: Post
) -> None:
    names.addresses["models.internal"] = ["127.0.0.2", "127.0.0.1"]
    server = await serve(answering(ok(b"hello")))

    assert await whole(http, post(server.url.replace("127.0.0.1", "models.internal"))) == b"hello"


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "224.0.0.1", "ff02::1"])
async def test_a_name_never_leads_to_where_clouds_keep_credentials(
    http: Transport, names: Names, serve: Serve, post: Post, address: str
) -> None:
    server = await serve(answering(ok(b"secret")))
    names.addresses["models.example"] = ["127.0.0.1", address]

    assert await failure(http, post(server.url.replace("127.0.0.1", "models.example"))) == ("connect", False)
    assert server.connections == 0


async def test_a_name_without_addresses_fails_unsent(http: Transport, names: Names, post: Post) -> None:
    names.addresses["models.example"] = []

    assert await failure(http, post("http://models.example/")) == ("connect", False)


@pytest.mark.parametrize("rebound", ["127.0.0.1", "10.0.0.1", "::1", "fd00::1", "::ffff:127.0.0.1", "192.168.1.1"])
async def test_a_public_name_cannot_be_led_into_the_private_network_later(names: Names, rebound: str) -> None:
    lookup = GuardedLookup(names)
    names.addresses["api.example"] = ["8.8.8.8"]
    assert await lookup("api.example", 443) == ["8.8.8.8"]

    for addresses in ([rebound], ["8.8.8.8", rebound]):
        names.addresses["api.example"] = addresses
        with pytest.raises(OSError, match="leads to a private address"):
            await lookup("api.example", 443)


async def test_a_private_name_may_stay_private(names: Names) -> None:
    names.addresses["vllm.corp.example"] = ["10.1.2.3"]

    assert await GuardedLookup(names)("vllm.corp.example", 8000) == ["10.1.2.3"]


async def test_the_system_knows_localhost() -> None:
    assert {"127.0.0.1", "::1"} & set(await system_lookup("localhost", 80))
