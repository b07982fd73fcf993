"""What a request will cost on a model: guesses before anything is sent, settled by the bill after.

The prompt is counted in tokens of o200k_base; a model's own are a multiple of these, which its row of the price table
says and the usage that its provider reports corrects. The answer's length is guessed by `answer_length`.
"""

from __future__ import annotations

import math

from msgspec import structs

from muxer.core import cost
from muxer.core.prepared import PreparedModel
from muxer.types.catalog import CostEstimate
from muxer.types.decision import UsagePrior

ROW_WORTH = 10
"""The factor of the price table counts as much as that of this many prompts."""


def prompt_on(model: PreparedModel, prompt_tokens: int, history: UsagePrior | None = None) -> tuple[int, int]:
    """Tokens of a prompt in the model's own vocabulary, expected and at most; `prompt_tokens` are of o200k_base. What a
    history says widens the most in proportion, and never narrows it."""
    factor, high = model.token_factor, model.token_factor_high
    if history is not None and history.samples:
        share = history.samples / (history.samples + ROW_WORTH)
        learned = factor + share * (history.token_factor - factor)
        if learned > factor:
            high *= learned / factor
        factor = learned
    return math.ceil(prompt_tokens * factor), math.ceil(prompt_tokens * high)


def cost_on(
    model: PreparedModel,
    prompt: int,
    longest: int,
    expected: int,
    p90: int,
    most: int,
    cached_tokens: int = 0,
    prompt_p90: int = 0,
) -> CostEstimate:
    """Predicted cost on a model: of a prompt, expected and at most, and of an answer, expected, 90th percentile and at
    most, all in the model's tokens. So many tokens of the prompt are expected to be read from the provider's cache, on
    which the 90th percentile and the ceiling do not count. `prompt_p90` is that of a prompt that was not counted whole.

    Up to the first long-prompt tier a cost is linear in the token counts, with the rates that `prepared` took from
    `core.cost`; beyond it `core.cost` is asked itself.
    """
    if longest <= model.linear_until:
        prompt_cost = prompt * model.input_rate
        likely = prompt_cost + expected * model.output_rate
        if cached_tokens:
            cached_tokens = min(cached_tokens, prompt)
            likely -= cached_tokens * model.cached_saving
        high = (prompt_p90 or prompt) * model.input_rate + p90 * model.output_rate
        ceiling = longest * model.dearest_input_rate + most * model.output_rate
        # PicoUsd() is a function at run time, and three calls would take as long as the rest of this.
        return CostEstimate(likely, high, ceiling, prompt, expected, p90, cached_tokens)  # type: ignore[arg-type]
    spec, day = model.spec, model.day
    estimated = cost.estimate(
        spec,
        input_tokens=prompt,
        output_expected=expected,
        output_p90=p90,
        output_ceiling=most,
        day=day,
        cached_tokens=cached_tokens,
    )
    high = estimated.p90
    if prompt_p90 > prompt:
        longer = cost.estimate(
            spec, input_tokens=prompt_p90, output_expected=p90, output_p90=p90, output_ceiling=most, day=day
        )
        high = max(high, longer.p90)
    worst = cost.estimate(
        spec, input_tokens=longest, output_expected=most, output_p90=most, output_ceiling=most, day=day
    )
    return structs.replace(estimated, p90=high, ceiling=worst.ceiling)
