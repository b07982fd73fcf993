"""The rendered configuration is one that Envoy takes, and is as hard as it should be."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from muxer.assets import asset
from muxer.edge.config import EdgeConfig
from muxer.edge.envoy import find_envoy
from muxer.edge.render import main, render

ONE = EdgeConfig(upstreams=("unix:/run/mm/server.sock",), admin="unix:/run/mm/admin.sock")


def rendered(**parameters: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {"upstreams": ("unix:/run/mm/server.sock",), "admin": "unix:/run/mm/admin.sock"}
    document = yaml.load(render(EdgeConfig(**defaults | parameters)), yaml.CSafeLoader)
    assert isinstance(document, dict)
    return document


def nodes(value: Any) -> Iterator[Any]:
    """Every object and value of a document."""
    yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from nodes(child)


def connection_manager(document: dict[str, Any]) -> Any:
    listener = document["static_resources"]["listeners"][0]
    return listener["filter_chains"][0]["filters"][0]["typed_config"]


def cluster(document: dict[str, Any]) -> Any:
    return document["static_resources"]["clusters"][0]


@pytest.mark.parametrize(
    "config",
    [
        ONE,
        EdgeConfig(upstreams=("10.0.0.1:1", "[fd00::2]:2"), admin="127.0.0.1:0", listen="[::]:0", allow_origins=("*",)),
        EdgeConfig(upstreams=("router.svc:50051",), admin="[::1]:0", access_log="/dev/stdout", rpc_timeout_s=0.25),
    ],
)
def test_envoy_takes_every_kind_of_configuration(run_dir: Path, config: EdgeConfig) -> None:
    file = run_dir / "envoy.yaml"
    file.write_text(render(config))
    validation = (find_envoy(), "--mode", "validate", "--disable-hot-restart", "--config-path", file)
    said = subprocess.run(validation, capture_output=True, text=True, timeout=30, check=False)
    assert (said.returncode, "OK" in said.stdout) == (0, True), said.stderr
    assert "deprecated" not in said.stderr.lower()


def test_nothing_of_the_template_is_left() -> None:
    assert "$" not in render(ONE)


@settings(max_examples=30, deadline=None)
@given(name=st.text(min_size=1).filter(lambda name: name.isprintable() and len(name.encode()) < 90 and name != "*"))
def test_no_value_can_change_the_structure(name: str) -> None:
    document, plain = (
        rendered(upstreams=(f"unix:/{n}",), access_log=f"/{n}", asset_dir=f"/{n}", allow_origins=(n,))
        for n in (name, "x")
    )
    endpoint = cluster(document)["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    assert endpoint["address"]["pipe"]["path"] == f"/{name}"
    assert len(list(nodes(document))) == len(list(nodes(plain)))


def test_no_filter_decompresses_anything() -> None:
    words = [node for node in nodes(rendered()) if isinstance(node, str)]
    assert [word for word in words if "compressor" in word or "decompress" in word] == []


def test_the_filters_are_these_in_this_order() -> None:
    names = [f["name"].removeprefix("envoy.filters.http.") for f in connection_manager(rendered())["http_filters"]]
    assert names == ["cors", "grpc_web", "lua", "body_size_limit", "grpc_json_transcoder", "router"]


def test_the_admin_interface_is_for_its_owner_alone() -> None:
    assert rendered()["admin"]["address"] == {"pipe": {"path": "/run/mm/admin.sock", "mode": 0o600}}
    tcp = rendered(admin="127.0.0.1:9901")["admin"]["address"]["socket_address"]
    assert tcp == {"address": "127.0.0.1", "port_value": 9901}
    paths = [next(iter(path.values())) for path in rendered()["admin"]["allow_paths"]]
    assert not [path for path in paths if path.startswith(("/quitquitquit", "/config_dump", "/runtime", "/logging"))]


def test_the_edge_is_hardened_as_envoys_guide_says() -> None:
    document = rendered()
    http = connection_manager(document)
    listener = document["static_resources"]["listeners"][0]
    assert listener["per_connection_buffer_limit_bytes"] == 32 * 1024
    assert cluster(document)["per_connection_buffer_limit_bytes"] == 32 * 1024
    assert http["http2_protocol_options"]["max_concurrent_streams"] == 100
    assert http["http2_protocol_options"]["initial_stream_window_size"] == 64 * 1024
    assert http["http2_protocol_options"]["initial_connection_window_size"] == 1024 * 1024
    assert http["common_http_protocol_options"]["headers_with_underscores_action"] == "REJECT_REQUEST"
    assert http["common_http_protocol_options"]["max_headers_count"] == 100
    assert (http["normalize_path"], http["merge_slashes"], http["use_remote_address"]) == (True, True, True)
    assert http["request_headers_timeout"] == "10.000s"
    runtime = document["layered_runtime"]["layers"][0]["static_layer"]
    assert runtime["overload.premature_reset_total_stream_count"] == 500
    assert runtime["overload.premature_reset_min_stream_lifetime_seconds"] == 1
    assert runtime["http.max_requests_per_io_cycle"] == 1
    overload = document["overload_manager"]
    assert overload["refresh_interval"] == "0.25s"
    thresholds = {action["name"]: action["triggers"][0]["threshold"]["value"] for action in overload["actions"]}
    assert thresholds["envoy.overload_actions.disable_http_keepalive"] == 0.92
    assert thresholds["envoy.overload_actions.stop_accepting_requests"] == 0.95


def test_replicas_are_checked_and_a_lone_server_always_asked() -> None:
    lone = cluster(rendered())
    replicated = cluster(rendered(upstreams=("10.0.0.1:1", "10.0.0.2:1")))
    named = cluster(rendered(upstreams=("router.svc:1",)))
    assert [c["type"] for c in (lone, replicated, named)] == ["STATIC", "STATIC", "STRICT_DNS"]
    assert [c["common_lb_config"]["healthy_panic_threshold"]["value"] for c in (lone, replicated, named)] == [100, 0, 0]
    assert [c["outlier_detection"] is not None for c in (lone, replicated, named)] == [False, True, True]
    for c in (lone, replicated, named):
        assert c["health_checks"][0]["grpc_health_check"] == {"service_name": "modelmuxer.v1.RouterService"}


def test_cors_and_access_log_are_off_unless_asked_for() -> None:
    http = connection_manager(rendered())
    assert (http["access_log"], http["route_config"]["virtual_hosts"][0]["typed_per_filter_config"]) == ([], {})


def test_envoys_files_are_where_they_are_said_to_be() -> None:
    here, elsewhere = (
        [node for node in nodes(document) if str(node).endswith(("/edge.lua", ".binpb"))]
        for document in (rendered(), rendered(asset_dir="/etc/modelmuxer"))
    )
    assert here == [str(asset("envoy/edge.lua")), str(asset("envoy/modelmuxer.binpb"))]
    assert elsewhere == ["/etc/modelmuxer/edge.lua", "/etc/modelmuxer/modelmuxer.binpb"]


def test_an_image_renders_it_with_one_command(capsys: pytest.CaptureFixture[str]) -> None:
    main(
        [
            "--upstream",
            "a:1",
            "--upstream",
            "b:2",
            "--asset-dir",
            "/etc/modelmuxer",
            "--allow-origin",
            "https://a.example",
        ]
    )
    config = EdgeConfig(
        listen="0.0.0.0:8080",
        upstreams=("a:1", "b:2"),
        admin="127.0.0.1:9901",
        asset_dir="/etc/modelmuxer",
        access_log="/dev/stdout",
        allow_origins=("https://a.example",),
    )
    assert capsys.readouterr().out == render(config)


def test_an_asset_that_is_not_there_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="envoy/nope"):
        asset("envoy/nope")
