"""No command writes over what it reads, writes two things to one place, or replaces what is no regular file."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest
from muxer.assets import asset
from muxer.cli.main import app
from typer.testing import CliRunner, Result

from tests.cli.processes import MODELMUXER, environment

FILES = {
    "outcomes": "".join(
        json.dumps({"prompt": f"Greet {n}", "model": model, "score": n % 2, "cost_usd": 0.001}) + "\n"
        for n in range(40)
        for model in ("strong", "weak")
    ),
    "questions": '{"id": 1, "prompt": "Hello", "text": "Hello"}\n',
    "bodies": '{"messages": [{"role": "user", "content": "Hello"}]}\n',
    "config": "routing: {preset: quality}\n",
    "router": "of no importance here",
    "free": "may be written over",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: some files, and other names for each."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text)
        Path(f"{name}.link").symlink_to(name)
        Path(f"{name}.hard").hardlink_to(name)
    return tmp_path


def modelmuxer(command: str) -> Result:
    """The command, in this process: it is a second quicker."""
    return CliRunner().invoke(app, command.split())


def untouched(folder: Path) -> bool:
    """Whether everything is as it was, and nothing came to it."""
    others = {path.name for path in folder.iterdir()} - {
        f"{name}{end}" for name in FILES for end in ("", ".link", ".hard")
    }
    return not others and all((folder / name).read_text() == text for name, text in FILES.items())


@pytest.mark.parametrize(
    "command",
    [
        "classify --in questions --out questions",
        "classify --in questions --out config --config config",
        "predict --in questions --out questions",
        "predict --in questions --out ./questions",
        "predict --in questions --out questions.link",
        "predict --in questions.link --out questions.hard",
        "fit outcomes --out outcomes",
        "fit outcomes --out outcomes.link",
        "fit outcomes --out outcomes.hard",
        "fit outcomes --out my.router --picture outcomes",
        "replay bodies --out bodies",
        "replay bodies --out bodies.hard",
        "replay bodies --picture bodies",
        "replay bodies --out config --config config",
        "replay bodies --picture config --against config",
        "replay bodies --out router --router router",
        "replay bodies --picture router.link --router router",
    ],
)
def test_what_is_read_is_not_written_over(folder, command):
    done = modelmuxer(command)

    assert done.exit_code == 2
    assert "would be written over while it is read" in done.output
    assert untouched(folder)


@pytest.mark.parametrize(
    "command",
    [
        "fit outcomes --out new.svg",
        "fit outcomes --out free --picture free",
        "fit outcomes --out free --picture free.link",
        "fit outcomes --out new --picture ../{folder}/new",
        "replay bodies --out free --picture free.hard",
        "replay bodies --out new --picture new",
    ],
)
def test_two_things_are_not_written_to_one_place(folder, command):
    done = modelmuxer(command.format(folder=folder.name))

    assert done.exit_code == 2
    assert "--out and --picture would both write" in done.output
    assert untouched(folder)


def test_the_prices_of_the_environment_are_not_written_over(folder, monkeypatch):
    prices = folder / "prices.json"
    prices.write_bytes(asset("prices/prices.json").read_bytes())
    before = prices.read_bytes()
    monkeypatch.setenv("PRICE_TABLE_PATH", "prices.json")
    done = modelmuxer("replay bodies --out prices.json")

    assert (done.exit_code, prices.read_bytes()) == (2, before)
    assert "would be written over while it is read" in done.output


@pytest.mark.parametrize("command", ["classify --in - --out questions", "predict --in - --out questions"])
def test_a_file_that_comes_by_standard_input_is_not_written_over(folder, command):
    with Path("questions").open() as source:
        done = subprocess.run(
            [*MODELMUXER, *command.split()],
            stdin=source,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 2
    assert "would be written over while it is read" in done.stderr
    assert untouched(folder)


@pytest.mark.parametrize(
    "command", ["fit outcomes --out {}", "fit outcomes --out my.router --picture {}", "replay bodies --picture {}"]
)
def test_only_regular_files_are_replaced(folder, command):
    os.mkfifo("pipe")
    (folder / "place").mkdir()
    bound = socket.socket(socket.AF_UNIX)
    bound.bind("socket")
    bound.close()
    Path("link").symlink_to("pipe")
    for name, problem in (
        ("pipe", "regular file"),
        ("socket", "regular file"),
        ("link", "regular file"),
        ("place", "directory"),
    ):
        done = modelmuxer(command.format(name))

        assert done.exit_code == 2
        assert problem in done.output
    assert Path("pipe").is_fifo()
    assert Path("socket").is_socket()
    assert Path("link").is_symlink()
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("fit", "outcomes", "--out", ""), "is a directory"),
        (("fit", "outcomes", "--out", "-"), "--out cannot be standard output"),
        (("fit", "outcomes", "--out", "new", "--picture", "-"), "--picture cannot be standard output"),
        (("fit", "outcomes", "--out", "nowhere/new"), "there is no directory"),
        (("fit", "outcomes", "--out", "new", "--picture", "nowhere/a.svg"), "there is no directory"),
        (("fit", "outcomes", "--out", "router/new"), "there is no directory"),
        (("fit", "outcomes", "--out", "n" * 300), "too long"),
        (("predict", "--in", "questions", "--out", ""), "directory"),
        (("classify", "--in", "questions", "--out", ""), "directory"),
        (("replay", "bodies", "--out", ""), "directory"),
        (("replay", "bodies", "--out", "-"), "--out cannot be standard output"),
        (("replay", "bodies", "--picture", ""), "is a directory"),
        (("replay", "bodies", "--out", "new", "--picture", "nowhere/a.svg"), "there is no directory"),
    ],
)
def test_a_place_where_nothing_can_be_written_is_told_before_the_work(folder, words, problem):
    done = CliRunner().invoke(app, words)

    assert isinstance(done.exception, SystemExit)
    assert done.exit_code == 2
    assert problem in done.output
    assert untouched(folder)


def test_lines_can_be_written_to_a_pipe(folder):
    os.mkfifo("pipe")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE) as reader:
        done = modelmuxer("predict --in questions --out pipe")
        said, _ = reader.communicate(timeout=20)

    assert done.exit_code == 0
    assert json.loads(said)["id"] == 1
    assert Path("pipe").is_fifo()
