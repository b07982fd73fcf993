"""Trains the difficulty model: `python -m training.routing.train` writes `server/muxer/core/weights/difficulty.json`.

Nothing in it is random: the same data give the same file, bit by bit.
"""

from __future__ import annotations

import hashlib
import time

from muxer.core import weights
from rich.console import Console

from training.routing.data import load
from training.routing.examples import examples
from training.routing.fit import anchors, fit, pack


def main() -> None:
    """Trains and writes."""
    start = time.monotonic()
    outcomes = load()
    recorded = examples(outcomes)
    data = pack(fit([*recorded, *anchors()]))
    weights.path("difficulty.json").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    Console(highlight=False, soft_wrap=True).print(
        f"{len(recorded)} prompts, {len(data)} bytes, sha256 {digest}, {time.monotonic() - start:.0f} s"
    )


if __name__ == "__main__":
    main()
