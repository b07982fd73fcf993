"""Everything that the pages tell a reader to type is typed, against a running product, and shows what they show.

By the word after the fence: `bash` is run, `console` has commands after `$ ` and what they print, `python` is run,
`yaml` is read. The commands of a page run in its order, in one folder.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from muxer import config_file

from tests.docs.conftest import Product, environment
from tests.docs.form import differences
from tests.docs.pages import GUIDE, REPOSITORY, Block, blocks

NOT_RUN = {
    "make run\n": "never ends; the fixture `product` starts what it starts",
    "make test\n": "is what runs this",
    "make check\nmake test\n": "CI runs both, through .ci/run",
    "source .venv/bin/activate\n": "the path of every command here begins with .venv/bin",
    "modelmuxer serve --grpc 0.0.0.0:50051 --grpc unix:/run/modelmuxer/server.sock\n": (
        "never ends; test_images.py runs `serve` on a unix socket"
    ),
    "docker build -t modelmuxer .\n"
    "docker build -t modelmuxer-envoy --target envoy .\n"
    "docker run --rm --env-file .env -p 50051:50051 modelmuxer\n": "needs Docker; test_images.py runs the steps",
    "docker compose -f deploy/compose.yaml up --build\n": "needs Docker; test_images.py runs the commands",
    "MODELMUXER_DECISION_LOG=decisions.jsonl modelmuxer up\n": (
        "never ends; tests/stack/test_decision_log.py reads what a server writes"
    ),
    "python tools/breaking.py --release\n": "changes the repository; test_breaking.py runs it in a copy",
}
"""Blocks that are not run, with what proves them instead."""

SHELL = ("bash", "-euo", "pipefail", "-c")

pytestmark = [pytest.mark.xdist_group("docs"), pytest.mark.timeout(180)]


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.name)
def test_what_a_page_tells_to_type_works_as_it_shows(page: Path, product: Product, tmp_path: Path) -> None:
    wrong = []
    for block in blocks(page):
        if block.text in NOT_RUN:
            continue
        for problem in _problems(block, product, tmp_path):
            wrong.append(f"{block}: {problem}")

    assert not wrong, "\n\n".join(wrong)


def test_every_block_says_what_it_is() -> None:
    """A block without a word is a picture."""
    unknown = [
        str(b) for page in GUIDE for b in blocks(page) if b.language not in ("bash", "console", "python", "yaml", "")
    ]

    assert unknown == []


def test_what_is_not_run_is_on_a_page() -> None:
    texts = {block.text for page in GUIDE for block in blocks(page)}

    assert set() == NOT_RUN.keys() - texts


def _problems(block: Block, product: Product, folder: Path) -> Iterator[str]:
    text = block.text.replace("127.0.0.1:8000", product.rest).replace("127.0.0.1:50051", product.grpc)
    match block.language:
        case "bash":
            yield from _run([*SHELL, text], "", folder)
        case "python":
            yield from _run([sys.executable, "-c", text], _announced(text), folder)
        case "yaml":
            yield from _read(text, folder)
        case "console":
            for command, shown in _dialogue(text):
                yield from _run([*SHELL, command], shown, folder)


def _run(command: list[str], shown: str, folder: Path) -> Iterator[str]:
    """What is wrong with a command, or with the page that shows what it prints."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    problems = [f"exit status {done.returncode}"] if done.returncode else differences(shown, done.stdout)
    yield from (f"{problem}; it printed\n{done.stdout[:5000]}" for problem in problems)


def _announced(code: str) -> str:
    """What the comments behind calls of `print` say that these print."""
    return "".join(f"{found[1]}\n" for found in re.finditer(r"print\(.*\)  # (.*)", code))


def _dialogue(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output shown below it.

    A command goes on as long as its quotes are open or its lines end with a backslash.
    """
    for exchange in f"\n{text}".split("\n$ ")[1:]:
        lines = exchange.splitlines(keepends=True)
        end = next(n for n in range(1, len(lines) + 1) if _is_complete("".join(lines[:n])))
        yield "".join(lines[:end]), "".join(lines[end:])


def _is_complete(command: str) -> bool:
    return command.count("'") % 2 == 0 and not command.rstrip().endswith("\\")


def _read(text: str, folder: Path) -> Iterator[str]:
    """A YAML block that begins with the name of our file is one; others are YAML at least."""
    yaml.safe_load(text)
    if text.startswith("# modelmuxer.yaml"):
        file = folder / "shown.yaml"
        file.write_text(text, encoding="utf-8")
        try:
            config_file.load(str(file))
        except ValueError as error:
            yield str(error).replace(str(REPOSITORY), "")
