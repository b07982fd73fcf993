"""The product as a newcomer starts it, for the commands that the pages show."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

PROGRAMS = Path(sys.executable).parent


class Product(Struct, frozen=True):
    """Where a running `modelmuxer up` listens: both `host:port`."""

    rest: str
    grpc: str


def environment(home: Path) -> dict[str, str]:
    """What a newcomer has: the programs of .venv, a wide terminal, no keys and no settings."""
    return {
        "PATH": os.pathsep.join([str(PROGRAMS), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "COLUMNS": "200",
        "SERVER_DEBUG": "true",
    }


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """`modelmuxer up` on free ports, simulated."""
    home = tmp_path_factory.mktemp("product")
    options = ("--rest-port", "0", "--grpc-port", "0", "--data-dir", str(home))
    command = (str(PROGRAMS / "modelmuxer"), "up", *options)
    with subprocess.Popen(
        command, cwd=home, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        addresses: dict[str, str] = {}
        for line in process.stdout:
            said.append(line)
            name, _, address = line.strip().partition("  ")
            if name in ("REST", "gRPC"):
                addresses[name] = address.removeprefix("http://")
            if len(addresses) == 2:
                break
        else:
            pytest.fail(f"modelmuxer up ended: {''.join(said)}")
        reader = threading.Thread(target=said.extend, args=(process.stdout,))
        reader.start()
        try:
            yield Product(addresses["REST"], addresses["gRPC"])
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=20)
            reader.join()
        assert code == 0, "".join(said[-20:])
