"""`modelmuxer up`: says what is going on, drains without loss, restarts nothing silently."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import threading

import httpx
import pytest

from tests.cli.processes import Up, run, until, up

CHAT = "/v1/chat/completions"
STREAMS = 50


def test_it_says_that_answers_are_simulated_and_how_to_ask(tmp_path):
    with up(tmp_path) as running:
        said = running.output

        assert "Answers are simulated (no provider key is set)" in said
        for line in (f"REST  {running.rest}", f"gRPC  {running.grpc}", f"curl {running.rest}{CHAT}", "buf curl "):
            assert line in said
        assert "openai.OpenAI(base_url=" in said
        assert running.stop() == 0


def test_simulation_can_be_had_where_keys_are_set(tmp_path):
    with up(tmp_path, "--simulate", variables={"OPENAI_API_KEY": "sk-canary-123456"}) as running:
        answer = httpx.post(running.rest + CHAT, json={"messages": [{"role": "user", "content": "Hi"}]})

        assert answer.json()["router_metadata"]["simulated"] is True
        running.stop()
        assert "sk-canary" not in running.output


def stream(running: Up, number: int, begun: threading.Barrier) -> str:
    text = f"Hello {number} [[simulate:gated;gate=end;after=3]]"
    ask = {"model": "openai:gpt-4o", "messages": [{"role": "user", "content": text}], "stream": True}
    with httpx.Client(timeout=30) as client, client.stream("POST", running.rest + CHAT, json=ask) as response:
        lines = response.iter_lines()
        next(lines)
        begun.wait(20)
        return [line for line in lines if line][-1]


def test_sigterm_lets_every_open_stream_finish(tmp_path):
    with up(tmp_path) as running, concurrent.futures.ThreadPoolExecutor(STREAMS) as pool:
        begun = threading.Barrier(STREAMS + 1)
        streams = [pool.submit(stream, running, n, begun) for n in range(STREAMS)]
        begun.wait(20)

        running.process.send_signal(signal.SIGTERM)
        until(lambda: httpx.get(f"{running.rest}/health").status_code == 503, 2)
        assert not any(s.done() for s in streams)
        httpx.post(f"{running.simulator}/_sim/gates/end")

        assert [s.result(20) for s in streams] == ["data: [DONE]"] * STREAMS
        assert running.process.wait(20) == 0


def child(running: Up, word: str) -> int:
    """The process id of a child of `up`."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat, open(f"/proc/{entry}/cmdline") as command:
                parent, words = int(stat.read().rpartition(")")[2].split()[1]), command.read()
        except OSError:
            continue
        if parent == running.process.pid and word in words:
            return int(entry)
    raise AssertionError(f"no child with {word}")


@pytest.mark.parametrize("word", ["muxer.simulator", "_server", "--disable-hot-restart"])
def test_the_death_of_a_part_ends_the_whole_and_is_told(tmp_path, word):
    with up(tmp_path) as running:
        os.kill(child(running, word), signal.SIGKILL)

        assert running.process.wait(20) == 1
        assert "SIGKILL; stopping the rest" in running.output


def test_the_children_die_with_their_parent(tmp_path):
    with up(tmp_path) as running:
        pids = [child(running, w) for w in ("muxer.simulator", "_server", "--disable-hot-restart")]
        running.process.kill()
        running.process.wait(10)

        until(lambda: not any(_alive(pid) for pid in pids), 10)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_port_that_is_taken_is_told(tmp_path):
    with up(tmp_path) as running:
        port = running.grpc.rpartition(":")[2]
        second = run("up", "--rest-port", "0", "--grpc-port", port, "--data-dir", str(tmp_path / "other"))

    assert second.returncode != 0
    assert "Cannot serve" in second.stdout + second.stderr
