"""The scripted router as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTED_SERVER = Path(__file__).with_name("scripted_server.py")


@pytest.fixture(scope="session")
def scripted_router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running scripted router; what it does stands at the head of scripted_server.py."""
    port_file = tmp_path_factory.mktemp("scripted-router") / "port"
    process = subprocess.Popen([sys.executable, str(SCRIPTED_SERVER), "--port-file", str(port_file)])
    deadline = time.monotonic() + 20
    while not port_file.exists():
        assert process.poll() is None, "the scripted router ended before it served"
        assert time.monotonic() < deadline, "the scripted router does not come up"
        time.sleep(0.01)
    yield f"127.0.0.1:{port_file.read_text()}"
    process.terminate()
    process.wait(timeout=10)
