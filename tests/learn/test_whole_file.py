"""A file is replaced when the new one is whole, and by nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from muxer.learn.whole_file import write_whole

CUT_SHORT = """
import resource, sys
from pathlib import Path
from muxer.learn.whole_file import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    write_whole(Path(sys.argv[1]), bytes(100_000))
except OSError as error:
    sys.exit(error.strerror)
"""


def test_a_new_file_has_the_usual_permissions_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "usual").write_bytes(b"")
    write_whole(tmp_path / "new", b"whole")

    assert (tmp_path / "new").read_bytes() == b"whole"
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert {path.name for path in tmp_path.iterdir()} == {"usual", "new"}


def test_a_file_keeps_its_permissions_when_it_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "own").write_bytes(b"before")
    (tmp_path / "own").chmod(0o600)
    write_whole(tmp_path / "own", b"after")

    assert (tmp_path / "own").read_bytes() == b"after"
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o600


def test_behind_a_link_the_file_is_replaced_and_not_the_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "file").write_bytes(b"before")
    (tmp_path / "link").symlink_to("far/file")
    write_whole(tmp_path / "link", b"after")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "far" / "file").read_bytes() == b"after"


def test_when_writing_fails_what_stood_there_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"before")
    done = subprocess.run(
        [sys.executable, "-c", CUT_SHORT, str(tmp_path / "file")], capture_output=True, text=True, check=False
    )

    assert "too large" in done.stderr
    assert (tmp_path / "file").read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
