"""Reasoning effort, in the words that a model knows."""

from __future__ import annotations

from muxer.types.catalog import ModelSpec

_SCALE = {"none": 0.0, "minimal": 1.0, "low": 1.5, "medium": 3.0, "default": 3.0, "high": 4.0, "xhigh": 5.0, "max": 6.0}
"""Only the order and the nearest neighbour matter: `minimal` is nearer to `low` than to `none`, and `low` nearer to
`none` than to `high`, as OpenAI and Mistral prescribe for models that lack the word."""


def fitting_effort(effort: str, model: ModelSpec) -> str:
    """The model's nearest word, the lower one of two equally near; empty when none was given or it does not reason."""
    if not effort or not model.capabilities.reasoning:
        return ""
    known = model.capabilities.efforts
    if not known or effort in known or effort not in _SCALE:
        return effort
    return min(known, key=lambda word: (abs(_SCALE.get(word, 3.0) - _SCALE[effort]), _SCALE.get(word, 3.0)))
