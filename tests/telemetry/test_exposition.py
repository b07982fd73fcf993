from __future__ import annotations

import socket
import urllib.request

import pytest
from muxer.telemetry.exposition import Exposition
from muxer.telemetry.metrics import Metrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text


@pytest.fixture
def exposition():
    exposition = Exposition()
    metrics = Metrics(exposition.registry, models=["openai:m"], providers=["openai"], version="1")
    metrics.request_started("Route")
    metrics.request_finished("Route", "OK", 0.1)
    metrics.attempt_finished("openai:m", "ok", 0.1)
    return exposition


def value(families, name: str) -> float:
    return next(sample.value for family in families for sample in family.samples if sample.name == name)


@pytest.mark.parametrize("accept", ["", "*/*", "text/plain", "nonsense;;,"])
def test_text_is_the_default_format(exposition, accept):
    content_type, body = exposition.render(accept)
    assert content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert value(parse_text(body.decode()), "modelmuxer_requests_total") == 1


def test_openmetrics_is_given_to_who_accepts_it(exposition):
    content_type, body = exposition.render("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert value(parse_openmetrics(body.decode()), "modelmuxer_requests_total") == 1


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text;version=1.0.0"])
def test_no_line_is_spent_on_times_of_creation(exposition, accept):
    assert b"_created" not in exposition.render(accept)[1]


def test_a_scraper_gets_the_metrics_over_http_until_the_server_is_closed(exposition):
    port, close = exposition.serve()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert value(parse_text(answer.read().decode()), "modelmuxer_requests_total") == 1
    close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_a_taken_port_is_an_error(exposition):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        exposition.serve(port=taken.getsockname()[1])
