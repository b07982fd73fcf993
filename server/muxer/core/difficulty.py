"""How hard a request is, whoever answers it: a linear model over the structure of its last user turn and its words.

    log-odds = bias + sum(weight * structure) + sum(weight of each distinct word) / sqrt(distinct words)

Length and structure are what carries over from one kind of task to another; words add what the task is about. The
weights are fitted on recorded outcomes of some ninety models (`training/routing`, with its model card). The scale is
that of the Rasch model in `core.quality`: 0 is where a model of USD 1 per million tokens that does not reason is right
half of the time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from muxer.core import weights
from muxer.core.features import Features
from muxer.core.structure import STRUCTURE, structure


class Slope(Struct, frozen=True):
    """What one number of `structure` counts for: it is held within `low` and `high`, the range seen in training."""

    weight: float
    low: float
    high: float


class Model(Struct, frozen=True):
    """The weights. `version` is that of the file's format."""

    version: int
    bias: float
    structure: Mapping[str, Slope]
    words: Mapping[str, float]

    def log_odds(self, features: Features) -> float:
        """Difficulty in log-odds, within some units of 0."""
        shape = [  # conditions, for min() and max() take four times as long
            s.weight * (s.low if x < s.low else s.high if x > s.high else x)
            for s, x in zip(self.structure.values(), structure(features), strict=True)
        ]
        distinct = features.counts  # in their order: a sum in another differs in its last bits
        weight = self.words.get
        about = sum([weight(word, 0.0) for word in distinct]) / math.sqrt(len(distinct) or 1)
        return self.bias + sum(shape) + about


def parse(data: bytes) -> Model:
    """The model in a weights file. Raises `ValueError` when it is not one, or made for another `structure`."""
    model = msgspec.json.decode(data, type=Model)
    if model.version != 1 or tuple(model.structure) != STRUCTURE:
        raise ValueError("these difficulty weights were made for another version of muxer.core.structure")
    return model


MODEL = parse(weights.read("difficulty.json"))
"""The model that ships with the package, read once at import."""


def log_odds(features: Features, model: Model = MODEL) -> float:
    """Difficulty on the scale of abilities: the log-odds that a model of ability 0 fails."""
    return model.log_odds(features)


def difficulty(features: Features, model: Model = MODEL) -> float:
    """Difficulty above 0 and below 1: the predicted share of failures of a model of ability 0."""
    return 1 / (1 + math.exp(-model.log_odds(features)))
