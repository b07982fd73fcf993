"""Lines reach their file without anybody waiting for the disk; what cannot be written is counted."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from muxer.telemetry.line_file import LineFile

from tests.cli.processes import until

LARGE = 1_000_000


class Drops:
    """Counts what is lost."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, count: int) -> None:
        self.count += count


@pytest.fixture
def drops() -> Drops:
    return Drops()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "decisions.jsonl"


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Lets whoever waits for it go on at the end of the test at the latest."""
    event = threading.Event()
    yield event
    event.set()


def line(number: int) -> bytes:
    return b"line %04d\n" % number


def test_lines_are_written_in_their_order_and_all_of_them_before_it_closes(path, drops):
    file = LineFile(path, max_bytes=LARGE, on_drop=drops)
    for number in range(1000):
        file.write(partial(line, number), 10)
    file.close()

    assert path.read_bytes() == b"".join(map(line, range(1000)))
    assert drops.count == 0


def test_lines_arrive_while_it_is_open(path, drops):
    file = LineFile(path, max_bytes=LARGE, on_drop=drops)
    file.write(lambda: line(1), 10)
    until(lambda: path.read_bytes() == line(1))
    file.close()


def test_a_file_is_continued_and_made_readable_by_its_owner_alone(path, drops):
    path.write_bytes(line(0))
    path.chmod(0o644)
    file = LineFile(path, max_bytes=LARGE, on_drop=drops)
    file.write(lambda: line(1), 10)
    file.close()

    assert path.read_bytes() == line(0) + line(1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_full_file_becomes_the_old_one_and_the_old_one_goes(path, drops):
    file = LineFile(path, max_bytes=35, on_drop=drops)
    for number in range(8):
        file.write(partial(line, number), 10)
    file.close()
    old = path.with_name("decisions.jsonl.1")

    assert old.read_bytes() == line(3) + line(4) + line(5)
    assert path.read_bytes() == line(6) + line(7)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(old.stat().st_mode) == 0o600
    assert drops.count == 0


def test_a_line_longer_than_a_file_may_be_is_written_all_the_same(path, drops):
    file = LineFile(path, max_bytes=5, on_drop=drops)
    file.write(lambda: line(1), 10)
    file.close()

    assert path.read_bytes() == line(1)


def test_a_file_that_somebody_takes_away_is_begun_anew_when_it_is_full(path, drops):
    file = LineFile(path, max_bytes=15, on_drop=drops)
    file.write(lambda: line(1), 10)
    until(lambda: path.read_bytes() == line(1))
    path.unlink()
    file.write(lambda: line(2), 10)
    file.close()

    assert path.read_bytes() == line(2)


def test_what_a_stalled_disk_leaves_no_room_for_is_dropped_and_counted(path, drops, gate):
    busy = threading.Event()

    def stalled() -> bytes:
        busy.set()
        gate.wait()
        return line(0)

    file = LineFile(path, max_bytes=LARGE, on_drop=drops, largest_backlog=50)
    file.write(stalled, 10)
    busy.wait()
    for number in range(1, 9):
        file.write(partial(line, number), 10)
    gate.set()
    file.close()

    assert drops.count == 3
    assert path.read_bytes() == b"".join(map(line, range(6)))


def test_closing_does_not_wait_for_ever_and_counts_what_is_left(path, drops, gate):
    busy = threading.Event()

    def stalled() -> bytes:
        busy.set()
        gate.wait()
        return line(0)

    file = LineFile(path, max_bytes=LARGE, on_drop=drops)
    file.write(stalled, 10)
    busy.wait()
    file.write(lambda: line(1), 10)
    file.close(timeout_s=0.01)

    assert drops.count == 1


def test_a_line_that_cannot_be_made_is_counted_and_the_next_one_is_written(path, drops, caplog):
    def broken() -> bytes:
        raise ValueError("the prompt")

    file = LineFile(path, max_bytes=LARGE, on_drop=drops)
    file.write(broken, 10)
    file.write(lambda: line(1), 10)
    file.close()

    assert (drops.count, path.read_bytes()) == (1, line(1))
    assert "ValueError" in caplog.text
    assert "the prompt" not in caplog.text


def test_after_it_is_closed_lines_are_counted_as_lost(path, drops):
    file = LineFile(path, max_bytes=LARGE, on_drop=drops)
    file.close()
    file.write(lambda: line(1), 10)

    assert (drops.count, path.read_bytes()) == (1, b"")


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path, drops):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in (tmp_path / "nowhere" / "file", tmp_path, pipe):
        with pytest.raises(OSError, match=place.name):
            LineFile(place, max_bytes=LARGE, on_drop=drops)


FULL_DISK = """
import resource, sys
from pathlib import Path
from muxer.telemetry.line_file import LineFile

resource.setrlimit(resource.RLIMIT_FSIZE, (25, resource.RLIM_INFINITY))
lost = []
path = Path(sys.argv[1])
file = LineFile(path, max_bytes=1_000, on_drop=lost.append)
for number in range(4):
    file.write(lambda number=number: b"line %04d\\n" % number, 10)
file.close()
print(sum(lost), path.read_bytes())
"""


def test_a_full_disk_leaves_whole_lines_and_a_count(path):
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True)

    assert done.stdout == f"2 {line(0) + line(1)!r}\n"
    assert done.stderr.count("lines of") == 1
