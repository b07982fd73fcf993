"""An Envoy that does nothing but pass requests on to the upstream: what no proxy of its kind can go below."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from muxer.edge.address import Unix
from muxer.edge.child import Child
from muxer.edge.envoy import find_envoy
from muxer.edge.probe import ask

_API = "type.googleapis.com/envoy.extensions"


class Passthrough:
    """One plain Envoy in front of `upstream_port`. It keeps its files in `directory`, which must exist."""

    def __init__(self, upstream_port: int, directory: Path) -> None:
        self._admin = Unix(str(directory / "passthrough.sock"))
        self._config_file = directory / "passthrough.json"
        self._config_file.write_text(json.dumps(_config(upstream_port, self._admin.path)), encoding="utf-8")
        self.port = 0

    def child(self) -> Child:
        """How to run it. Once it is ready, `port` is where it listens."""
        flags = ("--concurrency", "1", "--log-level", "error", "--disable-hot-restart")
        argv = (str(find_envoy()), "--config-path", str(self._config_file), *flags)
        return Child(name="passthrough", argv=argv, ready=self._is_ready)

    async def _is_ready(self) -> bool:
        answer = await ask(self._admin, "GET", "/listeners?format=json")
        if answer is None or answer.status != 200:
            return False
        for listener in json.loads(answer.body).get("listener_statuses", ()):
            self.port = listener["local_address"]["socket_address"]["port_value"]
        return self.port > 0


def _config(upstream_port: int, admin: str) -> dict[str, Any]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0s"}}
    router = {"name": "router", "typed_config": {"@type": f"{_API}.filters.http.router.v3.Router"}}
    connections = {
        "@type": f"{_API}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "passthrough",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [router],
    }
    endpoint = {"endpoint": {"address": _tcp(upstream_port)}}
    return {
        "admin": {"address": {"pipe": {"path": admin}}},
        "static_resources": {
            "listeners": [
                {
                    "name": "passthrough",
                    "address": _tcp(0),
                    "filter_chains": [{"filters": [{"name": "http", "typed_config": connections}]}],
                }
            ],
            "clusters": [
                {
                    "name": "upstream",
                    "type": "STATIC",
                    "load_assignment": {"cluster_name": "upstream", "endpoints": [{"lb_endpoints": [endpoint]}]},
                }
            ],
        },
    }


def _tcp(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
