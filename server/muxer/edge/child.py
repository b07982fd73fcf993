"""One child process: started on a leash and in a session of its own, read line by line, stopped in order.

A session of its own, because Ctrl-C at a terminal goes to every process of the terminal's session: it is the
supervisor's business to tell its children, one after the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec import Struct

from muxer.edge import leash

LineSink = Callable[[str, str], None]
"""Takes what a child says: its name, and one line without its end."""

_POLL_S = 0.01
_MAX_LINE_BYTES = 65_536
_LAST_WORDS_S = 1.0


async def _at_once() -> bool:
    return True


async def _nothing() -> None:
    return None


class Child(Struct, frozen=True, kw_only=True):
    """A process to run. `argv` may be a function, for words that are only known once earlier children are ready."""

    name: str
    argv: Sequence[str] | Callable[[], Sequence[str]]
    env: Mapping[str, str] | None = None
    """Its whole environment. Default: this process's."""
    ready: Callable[[], Awaitable[bool]] = _at_once
    """Whether it has started; asked until it says yes. Default: as soon as it runs."""
    drain: Callable[[], Awaitable[None]] = _nothing
    """What to do before it is told to end. Must bound its own time."""
    start_timeout_s: float = 10.0
    """How long it may take to become ready."""
    stop_timeout_s: float = 10.0
    """How long it may take to end after SIGTERM; then it is killed."""


class ChildFailed(Exception):
    """A child ended by itself, or did not become ready. The text says which, and how."""


class ChildProcess:
    """A child that was started. `start` makes one."""

    def __init__(self, child: Child, process: asyncio.subprocess.Process, sink: LineSink) -> None:
        self.child = child
        self._process = process
        self._reader = asyncio.create_task(self._read_lines(sink))

    @classmethod
    async def start(cls, child: Child, sink: LineSink) -> ChildProcess:
        """Starts it. Raises `ChildFailed` when there is no such program."""
        argv = child.argv() if callable(child.argv) else child.argv
        if sys.platform == "linux":
            argv = (sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *argv)
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                env=child.env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise ChildFailed(f"{child.name} cannot be started: {error.strerror}: {argv[0]}") from error
        return cls(child, process, sink)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def until_ready(self) -> None:
        """Waits until it is ready. Raises `ChildFailed` when it ends instead, or takes too long."""
        try:
            async with asyncio.timeout(self.child.start_timeout_s):
                while not await self.child.ready():
                    if self.has_ended:
                        await self.until_ended()
                        raise ChildFailed(f"{self.child.name} {self.ending} before it was ready")
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            seconds = self.child.start_timeout_s
            raise ChildFailed(f"{self.child.name} was not ready within {seconds:g} seconds") from None

    async def until_ended(self) -> None:
        """Waits until it has ended and what it said has been passed on."""
        await self._process.wait()
        # Its own children may hold on to the pipe.
        await asyncio.wait({self._reader}, timeout=_LAST_WORDS_S)
        self._reader.cancel()

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self._process.returncode is not None

    @property
    def ended_well(self) -> bool:
        """Whether it ended as a process does that was told to."""
        return self._process.returncode in (0, -signal.SIGTERM)

    @property
    def ending(self) -> str:
        """How it ended, for people."""
        code = self._process.returncode
        if code is None:
            return "is running"
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    async def stop(self) -> None:
        """Drains it, tells it to end, and kills it when it does not."""
        if not self.has_ended:
            await self.child.drain()
        if not self.has_ended:
            self._process.terminate()
        try:
            async with asyncio.timeout(self.child.stop_timeout_s):
                await self._process.wait()
        except TimeoutError:
            self.kill()
        await self.until_ended()

    def kill(self) -> None:
        """Ends it at once, and every process that it started in its session."""
        if not self.has_ended:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def _read_lines(self, sink: LineSink) -> None:
        assert self._process.stdout is not None
        rest = b""
        while data := await self._process.stdout.read(_MAX_LINE_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > _MAX_LINE_BYTES:
                lines, rest = [*lines, rest], b""
            for line in lines:
                sink(self.child.name, line.decode(errors="replace").rstrip("\r"))
        if rest:
            sink(self.child.name, rest.decode(errors="replace"))


def print_line(name: str, line: str) -> None:
    """A `LineSink` for terminals and log collectors: the line on standard error, after the child's name."""
    with contextlib.suppress(BrokenPipeError):  # when nobody reads any more, the child must still not be held up
        sys.stderr.write(f"{name:<9} | {line}\n")
