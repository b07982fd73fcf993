"""Calibrates on predictions for sources that were held out: temperature, safety curve, and the threshold of alarm."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from muxer.core.intent_model import LABELS, Calibration, Model
from scipy.optimize import minimize, minimize_scalar

from training.intent.examples import Example, trainable

ALARMS_ON_LOOKALIKES = 0.09
ALARMS_ON_ORDINARY = 0.012
"""Shares of false alarms that the threshold may cost on held-out sources whose licence allows training. The
look-alikes among them are the hardest there are: on all sources together the shares come out at half of this."""

ALLOWANCE = 1.2
"""How much less sure the model says it is than it was right on held-out sources. The corpus was written with those
sources at hand, so prompts from elsewhere lie a little farther away."""


class Held:
    """Uncalibrated outcomes for held-out examples, collected fold by fold."""

    def __init__(self) -> None:
        self._logits: list[np.ndarray] = []
        self._right: list[int] = []
        self._margin: list[float] = []
        self._label: list[str] = []

    def add(self, model: Model, examples: Iterable[Example]) -> None:
        """Takes in what an uncalibrated model says of examples that it has not seen."""
        for example in trainable(examples):
            scores = model.score(example.terms)
            unsafe = min(max(scores.unsafe, 1e-9), 1 - 1e-9)
            self._margin.append(float(np.log(unsafe / (1 - unsafe))))
            self._label.append(example.label)
            if example.label in LABELS:
                self._logits.append(np.log(np.maximum(scores.labels, 1e-12)))
                self._right.append(LABELS.index(example.label))

    def calibration(self) -> Calibration:
        """The calibration that fits all that was collected."""
        slope, shift = self._safety_curve()
        margins = slope * np.array(self._margin) + shift
        unsafe = 1 / (1 + np.exp(-margins))
        return Calibration(ALLOWANCE * self._temperature(), slope, shift, self._threshold(unsafe))

    def _temperature(self) -> float:
        logits, right = np.array(self._logits), np.array(self._right)

        def loss(temperature: float) -> float:
            scaled = logits / temperature
            scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True))
            return float(-scaled[np.arange(len(right)), right].mean())

        return float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)

    def _safety_curve(self) -> tuple[float, float]:
        margins = np.array(self._margin)
        unsafe = np.array([label == "safety_risk" for label in self._label])

        def loss(curve: np.ndarray) -> float:
            signed = np.where(unsafe, 1, -1) * (curve[0] * margins + curve[1])
            return float(np.logaddexp(0, -signed).mean())

        slope, shift = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
        return float(slope), float(shift)

    def _threshold(self, unsafe: np.ndarray) -> float:
        lookalike = np.array([label == "!safety_risk" for label in self._label])
        ordinary = np.array([label in LABELS for label in self._label])
        limits = (
            np.quantile(unsafe[lookalike], 1 - ALARMS_ON_LOOKALIKES),
            np.quantile(unsafe[ordinary], 1 - ALARMS_ON_ORDINARY),
        )
        return float(max(*limits, 0.2))
