"""`modelmuxer up`: says what is going on, drains without loss, restarts nothing silently."""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.client
import json
import os
import signal
import threading

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub

from tests.cli.processes import Up, run, until, up

CHAT = "/v1/chat/completions"
HELLO = {"model": "openai:gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
STREAMS = 50
CLIENTS = 24


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


def refusal_over_rest(running: Up, begun: threading.Semaphore) -> tuple[int, str, str]:
    """What the first request got that was not answered, of many that follow one another without a pause."""
    connection = http.client.HTTPConnection(running.rest.removeprefix("http://"), timeout=30)
    with contextlib.closing(connection):
        while True:
            connection.request("POST", CHAT, json.dumps(HELLO))
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                return answer.status, json.loads(body)["error"]["code"], answer.headers.get("retry-after", "")
            begun.release()


def refusal_over_grpc(router: RouterServiceStub, begun: threading.Semaphore) -> tuple[str, str]:
    """The same over gRPC: its status and reason."""
    while True:
        try:
            router.ChatCompletion(pb.ChatCompletionRequest(**HELLO), timeout=30)
            begun.release()
        except grpc.RpcError as error:
            info = error_details_pb2.ErrorInfo()
            status = rpc_status.from_call(error)
            reasons = [info.reason for detail in status.details if detail.Unpack(info)] if status else []
            return error.code().name, reasons[0] if reasons else str(error.details())


def test_under_load_sigterm_leaves_no_request_without_an_answer_or_a_refusal_that_says_why(tmp_path):
    with (
        up(tmp_path) as running,
        grpc.insecure_channel(running.grpc) as channel,
        concurrent.futures.ThreadPoolExecutor(2 * CLIENTS) as pool,
    ):
        begun, router = threading.Semaphore(0), RouterServiceStub(channel)
        over_rest = [pool.submit(refusal_over_rest, running, begun) for _ in range(CLIENTS)]
        over_grpc = [pool.submit(refusal_over_grpc, router, begun) for _ in range(CLIENTS)]
        for _ in range(4 * CLIENTS):
            assert begun.acquire(timeout=20)
        running.process.send_signal(signal.SIGTERM)

        # Who comes when the server has gone is told so by Envoy, or by its own gRPC, which nobody answers.
        gone = (503, "upstream_unavailable", "1")
        assert {refusal.result(30) for refusal in over_rest} - {gone} == {(503, "shutting_down", "1")}
        refused = {refusal.result(30) for refusal in over_grpc}
        assert {status for status, _ in refused} == {"UNAVAILABLE"}
        assert ("UNAVAILABLE", "ERROR_REASON_SHUTTING_DOWN") in refused
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
