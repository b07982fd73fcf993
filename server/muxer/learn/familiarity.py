"""Tells whether a prompt is like those that a model was judged on. What was learned about a model holds for such alone.

Two signs, for each model by itself. Support: how much of a prompt's content is terms that occur in the model's own
prompts. Distance: how far the prompt's structure lies from theirs, in standard deviations, squared and averaged. What
is usual for either is known from cross-validation: held-out prompts of the same traffic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Vector = NDArray[np.float64]

USUAL, UNUSUAL = 0.02, 0.002
"""Of a model's own held-out prompts the oddest fiftieth are less than wholly familiar, the oddest five-hundredth not
at all. With wider limits the prompts of a model's own kind lose more than foreign ones gain."""

MIN_PROMPTS = 100
"""A model that was asked less often takes the limits of all models together."""

FLOOR = 0.05
"""Least standard deviation of a number of the structure: what never varied in training may vary a little."""

FARTHEST = 100.0
"""Most that one number of the structure may add to the distance: ten standard deviations."""


class Kind(Struct, frozen=True):
    """The structure of the prompts that each model was judged on: mean and standard deviation by model and number."""

    centre: NDArray[np.float32]
    spread: NDArray[np.float32]

    def distance(self, shape: Sequence[float]) -> Vector:
        """Distance of one prompt's structure, by model."""
        away = ((np.asarray(shape, np.float32) - self.centre) / self.spread) ** 2
        return np.minimum(away, FARTHEST).mean(axis=1, dtype=np.float64)

    def distances(self, shapes: NDArray[np.float32]) -> Vector:
        """Distance of many prompts' structures, by prompt and model."""
        return np.array([self.distance(shape) for shape in shapes])


def kind_of(shapes: NDArray[np.float32], asked: NDArray[np.bool_]) -> Kind:
    """The kind of prompts that each model was asked, from structures by prompt, and who was asked what."""
    weight = asked / np.maximum(asked.sum(axis=0), 1)
    centre = weight.T @ shapes
    variance = np.maximum(weight.T @ shapes.astype(np.float64) ** 2 - centre**2, 0)
    return Kind(centre.astype(np.float32), np.maximum(np.sqrt(variance), FLOOR).astype(np.float32))


class Limits(Struct, frozen=True):
    """Where familiarity begins and where it is whole, by model."""

    least_support: Vector
    full_support: Vector
    near: Vector
    far: Vector

    def familiarity(self, support: Vector, distance: Vector) -> Vector:
        """From 0 to 1, by model (last axis)."""
        supported = (support - self.least_support) / np.maximum(self.full_support - self.least_support, 1e-9)
        alike = (self.far - distance) / np.maximum(self.far - self.near, 1e-9)
        return np.asarray(np.clip(np.minimum(supported, alike), 0, 1))


def find_limits(support: Vector, distance: Vector, asked: NDArray[np.bool_]) -> Limits:
    """The limits that held-out prompts show; all arguments by prompt and model."""
    columns = [asked[:, j] if asked[:, j].sum() >= MIN_PROMPTS else None for j in range(asked.shape[1])]

    def quantile(values: Vector, share: float) -> Vector:
        overall = np.quantile(values[asked], share)
        return np.array(
            [overall if rows is None else np.quantile(values[rows, j], share) for j, rows in enumerate(columns)]
        )

    return Limits(
        least_support=quantile(support, UNUSUAL),
        full_support=quantile(support, USUAL),
        near=quantile(distance, 1 - USUAL),
        far=quantile(distance, 1 - UNUSUAL),
    )
