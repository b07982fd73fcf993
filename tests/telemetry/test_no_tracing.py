from __future__ import annotations

import subprocess
import sys

import pytest
from muxer.telemetry.port import NO_TRACING


def test_steps_run_as_if_they_were_not_there():
    with NO_TRACING.span("provider.call", {"a": 1}, remote=True) as span:
        span.set("b", 2)
    NO_TRACING.annotate({"c": 3})
    assert NO_TRACING.trace_id() == ""


def test_an_exception_passes_through_a_step():
    with pytest.raises(KeyError), NO_TRACING.span("provider.call"):
        raise KeyError("x")


def test_no_object_is_made_for_a_step():
    assert NO_TRACING.span("a") is NO_TRACING.span("b")


@pytest.mark.parametrize(
    ("module", "libraries"),
    [
        ("muxer.telemetry.port", {"opentelemetry", "prometheus_client", "grpc"}),
        ("muxer.telemetry.logs", {"opentelemetry", "prometheus_client", "grpc"}),
        ("muxer.telemetry.metrics", {"opentelemetry", "grpc"}),
        ("muxer.telemetry.rpc_status", {"opentelemetry", "prometheus_client"}),
    ],
)
def test_nothing_loads_a_library_that_it_does_not_need(module, libraries):
    program = f"import sys, {module}; print(*sorted({libraries!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == ""
