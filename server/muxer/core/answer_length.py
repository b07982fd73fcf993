"""How long the answer will be: a guess from the request, moved by how long the model's answers turned out lately.

The visible answer's length is what the request itself says of it; else it follows the intent: a fixed part, and for
tasks that rewrite their input a share of it (`core.payload`): system prompt, tools and history make no translation
longer. Models that reason write reasoning tokens besides, which are billed as output. The lengths are hand-set. The
ratio of the 90th percentile to the mean comes from recorded answers (CRUX and MATH, 42 models: 1.1 to 3.0, median 1.7;
MMLU-Pro, 28 models: 1.0 to 2.8, median 1.8), widened because the tasks there are more alike than requests are; so does
that of the median to the mean (medians 0.89 and 0.75).

What a model has taught is told in multiples of these guesses, by the kind of request; see `state/usage`. Median and
spread of its answers move the expected length, for their own mean is at the mercy of one freak answer.

`max_tokens` caps an answer, reasoning included, and so does what the model can write.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from msgspec import Struct

from muxer.core.length_hint import NO_HINT, LengthHint
from muxer.core.lognormal import Z90, assumed, moved
from muxer.core.payload import Payload
from muxer.core.prepared import PreparedModel
from muxer.types.chat import ChatRequest
from muxer.types.decision import ExpectedLength, LengthPrior, Policy, UsagePrior


class Length(Struct, frozen=True):
    """Expected tokens of one answer: `fixed`, `share` of the payload's, and `reasoning` when the model reasons."""

    fixed: float
    share: float
    reasoning: int


LENGTHS: Mapping[str, Length] = MappingProxyType(
    {
        "chat_lite": Length(fixed=150, share=0.0, reasoning=80),
        "safety_risk": Length(fixed=150, share=0.0, reasoning=80),
        "translation": Length(fixed=10, share=1.1, reasoning=80),
        "json_extract": Length(fixed=60, share=0.2, reasoning=150),
        "vision": Length(fixed=200, share=0.0, reasoning=200),
        "code_gen": Length(fixed=600, share=0.0, reasoning=1_000),
        "deep_reason": Length(fixed=700, share=0.0, reasoning=2_000),
    }
)
"""By intent. For any other, the fixed part is the operator's default and the rest as below."""

REWRITING = frozenset(intent for intent, length in LENGTHS.items() if length.share)
"""Intents whose answers are as long as what they rewrite, whatever numbers stand in it."""

REASONING_OF_UNKNOWN = 300
"""Reasoning tokens when the intent is not known."""

REASONING_BY_DIFFICULTY = ((-1.1, LENGTHS["json_extract"].reasoning), (-0.45, LENGTHS["deep_reason"].reasoning))
"""Difficulty in log-odds of what is usually extracted, and of what usually takes reasoning, with the reasoning tokens.
A label of extraction often comes from the form that is demanded, and a model thinks as long whatever that is."""

TRUST = 0.5
"""How much of the way between them is believed, on a scale of logarithms: difficulty tells the two apart but weakly."""

P90_FACTOR = 2.5
"""The 90th percentile of an answer's length, in expected lengths."""

STATED_P90_FACTOR = 1.5
"""The same of an answer whose length the request states."""

MEDIAN_FACTOR = 0.8
"""The median of an answer's length, in expected lengths."""

WIDEST = 1.5
"""The greatest standard deviation of the logarithm that an expected length allows for."""

FORCED_CALL = 80
"""Tokens of a tool call that is answered with instead of text."""

TOKENS_PER_SCHEMA_CHAR = 0.1
"""Tokens of JSON that a character of its schema makes: names and structure come back, descriptions do not."""

LEAST_JSON = 20
"""Tokens of the shortest answer in JSON that is believed in."""

EFFORT: Mapping[str, float] = MappingProxyType(
    {"none": 0.0, "minimal": 0.1, "low": 0.4, "medium": 1.0, "high": 2.0, "xhigh": 3.5, "max": 5.0}
)
"""Reasoning tokens at each effort, in those at the default."""

VERBOSITY: Mapping[str, float] = MappingProxyType({"low": 0.6, "medium": 1.0, "high": 1.6})
"""Visible tokens at each verbosity, in those at the default."""

STATED = "stated"
"""The kind of a request that states a length. Its answers say nothing of others of its intent, nor they of it."""

SIZES = (100, 1_000, 10_000)
"""Tokens of a payload up to which answers that rewrite it are of one kind. Short ones are mostly what is fixed in them,
so that their multiples say nothing of long ones."""

DEFAULT_WORTH = 5
"""The default counts as much as this many answers, so that one freak answer decides nothing."""


class AnswerLength(ExpectedLength, frozen=True, kw_only=True):
    """Expected length of all answers to a request. The spreads are the 90th percentiles in expected lengths, which come
    to at least `least_p90` tokens; `max_tokens` is what the caller allows each answer, in the model's own tokens."""

    answers: int
    max_tokens: int | None
    plain_spread: float = P90_FACTOR
    reasoning_spread: float = P90_FACTOR
    least_p90: float = 0.0

    def on(self, model: PreparedModel, history: UsagePrior | None = None) -> tuple[float, int, int, int]:
        """Median, expected, 90th percentile and most tokens that this model writes, in its own vocabulary."""
        limit = model.max_output
        if self.max_tokens is not None and self.max_tokens < limit:
            limit = self.max_tokens
        limit *= self.answers
        if model.reasoning:
            tokens, spread = self.reasoning * model.token_factor, self.reasoning_spread
        else:
            tokens, spread = self.plain * model.token_factor, self.plain_spread
        median = tokens * MEDIAN_FACTOR
        if history is not None and self.kind in history.lengths:
            multiple, share, spread = _learned(history.lengths[self.kind], spread)
            tokens *= multiple
            median = tokens * share
        long, least = tokens * spread, self.least_p90 * model.token_factor
        expected, p90 = math.ceil(tokens), math.ceil(long if long > least else least)
        if p90 <= limit:
            return median, expected, p90, limit
        return min(median, limit), min(expected, limit), limit, limit


@lru_cache(maxsize=4_096)
def _learned(seen: LengthPrior, spread: float) -> tuple[float, float, float]:
    """How many times as long answers are as expected without a history, and in what is expected then: their median and
    their 90th percentile. Remembered, for the history changes with answers and is asked for by every decision.

    The mean of a log-normal lies above its median by exp(sigma^2 / 2).
    """
    default = assumed(MEDIAN_FACTOR, spread, Z90, DEFAULT_WORTH)
    belief = moved(default, seen.median, seen.p90, Z90, seen.samples)
    skew = math.exp((min(belief.sigma, WIDEST) ** 2 - default.sigma**2) / 2)
    multiple = belief.median / MEDIAN_FACTOR * skew
    return multiple, min(1.0, belief.median / multiple), max(1.0, belief.quantile(Z90) / multiple)


def answer_length(
    request: ChatRequest,
    intent: str,
    payload: Payload,
    policy: Policy,
    hint: LengthHint = NO_HINT,
    difficulty: float | None = None,
) -> AnswerLength:
    """Predicted length of the answers to a request of this intent, of which the request says what `hint` has.
    `difficulty` is what the learned model says of it, in log-odds."""
    length = _length(request, intent, policy)
    if intent in REWRITING:
        hint = NO_HINT
    scale = (request.n or 1) * VERBOSITY.get(request.verbosity, 1.0)
    fixed = hint.tokens or max(hint.least, hint.scale * length.fixed)
    visible = scale * (fixed + length.share * payload.tokens)
    effort = (request.n or 1) * EFFORT.get(request.reasoning_effort, 1.0)
    thinking = effort * (_reasoning(difficulty) if intent == "json_extract" else length.reasoning)
    if not hint.stated:
        return AnswerLength(
            kind=_kind(intent, payload),
            plain=visible,
            reasoning=visible + thinking,
            answers=request.n or 1,
            max_tokens=request.max_tokens,
            least_p90=scale * (fixed + length.share * payload.high) if length.share else 0.0,
        )
    return AnswerLength(
        kind=STATED,
        plain=visible,
        reasoning=visible + thinking,
        answers=request.n or 1,
        max_tokens=request.max_tokens,
        plain_spread=STATED_P90_FACTOR,
        reasoning_spread=round((STATED_P90_FACTOR * visible + P90_FACTOR * thinking) / (visible + thinking), 1),
    )


def _kind(intent: str, payload: Payload) -> str:
    """The kind of answers that are compared with each other: the intent, with the size of what is rewritten."""
    if intent not in REWRITING:
        return intent
    within = next((size for size in SIZES if payload.tokens <= size), None)
    return f"{intent} of more than {SIZES[-1]}" if within is None else f"{intent} of up to {within}"


def _reasoning(difficulty: float | None) -> float:
    """Reasoning tokens behind an answer in JSON, by the difficulty of what is asked."""
    (easy, few), (hard, many) = REASONING_BY_DIFFICULTY
    if difficulty is None:
        return few
    share = min(1.0, max(0.0, (difficulty - easy) / (hard - easy)))
    return few * math.pow(many / few, TRUST * share)


def _length(request: ChatRequest, intent: str, policy: Policy) -> Length:
    """The length of answers to requests of this intent and form."""
    length = LENGTHS.get(intent) or Length(policy.default_tokens_out, 0.0, REASONING_OF_UNKNOWN)
    choice, form = request.tool_choice, request.response_format
    if choice is not None and (choice.mode in ("required", "named") or choice.required):
        return Length(FORCED_CALL, 0.0, length.reasoning)
    if form is not None and form.schema:
        share = LENGTHS["json_extract"].share if intent == "json_extract" else 0.0
        return Length(max(LEAST_JSON, TOKENS_PER_SCHEMA_CHAR * len(form.schema)), share, length.reasoning)
    return length
