from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
import threading
import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.telemetry.log_format import HumanFormatter, JsonFormatter
from muxer.telemetry.log_queue import Backlog
from muxer.telemetry.logs import start_logging
from muxer.types.money import pico

LOG = logging.getLogger("muxer.test")


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def start(stream):
    """Starts logging; gives the root logger back at the end of the test."""
    started = []

    def start(**options):
        started.append(start_logging(**{"stream": stream, **options}))
        return started[-1]

    yield start
    for logs in started:
        logs.close()


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_becomes_one_line_of_json_with_its_extra_fields(start, stream):
    logs = start()
    LOG.warning("breaker of %s opened", "openai", extra={"provider": "openai", "failures": 5})
    logs.close()
    (line,) = lines(stream)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "muxer.test",
        "message": "breaker of openai opened",
        "provider": "openai",
        "failures": 5,
    }


def test_a_finished_request_is_one_line_with_exactly_what_is_known(start, stream):
    logs = start()
    logs.request_finished(
        "r1", "Route", "OK", 0.0123456, model="openai:m", cost=pico("0.000125"), attempts=2, trace_id="ab"
    )
    logs.request_finished("r2", "Route", "INVALID_ARGUMENT", 0.001)
    logs.request_finished("r3", "Route", "INTERNAL", 0.001, cost=pico(0))
    logs.close()
    first, second, third = lines(stream)
    for line in (first, second, third):
        assert (line.pop("logger"), line.pop("message"), line.pop("time")[-1]) == (
            "muxer.request",
            "request finished",
            "Z",
        )
    assert first == {
        "level": "info",
        "request_id": "r1",
        "rpc": "Route",
        "code": "OK",
        "ms": 12.346,
        "model": "openai:m",
        "cost_usd": 0.000125,
        "attempts": 2,
        "trace_id": "ab",
    }
    assert second == {"level": "info", "request_id": "r2", "rpc": "Route", "code": "INVALID_ARGUMENT", "ms": 1.0}
    assert third == {
        "level": "warning",
        "request_id": "r3",
        "rpc": "Route",
        "code": "INTERNAL",
        "ms": 1.0,
        "cost_usd": 0.0,
    }


def test_lines_below_the_level_are_not_written(start, stream):
    logs = start(level="warning")
    LOG.info("quiet")
    logs.request_finished("r1", "Route", "OK", 0.1)
    logs.request_finished("r2", "Route", "UNAVAILABLE", 0.1)
    logs.close()
    assert [line["request_id"] for line in lines(stream)] == ["r2"]


def test_secrets_are_masked_in_every_part_of_a_line(start, stream):
    logs = start(secrets=["hunter22"])
    try:
        raise ValueError("hunter22 is wrong")
    except ValueError:
        LOG.exception("call with %s failed", "hunter22", extra={"headers": {"authorization": "Bearer other-key"}})
    logs.request_finished("hunter22", "Route", "OK", 0.1)
    logs.close()
    assert "hunter22" not in stream.getvalue().replace('raise ValueError("hunter22 is wrong")', "")
    assert "other-key" not in stream.getvalue()
    assert "ValueError: [redacted] is wrong" in lines(stream)[0]["exception"]


def test_the_root_logger_is_given_back(start):
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    logs = start(level="debug")
    assert (root.level, list(root.handlers)) != before
    logs.close()
    assert (root.level, list(root.handlers)) == before


def test_an_unknown_level_is_refused_and_changes_nothing(stream):
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    with pytest.raises(ValueError, match="debug, info, warning, error, critical, not 'loud'"):
        start_logging(level="loud", stream=stream)
    assert (root.level, list(root.handlers)) == before


def test_a_log_call_with_wrong_arguments_is_written_all_the_same(start, stream):
    logs = start()
    LOG.info("%d items", "three")
    logs.close()
    assert [line["message"] for line in lines(stream)] == ["%d items (its arguments do not fit)"]


def test_a_field_that_cannot_be_shown_costs_only_its_own_line(start, stream):
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no")

    logs = start()
    LOG.info("one", extra={"thing": Broken()})
    LOG.info("two")
    logs.close()
    assert [line["message"] for line in lines(stream)] == ["log line cannot be shown", "two"]


def test_arguments_are_read_when_they_are_logged(start, stream):
    logs = start()
    items = [1]
    LOG.info("items %s", items)
    items.append(2)
    logs.close()
    assert [line["message"] for line in lines(stream)] == ["items [1]"]


def test_lines_are_written_while_the_server_runs_not_only_at_its_end(start):
    reading, writing = os.pipe()
    with os.fdopen(reading) as reader, os.fdopen(writing, "w") as writer:
        logs = start(stream=writer)
        LOG.info("now")
        assert json.loads(reader.readline())["message"] == "now"
        logs.close()


class StalledStream(io.StringIO):
    """A stream whose reader has stopped reading."""

    def __init__(self) -> None:
        super().__init__()
        self.stalled = threading.Event()
        self.moving = threading.Event()

    def write(self, text: str) -> int:
        self.stalled.set()
        self.moving.wait(30)
        return super().write(text)


async def test_a_stalled_stream_never_blocks_the_loop_and_lost_lines_are_counted_and_reported(start):
    stream = StalledStream()
    dropped: list[int] = []
    logs = start(stream=stream, on_drop=dropped.append)
    LOG.info("the first")
    assert await asyncio.to_thread(stream.stalled.wait, 10)
    for number in range(12_000):
        logs.request_finished(str(number), "Route", "OK", 0.1)
    assert sum(dropped) == 2_000
    stream.moving.set()
    await asyncio.to_thread(logs.close, 30)
    written = lines(stream)
    assert [line["message"] for line in (written[0], written[-1])] == ["the first", "log lines were lost"]
    assert written[-1]["count"] == 2_000
    assert len(written) == 10_002


def test_a_request_line_tells_when_the_request_was_finished_not_when_the_line_was_written(start):
    stream = StalledStream()
    logs = start(stream=stream)
    LOG.info("the first")
    assert stream.stalled.wait(10)
    before = time.time()
    logs.request_finished("r1", "Route", "OK", 0.1)
    after = time.time()
    while time.time() < after + 0.005:
        pass
    stream.moving.set()
    logs.close(30)
    at = datetime.fromisoformat(lines(stream)[-1]["time"]).timestamp()
    assert before - 0.001 < at <= after


def test_closing_does_not_wait_for_a_stalled_stream(start):
    stream = StalledStream()
    dropped: list[int] = []
    logs = start(stream=stream, on_drop=dropped.append)
    LOG.info("one")
    assert stream.stalled.wait(10)
    LOG.info("two")
    logs.close(0.1)
    assert sum(dropped) == 1
    stream.moving.set()


def test_lines_for_a_reader_that_is_gone_are_counted(start):
    reading, writing = os.pipe()
    os.close(reading)
    dropped: list[int] = []
    with os.fdopen(writing, "wb", buffering=0) as raw:
        logs = start(stream=io.TextIOWrapper(raw, write_through=True), on_drop=dropped.append)
        LOG.info("nobody reads this")
        logs.close()
    assert sum(dropped) == 1


def test_other_handlers_keep_their_record_as_it_was(start):
    other = Backlog(lambda count: None)
    LOG.addHandler(other)
    logs = start(secrets=["hunter22"])
    record = logging.LogRecord("muxer.test", logging.INFO, "", 0, "key %s", ("hunter22",), None)
    LOG.handle(record)
    logs.close()
    LOG.removeHandler(other)
    assert (record.msg, record.args) == ("key %s", ("hunter22",))


def test_lines_logged_just_before_the_process_ends_are_written():
    program = (
        "import logging; from muxer.telemetry.logs import start_logging\n"
        "start_logging(); logging.getLogger('x').error('last words')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(ended.stderr)["message"] == "last words"


awkward = st.text(st.characters(exclude_categories=()), max_size=40)  # halves of characters included
unicode = st.text(max_size=40)


@given(unicode, st.dictionaries(st.text("abc", min_size=1, max_size=3), unicode, max_size=3))
def test_json_is_one_ascii_line_that_says_what_was_logged(message, fields):
    record = logging.makeLogRecord({"msg": message, "levelname": "INFO", "name": "x", **fields})
    line = JsonFormatter().format(record)
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert json.loads(line) == {**json.loads(line), "message": message, **fields}


@given(awkward, awkward)
def test_text_for_people_cannot_begin_a_line_of_its_own_or_colour_it(message, value):
    plain = HumanFormatter().format(logging.makeLogRecord({"msg": "", "levelname": "INFO", "field": ""}))
    line = HumanFormatter().format(logging.makeLogRecord({"msg": message, "levelname": "INFO", "field": value}))
    assert len(line.splitlines()) == 1
    assert line.count("\x1b") == plain.count("\x1b")
    assert line.encode()


def test_text_for_people_shows_an_exception_on_lines_of_its_own(start, stream):
    logs = start(human=True)
    try:
        raise KeyError("k")
    except KeyError:
        LOG.exception("failed", extra={"provider": "openai", "note": "two words"})
    logs.close()
    first, *rest = stream.getvalue().splitlines()
    assert "failed" in first
    assert "openai" in first
    assert '"two words"' in first
    assert rest[-1] == "    KeyError: 'k'"


def test_a_terminal_gets_text_and_anything_else_gets_json(start, stream):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    for target in (stream, terminal):
        logs = start(stream=target)
        LOG.info("hello")
        logs.close()
    assert [line["message"] for line in lines(stream)] == ["hello"]
    assert terminal.getvalue().startswith("\x1b[")
