"""Which Envoy is run, and what happens when it cannot be."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import pytest
from muxer.edge.child import ChildFailed
from muxer.edge.config import EdgeConfig
from muxer.edge.envoy import OLDEST_VERSION, Envoy, EnvoyMissing, envoy_version, find_envoy, is_recent, running_envoy

from tests.edge.conftest import Upstream, running_edge


def program(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o700)
    return path


def test_the_wheels_envoy_is_found_and_is_recent() -> None:
    assert is_recent(envoy_version(find_envoy()))


@pytest.mark.parametrize(
    ("version", "recent"),
    [((1, 39, 9), False), (OLDEST_VERSION, True), ((1, 40, 2), True), ((1, 100, 0), True), ((2, 0, 0), True)],
)
def test_versions_are_compared_by_number(version: tuple[int, int, int], recent: bool) -> None:
    assert is_recent(version) is recent


def test_the_version_is_what_the_program_says(run_dir: Path) -> None:
    old = program(
        run_dir / "envoy", "echo; echo 'envoy  version: 0fae6970ddaf93f024908ba304bbd2b34e997a51/1.36.9/Clean/X'"
    )
    assert envoy_version(find_envoy(str(old))) == (1, 36, 9)


def test_a_program_that_is_missing_or_not_envoy_is_named(run_dir: Path) -> None:
    with pytest.raises(EnvoyMissing, match="no Envoy at /nope"):
        find_envoy("/nope")
    with pytest.raises(EnvoyMissing, match="is not Envoy"):
        envoy_version(program(run_dir / "other", "echo hello"))
    text = run_dir / "text"
    text.write_text("not a program")
    with pytest.raises(EnvoyMissing, match="does not run"):
        envoy_version(text)


async def test_the_address_is_known_once_envoy_is_ready(run_dir: Path) -> None:
    config = EdgeConfig(listen="127.0.0.1:0", upstreams=(f"unix:{run_dir}/s.sock",), admin=f"unix:{run_dir}/admin.sock")
    with pytest.raises(RuntimeError, match="not ready"):
        _ = Envoy(config, run_dir).url


async def test_envoy_is_ready_soon_after_the_server(run_dir: Path) -> None:
    upstream = Upstream(run_dir / "server.sock")
    async with upstream.serving():
        started = time.perf_counter()
        async with running_edge(run_dir, upstream) as edge:
            took = time.perf_counter() - started
            assert (await edge.rest.get("/health")).status_code == 200
    assert took < 1  # 0.1 s on an idle machine


async def test_envoy_is_not_ready_before_the_server(run_dir: Path) -> None:
    upstream = Upstream(run_dir / "server.sock")
    edge = running_edge(run_dir, upstream)
    starting = asyncio.ensure_future(edge.__aenter__())
    done, _ = await asyncio.wait({starting}, timeout=0.4)
    assert not done
    async with upstream.serving():
        await asyncio.wait_for(starting, 5)
        await edge.__aexit__(None, None, None)


async def test_a_second_envoy_on_the_same_port_does_not_start(run_dir: Path) -> None:
    upstream = Upstream(run_dir / "server.sock")
    said: list[str] = []
    async with upstream.serving(), running_edge(run_dir, upstream) as edge:
        second = EdgeConfig(
            listen=str(edge.envoy.address), upstreams=(upstream.address,), admin=f"unix:{run_dir}/second.sock"
        )
        with pytest.raises(ChildFailed, match="envoy ended with exit code 1 before it was ready"):
            async with running_envoy(second, run_dir, sink=lambda _, line: said.append(line)):
                pass
    assert "Address already in use" in "\n".join(said)


async def test_a_socket_that_a_killed_envoy_left_behind_is_no_hindrance(run_dir: Path) -> None:
    upstream = Upstream(run_dir / "server.sock")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(run_dir / "admin.sock"))
    async with upstream.serving(), running_edge(run_dir, upstream) as edge:
        assert (await edge.rest.get("/health")).status_code == 200
