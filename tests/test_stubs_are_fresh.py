"""The checked-in stubs and Envoy's descriptor are what proto/ generates, and tools/generate.py notices when not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
TOOLCHAIN_MISSING = 3


def generate(*arguments: str, repository: Path = REPOSITORY, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/generate.py", *arguments]
    return subprocess.run(
        command, cwd=repository, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def small_repository(tmp_path: Path) -> Path:
    """The parts of this repository that Python's stubs need, in a copy where they are fresh."""
    for part in ("proto", "tools", "clients/python/modelmuxer/v1"):
        shutil.copytree(REPOSITORY / part, tmp_path / part)
    for part in ("buf.yaml", "buf.gen.yaml"):
        shutil.copy(REPOSITORY / part, tmp_path / part)
    assert generate("python", repository=tmp_path).returncode == 0
    return tmp_path


@pytest.mark.timeout(300)
@pytest.mark.parametrize("target", ["descriptor", "python", "go", "typescript", "java"])
def test_what_is_checked_in_is_what_proto_generates(target: str) -> None:
    checked = generate("--check", target)
    if checked.returncode == TOOLCHAIN_MISSING:
        pytest.skip(checked.stderr.strip())

    assert checked.stdout == "", "run `make generate`"
    assert checked.returncode == 0, checked.stderr


def test_a_changed_a_missing_and_a_leftover_file_are_stale_until_generated_again(small_repository: Path) -> None:
    stubs = small_repository / "clients/python/modelmuxer/v1"
    original = (stubs / "chat_pb2.pyi").read_bytes()
    (stubs / "chat_pb2.pyi").write_bytes(original + b"\n")
    (stubs / "error_pb2.py").unlink()
    (stubs / "gone_pb2.py").touch()

    checked = generate("--check", "python", repository=small_repository)

    folder = "clients/python/modelmuxer/v1"
    stale = [f"stale: {folder}/{name}" for name in ("chat_pb2.pyi", "error_pb2.py", "gone_pb2.py")]
    assert checked.stdout.splitlines() == stale
    assert checked.returncode == 1
    assert generate("python", repository=small_repository).returncode == 0
    assert generate("--check", "python", repository=small_repository).returncode == 0
    assert (stubs / "chat_pb2.pyi").read_bytes() == original
    assert not (stubs / "gone_pb2.py").exists()


@pytest.mark.parametrize(("ci", "status"), [("", TOOLCHAIN_MISSING), ("true", 1)])
def test_a_missing_toolchain_is_named_and_a_failure_in_ci(ci: str, status: int) -> None:
    checked = generate("--check", "go", PATH="", CI=ci)

    assert checked.stderr == "left out go: no go on the path\n"
    assert checked.returncode == status
