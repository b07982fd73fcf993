"""Addresses and parameters that make no sense are refused, with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from muxer.edge.address import Tcp, Unix, parse_address
from muxer.edge.config import EdgeConfig

GOOD: dict[str, Any] = {"upstreams": ("unix:/s.sock",), "admin": "unix:/a.sock"}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:80", Tcp("127.0.0.1", 80)),
        ("[::1]:0", Tcp("::1", 0)),
        ("router.svc.local:65535", Tcp("router.svc.local", 65535)),
        ("unix:/run/a b.sock", Unix("/run/a b.sock")),
    ],
)
def test_an_address_is_read_and_written_alike(text: str, address: Tcp | Unix) -> None:
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    ["", "80", ":80", "h", "h:", "h:x", "h:-1", "h:65536", "h:٣", "::1:80", "a\n:1", "unix:", "unix:rel", "unix:/a\nb"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither|must be absolute|brackets"):
        parse_address(text)


def test_a_path_that_is_too_long_for_a_socket_is_refused_by_its_bytes() -> None:
    assert parse_address("unix:/" + "x" * 102) == Unix("/" + "x" * 102)
    with pytest.raises(ValueError, match="longer than"):
        parse_address("unix:/" + "é" * 60)


def test_loopback_is_what_only_this_machine_reaches() -> None:
    hosts = ["127.0.0.1", "127.9.9.9", "::1", "10.0.0.1", "0.0.0.0", "localhost"]
    assert [host for host in hosts if Tcp(host, 1).is_loopback] == ["127.0.0.1", "127.9.9.9", "::1"]


def test_what_listens_on_every_address_is_reached_by_loopback() -> None:
    hosts = ["0.0.0.0", "::", "10.0.0.1", "a.example"]
    assert [Tcp(host, 1).reachable_host for host in hosts] == ["127.0.0.1", "::1", "10.0.0.1", "a.example"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"upstreams": ()}, "at least one"),
        ({"upstreams": ("unix:/s", "name:1")}, "cannot be mixed"),
        ({"upstreams": ("nonsense",)}, "neither host:port nor"),
        ({"admin": "0.0.0.0:9901"}, "other machines"),
        ({"admin": "localhost:9901"}, "other machines"),
        ({"listen": "unix:/l.sock"}, "IP address"),
        ({"listen": "localhost:8080"}, "IP address"),
        ({"max_body_bytes": 0}, "max_body_bytes"),
        ({"rpc_timeout_s": -1.0}, "rpc_timeout_s"),
        ({"chat_idle_timeout_s": float("nan")}, "chat_idle_timeout_s"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        EdgeConfig(**GOOD | settings)
