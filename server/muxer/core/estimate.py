"""How long the answer will be, and so what it will cost: guesses before anything is sent, settled by the bill after.

The visible answer's length follows the intent: a fixed part, and for tasks that rewrite their input a share of the
prompt. Models that reason write reasoning tokens besides, which are billed as output. The lengths are hand-set. The
ratio of the 90th percentile to the mean comes from recorded answers (CRUX and MATH, 42 models: 1.1 to 3.0, median 1.7;
MMLU-Pro, 28 models: 1.0 to 2.8, median 1.8), widened because the tasks there are more alike than requests are.

`max_tokens` caps an answer, reasoning included, and so does what the model can write.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct, structs

from muxer.core import cost
from muxer.core.prepared import PreparedModel
from muxer.types.catalog import CostEstimate
from muxer.types.chat import ChatRequest
from muxer.types.decision import Policy
from muxer.types.money import PicoUsd


class Length(Struct, frozen=True):
    """Expected tokens of one answer: `fixed`, plus `share` of the prompt's, plus `reasoning` when the model reasons."""

    fixed: int
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

REASONING_OF_UNKNOWN = 300
"""Reasoning tokens when the intent is not known."""

P90_FACTOR = 2.5
"""The 90th percentile of an answer's length, in expected lengths."""

EFFORT: Mapping[str, float] = MappingProxyType(
    {"none": 0.0, "minimal": 0.1, "low": 0.4, "medium": 1.0, "high": 2.0, "xhigh": 3.5, "max": 5.0}
)
"""Reasoning tokens at each effort, in those at the default."""

VERBOSITY: Mapping[str, float] = MappingProxyType({"low": 0.6, "medium": 1.0, "high": 1.6})
"""Visible tokens at each verbosity, in those at the default."""


class AnswerLength(Struct, frozen=True):
    """Expected length of all answers to a request, in tokens of o200k_base, by models that reason and that do not.
    `max_tokens` is what the caller allows each answer, in the model's own tokens."""

    plain: float
    reasoning: float
    answers: int
    max_tokens: int | None

    def on(self, model: PreparedModel) -> tuple[int, int, int]:
        """Expected, 90th percentile and most tokens that this model writes, in its own vocabulary."""
        limit = model.max_output
        if self.max_tokens is not None and self.max_tokens < limit:
            limit = self.max_tokens
        limit *= self.answers
        tokens = (self.reasoning if model.reasoning else self.plain) * model.token_factor
        expected, p90 = math.ceil(tokens), math.ceil(tokens * P90_FACTOR)
        if p90 <= limit:
            return expected, p90, limit
        return min(expected, limit), limit, limit


def answer_length(request: ChatRequest, intent: str, prompt_tokens: int, policy: Policy) -> AnswerLength:
    """Predicted length of the answers to a request of this intent."""
    length = LENGTHS.get(intent) or Length(policy.default_tokens_out, 0.0, REASONING_OF_UNKNOWN)
    answers = request.n or 1
    visible = answers * VERBOSITY.get(request.verbosity, 1.0) * (length.fixed + length.share * prompt_tokens)
    reasoning = answers * EFFORT.get(request.reasoning_effort, 1.0) * length.reasoning
    return AnswerLength(
        plain=visible,
        reasoning=visible + reasoning,
        answers=answers,
        max_tokens=request.max_tokens,
    )


def prompt_on(model: PreparedModel, prompt_tokens: int) -> tuple[int, int]:
    """Tokens of a prompt in the model's own vocabulary, expected and at most; `prompt_tokens` are of o200k_base."""
    return math.ceil(prompt_tokens * model.token_factor), math.ceil(prompt_tokens * model.token_factor_high)


def cost_on(model: PreparedModel, prompt: int, longest: int, expected: int, p90: int, most: int) -> CostEstimate:
    """Predicted cost on a model: of a prompt, expected and at most, and of an answer, expected, 90th percentile and at
    most, all in the model's tokens.

    Up to the first long-prompt tier a cost is linear in both token counts, with the rates that `prepared` took from
    `core.cost`; beyond it `core.cost` is asked itself.
    """
    if longest <= model.linear_until:
        prompt_cost = prompt * model.input_rate
        return CostEstimate(
            PicoUsd(prompt_cost + expected * model.output_rate),
            PicoUsd(prompt_cost + p90 * model.output_rate),
            PicoUsd(longest * model.dearest_input_rate + most * model.output_rate),
            prompt,
            expected,
        )
    spec, day = model.spec, model.day
    likely = cost.estimate(
        spec, input_tokens=prompt, output_expected=expected, output_p90=p90, output_ceiling=most, day=day
    )
    worst = cost.estimate(
        spec, input_tokens=longest, output_expected=most, output_p90=most, output_ceiling=most, day=day
    )
    return structs.replace(likely, ceiling=worst.ceiling)
