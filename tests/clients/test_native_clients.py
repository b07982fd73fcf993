"""The clients in other languages, each by its own test suite, against the scripted router."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TOOLCHAIN_MISSING = 3

# The command that runs a suite, and what it prints when tests were run and passed.
SUITES = {
    "go": (["go", "test", "-count=1", "-v", "./..."], r"^--- PASS: "),
    "typescript": (["npm", "test"], r"^# pass [1-9]"),
    "java": (["mvn", "-B", "-ntp", "test"], r"Tests run: [1-9]\d*, Failures: 0, Errors: 0, Skipped: 0"),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", SUITES)
def test_the_native_suite_of_the_client_passes(language: str, scripted_router: str) -> None:
    generate = [sys.executable, "tools/generate.py", "--prepare", language]
    prepared = subprocess.run(generate, cwd=REPOSITORY, capture_output=True, text=True)
    if prepared.returncode == TOOLCHAIN_MISSING:
        pytest.skip(prepared.stderr.strip())
    assert prepared.returncode == 0, prepared.stderr

    command, proof = SUITES[language]
    environment = {**os.environ, "MODELMUXER_TARGET": scripted_router}
    suite = subprocess.run(
        command, cwd=REPOSITORY / "clients" / language, env=environment, capture_output=True, text=True
    )

    assert suite.returncode == 0, suite.stdout + suite.stderr
    assert re.search(proof, suite.stdout, re.MULTILINE), f"no test was run:\n{suite.stdout}"
