"""Appends lines to a file of bounded size, so that only a thread of its own ever waits for the disk.

Whoever has a line hands over what makes it: the thread does that, too, a few times a second. What waits is bounded;
when the disk stalls or is full, lines are lost and counted, and requests go on. A file that has reached its size
becomes `FILE.1`, in the place of the one before it, and a new one is begun.
"""

from __future__ import annotations

import io
import logging
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

LARGEST_BACKLOG = 64 * 1024 * 1024
"""Bytes that may wait, by the size that each line is announced with."""

WRITE_EVERY_S = 0.2

OWNER_ALONE = 0o600

_LOG = logging.getLogger(__name__)

MakeLine = Callable[[], bytes]


class LineFile:
    """Implements `LineLog`. There must be one process alone that writes to a file."""

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int,
        on_drop: Callable[[int], None],
        largest_backlog: int = LARGEST_BACKLOG,
    ) -> None:
        """`on_drop` is told of lost lines, from any thread. Raises `OSError` when the file cannot be written."""
        self._path = path
        self._max_bytes = max_bytes
        self._on_drop = on_drop
        self._largest_backlog = largest_backlog
        self._file = _open(path)
        self._size = os.fstat(self._file.fileno()).st_size
        self._waiting: list[MakeLine] = []
        self._backlog = 0
        self._queueing = threading.Lock()
        self._failing = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="line-file", daemon=True)
        self._thread.start()

    def write(self, line: MakeLine, size: int) -> None:
        """See `LineLog`."""
        with self._queueing:
            fits = self._backlog + size <= self._largest_backlog and not self._stopping.is_set()
            if fits:
                self._waiting.append(line)
                self._backlog += size
        if not fits:
            self._on_drop(1)

    def close(self, timeout_s: float = 5.0) -> None:
        """Writes what waits, for at most this long; what is left then is lost and counted. Blocks."""
        self._stopping.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self._on_drop(len(self._take()))

    def _run(self) -> None:
        while not self._stopping.wait(WRITE_EVERY_S):
            self._write(self._take())
        self._write(self._take())
        self._file.close()

    def _take(self) -> Sequence[MakeLine]:
        with self._queueing:
            waiting, self._waiting, self._backlog = self._waiting, [], 0
        return waiting

    def _write(self, lines: Sequence[MakeLine]) -> None:
        lost = 0
        problem = ""
        for make in lines:
            try:
                self._append(make())
            except Exception as error:  # of any kind: one line that cannot be made must not end the thread
                lost += 1
                problem = error.strerror or "" if isinstance(error, OSError) else type(error).__name__
        if lost:
            self._on_drop(lost)
            if not self._failing:
                _LOG.warning("lines of %s were lost: %s", self._path, problem)
        if lines:
            self._failing = lost > 0

    def _append(self, line: bytes) -> None:
        if self._size and self._size + len(line) > self._max_bytes:
            self._begin_anew()
        written = self._file.write(line) or 0
        if written < len(line):
            self._file.truncate(self._size)  # no half a line, which the next one would be joined to
            raise OSError(0, "the disk is full")
        self._size += written

    def _begin_anew(self) -> None:
        with suppress(FileNotFoundError):  # taken away by somebody else: there is nothing to keep
            os.replace(self._path, f"{self._path}.1")
        fresh = _open(self._path)
        self._file.close()
        self._file, self._size = fresh, os.fstat(fresh.fileno()).st_size


def check_place(path: Path) -> None:
    """Finds out whether a `LineFile` could be opened there, and changes nothing. Raises `OSError` when it could not."""
    if path.exists():
        number = _descriptor(path, os.O_WRONLY | os.O_APPEND)
        try:
            os.chmod(number, stat.S_IMODE(os.fstat(number).st_mode))  # as it is: only its owner may do so
        finally:
            os.close(number)
    else:
        with tempfile.TemporaryFile(dir=Path(os.path.realpath(path)).parent):
            pass


def _open(path: Path) -> io.FileIO:
    """The file, to append to, readable by its owner alone. Anything but a plain file is refused."""
    number = _descriptor(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.chmod(number, OWNER_ALONE)
    except OSError:
        os.close(number)
        raise
    return io.FileIO(number, "ab")


def _descriptor(path: Path, flags: int) -> int:
    if path.exists() and not path.is_file():
        raise OSError(0, "not a plain file", str(path))
    return os.open(path, flags, OWNER_ALONE)
