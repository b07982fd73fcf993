"""What the pages tell to `make` is a target of the Makefile, and what it is given is there."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.docs.pages import GUIDE, PAGES, REPOSITORY

TOLD = sorted(
    {
        command
        for page in PAGES
        for command in re.findall(r"(?:`|^)make ([\w=./ -]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
)


@pytest.mark.parametrize("words", TOLD)
def test_make_can_do_what_the_pages_tell(words: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", *words.split()], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    missing = [path for path in re.findall(r"ARGS=(\S+)", words) if not (REPOSITORY / path).exists()]

    assert (done.returncode, done.stderr, missing) == (0, "", [])


def test_no_page_of_the_guide_tells_to_run_pytest_itself() -> None:
    """The environment that runs the product has none; `make test` installs it."""
    assert [page.name for page in GUIDE if re.search(r"\bpytest\b", page.read_text(encoding="utf-8"))] == []
