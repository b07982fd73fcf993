"""Hands the metrics out: as bytes for an RPC, and over HTTP on a port of their own."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.exposition import choose_encoder


def render(registry: CollectorRegistry, accept: str = "") -> tuple[str, bytes]:
    """Content type and body, in the format that an `Accept` header asks for; Prometheus' text format by default.

    Takes about 10 us a line: with thousands of series, call it in a thread.
    """
    encode, content_type = choose_encoder(accept)
    return content_type, encode(registry)


def start_metrics_server(
    registry: CollectorRegistry, host: str = "127.0.0.1", port: int = 0
) -> tuple[int, Callable[[], None]]:
    """Serves the metrics over HTTP from a thread, under any path; returns its port and what stops it.

    Metrics tell about traffic and spending, so the default is loopback. Raises `OSError` when the port is taken.
    """
    server, thread = start_http_server(port, host, registry)

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return server.server_port, close


class Exposition:
    """A registry of its own, and the ways in which its metrics are handed out."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def render(self, accept: str = "") -> tuple[str, bytes]:
        """See `render`."""
        return render(self.registry, accept)

    def serve(self, host: str, port: int) -> tuple[int, Callable[[], None]]:
        """See `start_metrics_server`."""
        return start_metrics_server(self.registry, host, port)
