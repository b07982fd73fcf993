"""What an answer cost: usage as the provider reported it, else as we count it, times the price of the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from msgspec import Struct

from muxer.core.cost import bill
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatResponse, Usage
from muxer.types.decision import Candidate
from muxer.types.money import PicoUsd


class Attempt(Struct, frozen=True):
    """One call to a provider. `outcome` is `ok`, `cancelled` or the reason of the failure; `purpose` is `answer`, or
    `intent` for a question about the request."""

    model_id: str
    outcome: str
    seconds: float
    usage: Usage | None
    cost: PicoUsd
    purpose: str = "answer"


class Settled(Struct, frozen=True):
    """The bill of a whole request, failed attempts included, and what the model was not told of."""

    usage: Usage
    cost: PicoUsd
    attempts: tuple[Attempt, ...]
    dropped: tuple[str, ...] = ()


NOTHING = Usage()


def answer_usage(response: ChatResponse, candidate: Candidate, count_tokens: Callable[[str], int]) -> Usage:
    """The usage of a whole answer; counted by us, and marked so, when the provider reported none."""
    if response.usage is not None:
        return response.usage
    texts = [
        choice.message.content
        + choice.message.reasoning
        + "".join(c.name + c.arguments for c in choice.message.tool_calls)
        for choice in response.choices
    ]
    return estimated_usage(texts, candidate, count_tokens)


def estimated_usage(texts: Sequence[str], candidate: Candidate, count_tokens: Callable[[str], int]) -> Usage:
    """Usage as we count it: the prompt as estimated for the decision, the answer by its text."""
    factor = candidate.model.token_factor
    return Usage(
        prompt_tokens=candidate.cost.input_tokens,
        completion_tokens=sum(round(count_tokens(text) * factor) for text in texts if text),
        estimated=True,
    )


def cost_of(model: ModelSpec, usage: Usage | None, today: dt.date) -> PicoUsd:
    """The cost of one attempt; nothing when it has no usage."""
    return PicoUsd(0) if usage is None else bill(model, usage, today)
