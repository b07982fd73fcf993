"""What a complete answer teaches: the histories take it in, and telemetry is told how good its estimate was."""

from __future__ import annotations

from msgspec import Struct

from muxer.core import capability
from muxer.core.latency import told_by_whole
from muxer.ports import LatencyPriors, UsageHistory
from muxer.telemetry.port import Telemetry
from muxer.types.chat import ChatRequest, Usage
from muxer.types.decision import Candidate, Decision
from muxer.types.money import PicoUsd


class Outcome(Struct, frozen=True):
    """A complete answer: its usage and cost, how long it took, when its first token came unless it came whole, and
    whether a limit on its length cut it."""

    usage: Usage
    cost: PicoUsd
    seconds: float
    first_token_s: float | None
    cut: bool


def learn(
    priors: LatencyPriors,
    history: UsageHistory,
    request: ChatRequest,
    decision: Decision,
    candidate: Candidate,
    outcome: Outcome,
) -> None:
    """Lets both histories take the answer in. Usage that we counted ourselves would only teach our own estimate, and
    the simulator's answers, short and instant, nothing true of a model."""
    usage, model = outcome.usage, candidate.model
    if model.provider in decision.simulated:
        return
    answer_tokens = usage.completion_tokens / (request.n or 1)
    waiting_s, writing_s = _times(candidate, outcome, answer_tokens)
    priors.observe(model.id, first_token_s=waiting_s, writing_s=writing_s, output_tokens=answer_tokens)
    if usage.estimated:
        return
    length = decision.length
    expected = length.reasoning if model.capabilities.reasoning else length.plain
    history.observe(
        model.id,
        length.kind,
        counted_prompt_tokens=decision.signals.token_length_est if _is_text(request) else 0,
        expected_output_tokens=expected * model.token_factor,
        usage=usage,
        cut=outcome.cut,
    )


def _times(candidate: Candidate, outcome: Outcome, tokens: float) -> tuple[float | None, float | None]:
    """Seconds until the first token and from there on, as far as the answer tells them."""
    if outcome.first_token_s is None:
        return told_by_whole(candidate.latency, outcome.seconds, tokens)
    return outcome.first_token_s, outcome.seconds - outcome.first_token_s


def _is_text(request: ChatRequest) -> bool:
    """Whether the prompt is text alone. What pictures, sound, files and tools come to in tokens is a guess of ours, and
    a provider's figure for them says nothing of its vocabulary."""
    return not capability.needs(request) & capability.UNCOUNTABLE


def compare(telemetry: Telemetry, candidate: Candidate, outcome: Outcome) -> None:
    """Tells telemetry what was estimated and what came of it."""
    usage, model_id = outcome.usage, candidate.model.id
    cost, time = candidate.cost, candidate.latency
    quantiles = {"p50": time.p50_ms, "p95": time.p95_ms, "p99": time.p99_ms}
    telemetry.estimate_compared(model_id, "latency", 1_000 * outcome.seconds, time.p50_ms, quantiles)
    if usage.estimated:
        return
    telemetry.estimate_compared(model_id, "cost", outcome.cost, cost.expected, {"p90": cost.p90})
    telemetry.estimate_compared(
        model_id, "output_tokens", usage.completion_tokens, cost.output_tokens, {"p90": cost.output_p90}
    )
    telemetry.estimate_compared(model_id, "prompt_tokens", usage.prompt_tokens, cost.input_tokens, {})
