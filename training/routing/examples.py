"""What the difficulty model learns from: prompts of sources whose weights may be shipped, with their difficulties."""

from __future__ import annotations

import numpy as np

from training.routing.data import SHIPPABLE, Outcomes, features_of
from training.routing.fit import Example
from training.routing.rasch import place


def examples(outcomes: Outcomes) -> list[Example]:
    """The prompts of the sources that may be learned from, placed by their outcomes. Others are not looked at."""
    difficulty, named = place(outcomes, SHIPPABLE).difficulty, outcomes.named()
    rows = np.flatnonzero(np.isin(outcomes.source, sorted(SHIPPABLE)))
    return [Example(features_of(outcomes.prompts[i]), float(difficulty[i]), str(named[i])) for i in rows]
