"""Runs the local model as a process of its own: `python -m muxer.local`.

llama.cpp runs inside of this process, and the API is llama.cpp's own: this is a provider that nobody here wrote.
Being told to end needs no care, for there is nothing to save.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from muxer.local.parts import ENGINE, LocalModelMissing, weights
from muxer.local.provider import CONTEXT_TOKENS, MAX_OUTPUT_TOKENS, MODEL

_SLOTS = 2
"""How many answers are written at the same time; more requests wait."""

_ERRORS_ONLY = 1  # llama.cpp's LOG_LEVEL_ERROR


def main() -> None:
    """Runs until SIGTERM or SIGINT."""
    options = _options().parse_args()
    try:
        file = weights()
    except LocalModelMissing as error:
        sys.exit(f"Cannot start: {error}.")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    engine = importlib.import_module(ENGINE)  # not imported above: it is an extra, and has no types
    server = engine.Server(_parameters(engine.CommonParams(), options, file))  # returns once it listens
    if options.ready_file:
        _write_at_once(options.ready_file, f"{server.listening_address}\n")
    print(f"{MODEL} listening on {server.listening_address}", flush=True)  # noqa: T201 - what starters wait for
    threading.Event().wait()


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m muxer.local", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes any that is free")
    parser.add_argument("--ready-file", type=Path, help="file to write the address to, once the model is loaded")
    # llama.cpp's threads wait for each other after every step, spinning. On two cores that two other processes wanted,
    # two threads wrote 2.7 tokens a second and one wrote 27; on idle cores it was 91 and 48.
    parser.add_argument("--threads", type=int, default=1, help="threads to compute on (default %(default)s)")
    return parser


def _parameters(parameters: Any, options: argparse.Namespace, file: Path) -> Any:
    """llama.cpp's parameters, with those that matter here filled in."""
    parameters.hostnames = [options.host]
    parameters.port = options.port
    parameters.model.path = str(file)
    parameters.model_alias = {MODEL}
    parameters.n_parallel = _SLOTS
    parameters.n_ctx = _SLOTS * CONTEXT_TOKENS
    parameters.n_predict = MAX_OUTPUT_TOKENS
    parameters.cpuparams.n_threads = options.threads
    parameters.cpuparams_batch.n_threads = options.threads
    parameters.cache_ram_mib = 0  # no copies of finished conversations: the default would let them grow to 8 GiB
    parameters.verbosity = _ERRORS_ONLY
    parameters.ui = False
    parameters.cors_origins = ""  # no web page may ask it
    return parameters


def _write_at_once(path: Path, text: str) -> None:
    """Writes a file that no reader ever sees half-written."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)


if __name__ == "__main__":
    main()
