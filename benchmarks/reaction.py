"""How fast the product reacts: to a client that leaves, to a provider's first event, and to requests that are wrong.

`python -m benchmarks.reaction` starts `modelmuxer up` with the simulator, takes each figure N times, and prints median,
99th percentile and maximum in milliseconds.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

CHAT = "/v1/chat/completions"
PINNED = "openai:gpt-4o"


class Product:
    """A running `modelmuxer up` and its simulator."""

    def __init__(self, rest: str, simulator: str) -> None:
        self.host = rest.removeprefix("http://")
        self.simulator = simulator

    def connect(self) -> http.client.HTTPConnection:
        """A connection of one's own."""
        return http.client.HTTPConnection(self.host, timeout=30)

    def call(self, mark: str) -> dict[str, Any] | None:
        """The simulator's record of the call with this mark."""
        with urllib.request.urlopen(f"{self.simulator}/_sim/record") as answer:
            calls = json.load(answer)
        rows = calls["calls"] if isinstance(calls, dict) else calls
        return next((row for row in reversed(rows) if mark in json.dumps(row.get("body"))), None)


@contextlib.contextmanager
def product() -> Iterator[Product]:
    """Starts the product on free ports."""
    with tempfile.TemporaryDirectory() as name:
        ready, log = Path(name) / "ready.json", Path(name) / "up.log"
        command = [sys.executable, "-m", "muxer", "up", "--simulate", "--rest-port", "0", "--grpc-port", "0"]
        command += ["--data-dir", name, "--ready-file", str(ready)]
        environment = {**os.environ, "MODELMUXER_LOG_LEVEL": "ERROR"}
        with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out, env=environment) as process:
            until(ready.exists, 30)
            url = log.read_text().split("simulator listening on ")[1].split()[0]
            yield Product(json.loads(ready.read_text())["rest"], url)
            process.terminate()


def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Waits for a condition and returns what it gave."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError("it did not happen in time")
        time.sleep(0.002)
    return value


def body(text: str, **more: Any) -> bytes:
    """A chat request."""
    return json.dumps({"model": PINNED, "messages": [{"role": "user", "content": text}], **more}).encode()


def cancellation(running: Product) -> float:
    """Milliseconds from closing a stream until the provider sees it."""
    gate = uuid.uuid4().hex
    connection = running.connect()
    connection.request("POST", CHAT, body(f"Hello [[simulate:gated;gate={gate};after=3]]", stream=True))
    connection.getresponse().readline()
    left = time.monotonic()
    connection.close()
    call = until(lambda: (found := running.call(gate)) and found["aborted"] and found)
    return float((call["aborted_s"] - left) * 1000)


def first_event(running: Product) -> float:
    """Milliseconds from sending a streamed request until its first event is here; the provider answers at once."""
    connection = running.connect()
    connection.connect()
    sent = time.monotonic()
    connection.request("POST", CHAT, body("Hello", stream=True))
    response = connection.getresponse()
    response.readline()
    arrived = time.monotonic()
    response.read()
    connection.close()
    return (arrived - sent) * 1000


def refusal(data: bytes) -> Callable[[Product], float]:
    """Milliseconds from the last byte of a bad request until its whole answer."""

    def measure(running: Product) -> float:
        connection = running.connect()
        connection.putrequest("POST", CHAT)
        connection.putheader("content-length", str(len(data)))
        connection.endheaders(data[:-1])
        connection.send(data[-1:])
        sent = time.monotonic()
        response = connection.getresponse()
        response.read()
        done = time.monotonic()
        connection.close()
        assert 400 <= response.status < 500, response.status
        return (done - sent) * 1000

    return measure


MEASUREMENTS: dict[str, Callable[[Product], float]] = {
    "first event of a stream": first_event,
    "cancellation reaches the provider": cancellation,
    "refusal: malformed JSON": refusal(b"{]"),
    "refusal: JSON nested 100,000 deep": refusal(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "refusal: invalid UTF-8": refusal(b'{"messages":[{"role":"user","content":"\xff"}]}'),
    "refusal: missing messages": refusal(b'{"model":"auto"}'),
    "refusal: n = 100000": refusal(body("x", n=100_000)),
    "refusal: 20 MB body": refusal(body("x" * (20 << 20))),
}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reaction", description=__doc__)
    parser.add_argument("--times", type=int, default=50, help="how often to take each figure")
    times = parser.parse_args().times
    table = Table(box=None, header_style="bold")
    table.add_column("milliseconds")
    for name in ("median", "p99", "max"):
        table.add_column(name, justify="right")
    with product() as running:
        for name, measure in MEASUREMENTS.items():
            measure(running)  # warm-up
            values = sorted(measure(running) for _ in track(range(times), name, transient=True))
            p99 = values[min(len(values) - 1, int(0.99 * len(values)))]
            table.add_row(name, f"{statistics.median(values):.1f}", f"{p99:.1f}", f"{values[-1]:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
