"""Children start in order, end in order, and never end unnoticed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from muxer.edge.child import Child, print_line
from muxer.edge.config import EdgeConfig
from muxer.edge.envoy import Envoy
from muxer.edge.supervisor import Supervisor

from tests.edge.conftest import until

WAIT = "import signal; signal.sigwait({signal.SIGTERM})"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)


class Lines:
    """What children and supervisor said, in order."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def __call__(self, name: str, line: str) -> None:
        self.said.append((name, line))

    def has(self, name: str, line: str) -> bool:
        return (name, line) in self.said


def python(name: str, code: str, **settings: object) -> Child:
    return Child(name=name, argv=(sys.executable, "-c", code), **settings)  # type: ignore[arg-type]  # as given


def waiting(name: str, lines: Lines, **settings: object) -> Child:
    """A child that says when it starts and ends, and is ready once it has started."""

    async def ready() -> bool:
        return lines.has(name, "started")

    code = f"import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {{15}}); print('started', flush=True); {WAIT}"
    return python(name, f"{code}; print('ending', flush=True)", ready=ready, **settings)


def interrupt(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.fixture
def lines() -> Lines:
    return Lines()


async def test_children_start_in_order_and_end_in_their_own_and_that_is_no_failure(lines: Lines) -> None:
    children = [waiting(name, lines) for name in ("simulator", "server", "envoy")]
    supervisor = Supervisor(children, stop_order=("server", "envoy", "simulator"), sink=lines)
    assert await supervisor.run(interrupt) == 0
    assert [name for name, line in lines.said if line == "started"] == ["simulator", "server", "envoy"]
    assert [name for name, line in lines.said if line == "ending"] == ["server", "envoy", "simulator"]


async def test_by_default_children_end_in_reverse(lines: Lines) -> None:
    await Supervisor([waiting(name, lines) for name in "abc"], sink=lines).run(lambda: interrupt(signal.SIGINT))
    assert [name for name, line in lines.said if line == "ending"] == ["c", "b", "a"]


async def test_a_child_that_ends_by_itself_ends_all_and_is_a_failure(lines: Lines) -> None:
    children = [waiting("server", lines), python("envoy", "print('last words'); raise SystemExit(3)")]
    assert await Supervisor(children, sink=lines).run() == 1
    assert lines.said == [
        ("server", "started"),
        ("envoy", "last words"),
        ("up", "envoy ended with exit code 3; stopping the rest"),
        ("server", "ending"),
    ]


async def test_a_child_that_is_killed_is_said_to_be(lines: Lines) -> None:
    children = [waiting("a", lines), python("b", "import os; os.kill(os.getpid(), 9)")]
    assert await Supervisor(children, sink=lines).run() == 1
    assert lines.has("up", "b was ended by SIGKILL; stopping the rest")


async def test_a_child_that_never_gets_ready_ends_all(lines: Lines) -> None:
    async def never() -> bool:
        return False

    ready: list[None] = []
    children = [waiting("a", lines), python("b", WAIT, ready=never, start_timeout_s=0.1), waiting("c", lines)]
    assert await Supervisor(children, sink=lines).run(lambda: ready.append(None)) == 1
    assert lines.has("up", "b was not ready within 0.1 seconds")
    assert lines.has("a", "ending")
    assert (ready, lines.has("c", "started")) == ([], False)


async def test_a_program_that_is_not_there_is_named(lines: Lines) -> None:
    children = [waiting("a", lines), Child(name="b", argv=("/nope/nope",))]
    assert await Supervisor(children, sink=lines).run() == 1
    assert lines.has("b", "cannot run /nope/nope: No such file or directory")
    assert lines.has("a", "ending")


async def test_a_signal_while_children_start_stops_those_that_did(lines: Lines) -> None:
    async def never() -> bool:
        interrupt()
        return False

    assert await Supervisor([waiting("a", lines), python("b", WAIT, ready=never)], sink=lines).run() == 0
    assert lines.has("a", "ending")


async def test_a_child_that_does_not_listen_is_killed_in_time_and_that_is_a_failure(lines: Lines) -> None:
    async def ready() -> bool:
        return lines.has("deaf", "deaf")

    child = python("deaf", STUBBORN, ready=ready, stop_timeout_s=0.1)
    assert await Supervisor([child], sink=lines).run(interrupt) == 1
    assert lines.has("up", "deaf was ended by SIGKILL")


async def test_what_a_killed_child_started_is_killed_with_it(lines: Lines) -> None:
    async def ready() -> bool:
        return any(name == "deaf" for name, _ in lines.said)

    grandchild = (
        f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]).pid, flush=True)"
    )
    child = python("deaf", f"{grandchild}; {STUBBORN}", ready=ready, stop_timeout_s=0.1)
    await Supervisor([child], sink=lines).run(interrupt)
    pid = next(int(line) for name, line in lines.said if name == "deaf" and line.isdigit())

    async def is_gone() -> bool:
        return ended(pid)

    await until(is_gone)


async def test_a_second_signal_kills_at_once(lines: Lines) -> None:
    async def ready() -> bool:
        return lines.has("deaf", "deaf")

    async def interrupt_again() -> None:
        interrupt()

    child = python("deaf", STUBBORN, ready=ready, drain=interrupt_again)
    assert await asyncio.wait_for(Supervisor([child], sink=lines).run(interrupt), 5) == 1


async def test_a_child_is_drained_before_it_is_told_to_end(lines: Lines) -> None:
    async def drain() -> None:
        lines("a", "drained")

    await Supervisor([waiting("a", lines, drain=drain)], sink=lines).run(interrupt)
    assert [line for name, line in lines.said if name == "a"] == ["started", "drained", "ending"]


async def test_words_may_be_known_only_once_earlier_children_are_ready(lines: Lines) -> None:
    def argv() -> list[str]:
        return [sys.executable, "-c", f"print({lines.said!r})"]

    await Supervisor([waiting("a", lines), Child(name="b", argv=argv)], sink=lines).run()
    assert lines.has("b", "[('a', 'started')]")


async def test_a_child_has_the_environment_that_it_is_given(lines: Lines) -> None:
    code = "import os; print(os.environ.get('ONLY'), 'HOME' in os.environ)"
    await Supervisor([python("a", code, env={"ONLY": "this"})], sink=lines).run()
    assert lines.has("a", "this False")


async def test_a_line_without_end_and_one_without_bound_are_passed_on(lines: Lines) -> None:
    code = "import sys; sys.stdout.buffer.write(b'x' * 200_000 + b'\\n\\xff\\r\\nend')"
    await Supervisor([python("a", code)], sink=lines).run()
    said = [line for name, line in lines.said if name == "a"]
    assert "".join(said[:-2]) == "x" * 200_000
    assert said[-2:] == ["\ufffd", "end"]


async def test_what_the_caller_does_wrong_when_ready_is_raised_once_the_children_are_stopped(lines: Lines) -> None:
    def broken() -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await Supervisor([waiting("a", lines)], sink=lines).run(broken)
    assert lines.has("a", "ending")


def test_a_stop_order_that_forgets_a_child_is_refused(lines: Lines) -> None:
    with pytest.raises(ValueError, match="does not name the children"):
        Supervisor([waiting("a", lines)], stop_order=("b",), sink=lines)


def test_lines_bear_the_name_of_who_said_them(capsys: pytest.CaptureFixture[str]) -> None:
    print_line("envoy", "hello")
    assert capsys.readouterr().err == "envoy     | hello\n"


def ended(pid: int) -> bool:
    """Whether a process is gone, or dead and not yet collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture
def orphans() -> Iterator[list[int]]:
    pids: list[int] = []
    yield pids
    for pid in pids:
        if not ended(pid):
            os.kill(pid, signal.SIGKILL)


async def test_children_end_with_a_supervisor_that_is_killed_and_are_of_another_session(orphans: list[int]) -> None:
    code = (
        "import asyncio, sys; from muxer.edge.child import Child; from muxer.edge.supervisor import Supervisor;"
        "child = Child(name='child', argv=(sys.executable, '-c', 'import os, time;"
        "print(os.getpid(), os.getsid(0), flush=True); time.sleep(60)'));"
        "asyncio.run(Supervisor([child], sink=lambda name, line: print(line, flush=True)).run())"
    )
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert supervisor.stdout is not None
    pid, session = map(int, (await asyncio.wait_for(supervisor.stdout.readline(), 10)).split())
    orphans.append(pid)
    assert (session, ended(pid)) == (pid, False)
    supervisor.kill()
    await supervisor.wait()

    async def child_has_ended() -> bool:
        return ended(pid)

    await until(child_has_ended)
    await supervisor.stdout.read()


async def test_on_a_signal_streams_finish_and_health_says_503_until_they_have(run_dir: Path, lines: Lines) -> None:
    socket = run_dir / "server.sock"

    async def serves() -> bool:
        return lines.has("server", "serving")

    script = Path(__file__).with_name("draining_server.py")
    config = EdgeConfig(listen="127.0.0.1:0", upstreams=(f"unix:{socket}",), admin=f"unix:{run_dir}/admin.sock")
    envoy = Envoy(config, run_dir)
    server = Child(name="server", argv=(sys.executable, str(script), str(socket)), ready=serves)
    up = asyncio.Event()
    supervisor = Supervisor([server, envoy.child()], stop_order=("server", "envoy"), sink=lines)
    running = asyncio.create_task(supervisor.run(up.set))
    await asyncio.wait_for(up.wait(), 15)
    received = await stream_during_a_stop(envoy.url)
    assert await asyncio.wait_for(running, 10) == 0
    assert received == (b"data: 1\n\ndata: [DONE]\n\n", 503, b'{"draining":1}')
    assert lines.has("server", "drained")


async def stream_during_a_stop(url: str) -> tuple[bytes, int, bytes]:
    """A whole stream, and the answer of /health while the stop waits for it."""
    async with (
        httpx.AsyncClient(base_url=url, timeout=10) as rest,
        rest.stream("POST", "/v1/chat/completions", json={}) as stream,
    ):
        parts = stream.aiter_raw()
        received = await anext(parts)
        interrupt()
        healths: list[httpx.Response] = []

        async def is_draining() -> bool:
            healths.append(await rest.get("/health"))
            return healths[-1].status_code != 200

        await until(is_draining)
        received += b"".join([part async for part in parts])
    return received, healths[-1].status_code, healths[-1].content
