"""The images, as far as they can be proven where no container runs: what they copy, render, run and ask is run here."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from muxer.edge.config import EdgeConfig
from muxer.edge.envoy import find_envoy, running_envoy
from muxer.settings import Settings

from tests.docs.conftest import PROGRAMS, Product, environment
from tests.docs.pages import REPOSITORY

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "deploy/compose.yaml").read_text(encoding="utf-8"))
SERVER, ENVOY = COMPOSE["services"]["server"], COMPOSE["services"]["envoy"]
CHECK = REPOSITORY / "deploy/healthcheck.py"

pytestmark = pytest.mark.xdist_group("docs")


def stage(name: str) -> str:
    """The instructions of one stage of the Dockerfile."""
    (found,) = [text for text in re.split(r"(?m)^FROM ", DOCKERFILE) if re.match(rf"\S+ AS {name}\n", text)]
    return found


def instruction(of_stage: str, name: str) -> str:
    """The words of an instruction that a stage has once."""
    (found,) = re.findall(rf"(?m)^{name}\s+(.*)$", stage(of_stage))
    return str(found)


def command(of_stage: str, name: str) -> list[str]:
    """An instruction's command, in its exec form."""
    words: list[str] = json.loads(instruction(of_stage, name).partition("CMD ")[2] or instruction(of_stage, name))
    return words


def sources() -> list[str]:
    """What the Dockerfile copies out of the repository."""
    lines = re.findall(r"(?m)^COPY (?!--from)(.*)$", DOCKERFILE)
    return [path for line in lines for path in line.split()[:-1]]


def test_everything_that_is_copied_is_there() -> None:
    assert [path for path in sources() if not (REPOSITORY / path).exists()] == []


def test_the_build_is_sent_what_it_copies_and_no_secret() -> None:
    rules = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = [rule[1:] for rule in rules if rule.startswith("!")]

    assert "*" in rules
    assert [path for path in sources() if not any(fnmatch(rule, f"{path}*") for rule in sent)] == []
    assert [rule for rule in sent if fnmatch(".env", rule) or not (REPOSITORY / rule).exists()] == []


def test_every_installation_is_locked_by_hash_or_is_our_own_wheel() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?install ([^&]*?)(?:&&|$)", DOCKERFILE, re.MULTILINE)

    assert len(installs) == 3
    assert [i for i in installs if "--require-hashes" not in i and i.split() != ["--no-deps", "dist/*.whl"]] == []


@pytest.mark.parametrize("name", ["server", "envoy"])
def test_nothing_runs_as_root(name: str) -> None:
    assert instruction(name, "USER") == "10001:10001" == COMPOSE["services"][name]["user"]


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of Envoy's configuration, made by the commands of the Dockerfile."""
    folder = tmp_path_factory.mktemp("edge")
    script = instruction("edge", "RUN")
    for there, here in (
        ("/opt/modelmuxer/bin/python", sys.executable),
        ("/etc/modelmuxer", str(folder)),
        ("/src", str(REPOSITORY)),
    ):
        assert there in script
        script = script.replace(there, here)
    subprocess.run(["bash", "-euc", script], cwd=folder, check=True)
    return folder


def test_envoy_takes_the_configuration_that_its_image_has(edge: Path) -> None:
    _, *options = [word.replace("/etc/modelmuxer", str(edge)) for word in command("envoy", "ENTRYPOINT")]

    checked = subprocess.run(
        [find_envoy(), *options, "--mode", "validate"], text=True, capture_output=True, check=False
    )

    assert checked.returncode == 0, checked.stderr


def test_the_two_share_the_socket_and_end_in_the_right_order(edge: Path) -> None:
    (address,) = [word for word in SERVER["command"] if word.startswith("unix:")]
    socket_file = Path(address.removeprefix("unix:"))

    assert str(socket_file) in (edge / "envoy.yaml").read_text(encoding="utf-8")
    assert SERVER["volumes"] == ENVOY["volumes"] == [f"socket:{socket_file.parent}"]
    assert SERVER["depends_on"] == ["envoy"]  # what depends is stopped first: the server drains behind a living Envoy
    assert int(SERVER["stop_grace_period"].removesuffix("s")) > Settings().drain_delay_s + Settings().drain_grace_s


@pytest.mark.parametrize("name", ["server", "envoy"])
def test_compose_builds_the_stages_that_there_are(name: str) -> None:
    assert COMPOSE["services"][name]["build"] == {"context": "..", "target": name}
    assert stage(name)
    assert DOCKERFILE.rstrip().endswith(stage("server").rstrip())  # the default target is the last one


def test_the_health_check_of_the_server_says_what_is(product: Product) -> None:
    *_, script, address = command("server", "HEALTHCHECK")

    assert (Path(script).name, address) == (CHECK.name, "127.0.0.1:50051")
    assert healthy(product.grpc)
    assert not healthy(f"127.0.0.1:{free_port()}")


def test_the_server_of_compose_serves_on_its_socket_and_drains() -> None:
    with tempfile.TemporaryDirectory(prefix="mm-") as folder:  # sockets have short names at most
        words = [word.replace("/run/modelmuxer", folder) for word in SERVER["command"]]
        address = next(word for word in words if word.startswith("unix:"))
        variables = {
            **environment(Path(folder)),
            **SERVER["environment"],
            "OPENAI_API_KEY": "not-a-key",
            "MODELMUXER_API_KEYS": "app:secret",
            "MODELMUXER_DRAIN_DELAY_S": "0",
        }
        with subprocess.Popen(
            [PROGRAMS / "modelmuxer", *words], env=variables, stderr=subprocess.PIPE, text=True
        ) as server:
            assert server.stderr is not None
            until(server.stderr, f"gRPC on {address}")
            served = healthy(address)
            server.send_signal(signal.SIGTERM)
            server.stderr.read()

    assert served
    assert server.returncode == 0


async def test_the_health_check_of_envoy_says_what_is(product: Product) -> None:
    port = free_port()
    shell, option, script = command("envoy", "HEALTHCHECK")
    check = (shell, option, script.replace("9901", str(port)))

    assert await exit_status(*check) != 0
    with tempfile.TemporaryDirectory(prefix="mm-") as folder:
        config = EdgeConfig(listen="127.0.0.1:0", upstreams=(product.grpc,), admin=f"127.0.0.1:{port}")
        async with running_envoy(config, Path(folder)):
            assert await exit_status(*check) == 0


async def exit_status(*argv: str) -> int:
    """How a command ends; what it says is of no interest."""
    quiet = asyncio.subprocess.DEVNULL
    return await (await asyncio.create_subprocess_exec(*argv, stdout=quiet, stderr=quiet)).wait()


def healthy(address: str) -> bool:
    """Whether the server's health check is content."""
    return subprocess.run([sys.executable, CHECK, address], check=False).returncode == 0


def until(lines: Iterator[str], text: str) -> None:
    """Reads lines as far as one that has this text."""
    seen = []
    for line in lines:
        seen.append(line)
        if text in line:
            return
    pytest.fail(f"{text!r} was not said: {''.join(seen)}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
