"""`.env.example` and the table of variables are what the server reads."""

from __future__ import annotations

import subprocess
import sys

from muxer.providers.provider_rows import PROVIDERS
from muxer.settings import VARIABLES, Environment, Settings

from tests.docs.pages import REPOSITORY
from tools.env_example import PAGE, example, fresh


def test_what_is_checked_in_is_fresh() -> None:
    checked = subprocess.run(
        [sys.executable, "tools/env_example.py", "--check"], cwd=REPOSITORY, text=True, capture_output=True, check=False
    )

    assert (checked.returncode, checked.stdout) == (0, "")


def test_every_variable_is_there_once() -> None:
    names = [name for name, _ in _given(example())]

    assert names == [row.key_variable for row in PROVIDERS.values()] + [v.name for v in VARIABLES]


def test_taking_every_comment_sign_away_changes_nothing() -> None:
    environment = Environment(dict(_given(example())))

    assert environment.settings() == Settings()
    assert [environment.key(row.key_variable) for row in PROVIDERS.values()] == [""] * len(PROVIDERS)


def test_every_line_is_a_comment_that_a_shell_may_load() -> None:
    loud = [line for line in example().splitlines() if line and not line.startswith("#")]

    assert loud == []


def test_the_text_around_the_tables_stays() -> None:
    page = (REPOSITORY / PAGE).read_text(encoding="utf-8")

    assert fresh(PAGE) == page
    assert page.startswith("# Configuration\n")


def _given(text: str) -> list[tuple[str, str]]:
    lines = [line.removeprefix("#").partition("=") for line in text.splitlines() if line[:2] != "# "]
    return [(name, value) for name, sign, value in lines if sign]
