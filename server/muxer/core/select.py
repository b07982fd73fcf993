"""Puts the models that may be used into the order in which to try them.

By score, highest first; by id where scores are equal, so that the outcome depends on nothing else. A model's score does
not depend on the other models, so adding or removing one never turns the order of two others around; and because the
score falls with cost in proportion to the preset's weight, a higher weight never leads to a dearer choice.
"""

from __future__ import annotations

from collections.abc import Iterable

from muxer.core.candidate import Assessment


def rank(assessments: Iterable[Assessment]) -> tuple[list[Assessment], list[Assessment]]:
    """The plan, and those ruled out, each in order of score."""
    ordered = sorted(assessments, key=lambda a: (-a.score, a.model.id))
    plan = [a for a in ordered if a.fell_at is None]
    return plan, [a for a in ordered if a.fell_at is not None]
