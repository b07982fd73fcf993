"""Renders the Envoy configuration: `envoy/envoy.yaml.tmpl` with the parameters of an `EdgeConfig`.

Every parameter is written as JSON, which is YAML too, so no value can change the document's structure.
"""

from __future__ import annotations

import argparse
import json
import socket
import string
import sys
from collections.abc import Sequence
from pathlib import Path

from muxer.assets import asset
from muxer.edge.address import Address, Unix, parse_address
from muxer.edge.config import EdgeConfig
from muxer.edge.local_replies import local_reply_mappers

_OWNER_ONLY = 0o600
_ANY = {"safe_regex": {"regex": ".*"}}
_ACCESS_LOG_FIELDS = {
    "time": "%START_TIME%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "protocol": "%PROTOCOL%",
    "method": "%REQ(X-ENVOY-ORIGINAL-METHOD?:METHOD)%",
    "path": "%PATH(NQ:ORIG_OR_PATH)%",
    "status": "%RESPONSE_CODE%",
    "grpc_status": "%GRPC_STATUS%",
    "why": "%RESPONSE_CODE_DETAILS%",
    "flags": "%RESPONSE_FLAGS%",
    "duration_ms": "%DURATION%",
    "bytes_in": "%BYTES_RECEIVED%",
    "bytes_out": "%BYTES_SENT%",
    "upstream": "%UPSTREAM_HOST%",
}


def render(config: EdgeConfig) -> str:
    """The Envoy configuration as YAML. Raises `KeyError` when template and parameters do not fit together."""
    template = string.Template(asset("envoy/envoy.yaml.tmpl").read_text(encoding="utf-8"))
    parameters = _parameters(config)
    unused = parameters.keys() - template.get_identifiers()
    if unused:
        raise KeyError(f"not in the template: {', '.join(sorted(unused))}")
    return template.substitute({name: json.dumps(value, ensure_ascii=False) for name, value in parameters.items()})


def _parameters(config: EdgeConfig) -> dict[str, object]:
    listen = config.listen_address
    return {
        "listen_host": listen.host,
        "listen_port": listen.port,
        "admin_address": _envoy_address(parse_address(config.admin)),
        "discovery": "STRICT_DNS" if config.has_named_upstream else "STATIC",
        "endpoints": [{"endpoint": {"address": _envoy_address(a)}} for a in config.upstream_addresses],
        # With nowhere else to go, a server that says it is not serving is asked all the same: it knows best what to
        # answer, /health above all.
        "panic_threshold": 0 if config.is_replicated else 100,
        "outlier_detection": _outlier_detection() if config.is_replicated else None,
        "lua_file": _asset_path(config, "edge.lua"),
        "descriptor_file": _asset_path(config, "modelmuxer.binpb"),
        "access_log": _access_log(config.access_log),
        "local_reply_mappers": local_reply_mappers(config),
        "cors": _cors(config.allow_origins),
        "max_body_bytes": config.max_body_bytes,
        "max_header_kib": config.max_header_kib,
        "max_connections": config.max_connections,
        "max_connection_streams": config.max_connection_streams,
        "max_streams": config.max_streams,
        "max_heap_bytes": config.max_heap_bytes,
        "rpc_timeout": _seconds(config.rpc_timeout_s),
        "chat_idle_timeout": _seconds(config.chat_idle_timeout_s),
        "header_timeout": _seconds(config.header_timeout_s),
        "body_timeout": _seconds(config.body_timeout_s),
        "write_timeout": _seconds(config.write_timeout_s),
        "socket_options": _socket_options(config.write_timeout_s),
    }


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}s"


def _envoy_address(address: Address) -> dict[str, object]:
    if isinstance(address, Unix):
        return {"pipe": {"path": address.path, "mode": _OWNER_ONLY}}
    return {"socket_address": {"address": address.host, "port_value": address.port}}


def _socket_options(write_timeout_s: float) -> list[object]:
    """Closes connections whose client takes nothing. Other systems than Linux have no such option."""
    if sys.platform != "linux":
        return []
    return [
        {
            "description": "TCP_USER_TIMEOUT",
            "level": socket.IPPROTO_TCP,
            "name": socket.TCP_USER_TIMEOUT,
            "int_value": round(write_timeout_s * 1000),
            "state": "STATE_PREBIND",
        }
    ]


def _asset_path(config: EdgeConfig, name: str) -> str:
    return str(Path(config.asset_dir, name)) if config.asset_dir else str(asset(f"envoy/{name}"))


def _outlier_detection() -> dict[str, object]:
    """A replica that cannot be reached is left alone for two seconds; what it answers is its own affair."""
    return {
        "split_external_local_origin_errors": True,
        "consecutive_local_origin_failure": 1,
        "enforcing_consecutive_5xx": 0,
        "enforcing_consecutive_gateway_failure": 0,
        "enforcing_success_rate": 0,
        "enforcing_local_origin_success_rate": 0,
        "interval": "1s",
        "base_ejection_time": "2s",
        "max_ejection_percent": 50,
    }


def _access_log(path: str) -> list[object]:
    if not path:
        return []
    return [
        {
            "name": "envoy.access_loggers.file",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                "path": path,
                "log_format": {"json_format": _ACCESS_LOG_FIELDS},
            },
        }
    ]


def _cors(origins: Sequence[str]) -> dict[str, object]:
    if not origins:
        return {}
    return {
        "envoy.filters.http.cors": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
            "allow_origin_string_match": [_ANY if o == "*" else {"exact": o} for o in origins],
            "allow_methods": "GET, POST",
            "allow_headers": "authorization, *",  # the wildcard leaves `authorization` out (Fetch, 4.10)
            "expose_headers": "grpc-status, grpc-message, grpc-status-details-bin, retry-after, x-request-id",
            "max_age": "86400",
        }
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the configuration, for images and machines where Envoy runs by itself."""
    parser = argparse.ArgumentParser(prog="python -m muxer.edge.render", description=main.__doc__)
    parser.add_argument("--listen", default="0.0.0.0:8080", help="where clients connect (default %(default)s)")
    parser.add_argument("--upstream", action="append", required=True, help="host:port or unix:/path; repeat it")
    parser.add_argument("--admin", default="127.0.0.1:9901", help="Envoy's own interface (default %(default)s)")
    parser.add_argument("--asset-dir", default="", help="where Envoy will find edge.lua and modelmuxer.binpb")
    parser.add_argument("--access-log", default="/dev/stdout", help="file, or empty for none (default %(default)s)")
    parser.add_argument("--allow-origin", action="append", default=[], help="web origin for CORS; repeat it")
    options = parser.parse_args(argv)
    config = EdgeConfig(
        listen=options.listen,
        upstreams=tuple(options.upstream),
        admin=options.admin,
        asset_dir=options.asset_dir,
        access_log=options.access_log,
        allow_origins=tuple(options.allow_origin),
    )
    sys.stdout.write(render(config))


if __name__ == "__main__":
    main()
