"""Sets the model that a request went to beside the one that it would go to now.

Both are judged by the same predictions, those of the configuration that is tried: what differs between two figures is
then the choice, and nothing else. The bill that was paid stands beside them.
"""

from __future__ import annotations

from msgspec import Struct

from muxer.errors import MuxerError
from muxer.replay.recorded import Recorded
from muxer.replay.router import Router
from muxer.types.decision import Candidate, Decision
from muxer.types.money import PicoUsd


class Figures(Struct, frozen=True, rename={"cost": "cost_pico_usd"}):
    """What is predicted of one model for one request: the expected cost, and the median time until the whole answer."""

    model: str
    quality: float
    cost: PicoUsd
    eta_ms: float


class Refusal(Struct, frozen=True):
    """Why there is no model for a request: the code of the error, and its text."""

    reason: str
    message: str


class Comparison(Struct, frozen=True, rename={"bill": "bill_pico_usd"}):
    """One request, before and now. `before` is None when it was refused, and when its model cannot be judged, which
    `gone` then names; `now` is None when it is refused."""

    decision_id: str
    intent: str
    before: Figures | None
    now: Figures | None
    refused: Refusal | None = None
    gone: str = ""
    was_refused: bool = False
    bill: PicoUsd | None = None

    @property
    def changed(self) -> bool:
        """Whether another model would be chosen."""
        return self.before is not None and self.now is not None and self.before.model != self.now.model


def compare(recorded: Recorded, now: Router, baseline: Router | None) -> Comparison:
    """Decides again. What was chosen before is what the baseline chooses; without one, what was recorded."""
    was = recorded.choice if baseline is None else _choice(baseline, recorded)
    try:
        decision = now.decide(recorded)
    except MuxerError as error:
        refusal = Refusal(error.reason.value, error.message)
        return Comparison(recorded.decision_id, "", None, None, refusal, was_refused=not was, bill=recorded.bill)
    before = _found(was, decision)
    return Comparison(
        decision_id=recorded.decision_id,
        intent=decision.intent.label,
        before=before,
        now=_figures(decision.selected),
        gone=was if before is None else "",
        was_refused=not was,
        bill=recorded.bill,
    )


def _choice(router: Router, recorded: Recorded) -> str:
    """The model that a request goes to first; empty when it is refused."""
    try:
        return router.decide(recorded).selected.model.id
    except MuxerError:
        return ""


def _found(model_id: str, decision: Decision) -> Figures | None:
    return next((_figures(c) for c in decision.candidates if c.model.id == model_id), None)


def _figures(candidate: Candidate) -> Figures:
    return Figures(candidate.model.id, candidate.quality, candidate.cost.expected, candidate.latency.p50_ms)
