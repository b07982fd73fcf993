"""Trains the intent model: `python -m training.intent.train` writes `server/muxer/core/weights/intent.bin`.

First it fits models that lack whole sources, judges them on those sources and calibrates on the outcome; then it fits
the final model on everything that weights may be trained on. `--judge-only` leaves the file alone.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time

from muxer.core import weights
from muxer.core.intent_model import parse

from training.intent.calibrate import Held
from training.intent.evaluate import folds, predictions, report, score
from training.intent.examples import Example, corpus, labelled, trainable, wrapped
from training.intent.fit import UNCALIBRATED, Fitted, fit, model_of, pack


def say(what: object) -> None:
    """Tells how far it is."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main() -> None:
    """Judges, calibrates, trains and writes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--judge-only", action="store_true")
    options.add_argument("--detail", action="store_true", help="also judge a model that saw the corpus alone")
    chosen = options.parse_args()
    start = time.monotonic()
    composed, (allowed, others) = corpus(), labelled()
    say(f"{len(composed)} composed, {len(allowed)} labelled, {len(others)} for validation only")
    judged: list[tuple[Fitted, list[Example]]] = list(folds(composed, allowed))
    held = Held()
    for fitted, examples in judged:
        held.add(model_of(fitted, UNCALIBRATED), examples)
    calibration = held.calibration()
    say(calibration)
    found = [row for fitted, examples in judged for row in predictions(model_of(fitted, calibration), examples)]
    say(report("allowed sources, each left out of training", score(allowed, found)))
    taught = trainable(allowed)
    final = fit([*composed, *taught, *wrapped(taught)])
    data = pack(final, calibration)
    model = parse(data)
    elsewhere = predictions(model, others)
    say(report("sources that are never trained on", score(others, elsewhere)))
    say(report("both", score([*allowed, *others], found + elsewhere)))
    if chosen.detail:
        alone = model_of(fit(composed), calibration)
        everything = [*allowed, *others]
        say(report("corpus alone", score(everything, predictions(alone, everything))))
    if not chosen.judge_only:
        weights.path("intent.bin").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    say(f"{len(data)} bytes, sha256 {digest}, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
