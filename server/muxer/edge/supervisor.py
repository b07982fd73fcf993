"""Runs the processes of `modelmuxer up` as one: starts them in order, ends them in order, hides nothing.

A child that ends by itself ends the whole: what restarts things is the operator's choice (systemd, Kubernetes), and a
child that was quietly restarted would be a fault that nobody hears of.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence

from muxer.edge.child import Child, ChildFailed, ChildProcess, LineSink, print_line

_NAME = "up"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Supervisor:
    """Children that live and end together.

    They are started in the given order, each once the one before is ready. `stop_order` names them in the order in
    which they are to end; default: the reverse. `sink` gets every line that they and the supervisor say.
    """

    def __init__(
        self, children: Sequence[Child], *, stop_order: Sequence[str] = (), sink: LineSink = print_line
    ) -> None:
        names = [child.name for child in children]
        if stop_order and sorted(stop_order) != sorted(names):
            raise ValueError(f"stop_order {list(stop_order)} does not name the children {names}")
        self._children = children
        self._stop_order = stop_order or names[::-1]
        self._sink = sink
        self._running: dict[str, ChildProcess] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._exit_code = 0

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> int:
        """Runs until SIGINT, SIGTERM or the end of a child; `on_ready` is called once all are ready.

        Returns the exit code: 0 after a signal, 1 when a child failed or had to be killed. A second signal kills them.
        """
        with self._signals():
            startup = asyncio.create_task(self._start(on_ready))
            try:
                await self._over.wait()
            finally:
                startup.cancel()
                await asyncio.wait({startup})
                await self._stop()
        if not startup.cancelled():
            startup.result()
        return self._exit_code

    async def _start(self, on_ready: Callable[[], None]) -> None:
        try:
            for child in self._children:
                process = await ChildProcess.start(child, self._sink)
                self._running[child.name] = process
                self._watch(process)
                await process.until_ready()
            on_ready()
        except ChildFailed as failure:
            self._fail(str(failure))
        except Exception:  # ours or the caller's: `run` raises it once the children are stopped
            self._over.set()
            raise

    def _watch(self, process: ChildProcess) -> None:
        async def watch() -> None:
            await process.until_ended()
            self._fail(f"{process.child.name} {process.ending}; stopping the rest")

        self._watchers.add(asyncio.create_task(watch()))

    def _fail(self, what: str) -> None:
        if self._over.is_set():
            return
        self._sink(_NAME, what)
        self._exit_code = 1
        self._over.set()

    async def _stop(self) -> None:
        for name in self._stop_order:
            process = self._running.get(name)
            if process is None or process.has_ended:
                continue
            await process.stop()
            if not process.ended_well:
                self._sink(_NAME, f"{name} {process.ending}")
                self._exit_code = 1
        await asyncio.gather(*self._watchers)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._interrupt, number)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def _interrupt(self, number: signal.Signals) -> None:
        if not self._over.is_set():
            self._sink(_NAME, f"{number.name}: stopping; once more to stop at once")
            self._over.set()
            return
        for process in self._running.values():
            process.kill()
