"""Answers and decisions to protobuf."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelmuxer.v1 import chat_pb2, router_service_pb2, routing_pb2

from muxer.core import explain
from muxer.dispatch.settlement import Settled
from muxer.types.catalog import CostEstimate, LatencyEstimate
from muxer.types.chat import ChatChunk, ChatResponse, ChunkChoice, Message, Usage
from muxer.types.decision import Candidate, Decision, Intent, IntentSignals
from muxer.types.money import usd

_INT32_MAX = 2**31 - 1


def decision(value: Decision, decision_id: str, candidates: Iterable[Candidate]) -> routing_pb2.RoutingDecision:
    """A decision, with those of its candidates that the answer is to list."""
    chosen = value.selected
    return routing_pb2.RoutingDecision(
        decision_id=decision_id,
        selected_provider=chosen.model.provider,
        selected_model=chosen.model.name,
        routing_reason=value.reason,
        intent=intent(value.intent, value.signals),
        preset=value.preset,
        candidates=[candidate(c, explain.reason(c, chosen)) for c in candidates],
        estimated_cost=cost_estimate(chosen.cost),
        estimated_latency=latency(chosen.latency),
        simulated=chosen.model.provider in value.simulated,
        rules=value.rules,
        difficulty=value.difficulty,
    )


def candidates(values: Sequence[Candidate]) -> list[routing_pb2.Candidate]:
    """All candidates of a request."""
    return [candidate(c, reason) for c, reason in zip(values, explain.reasons(values), strict=True)]


def candidate(value: Candidate, reason: str) -> routing_pb2.Candidate:
    """One model that was considered, and why it has its place."""
    return routing_pb2.Candidate(
        provider=value.model.provider,
        model=value.model.name,
        quality=value.quality,
        cost=cost_estimate(value.cost),
        latency=latency(value.latency),
        score=value.score,
        status=value.status,
        reason=reason,
        ability=value.ability,
        ability_source=value.ability_source,
        cost_penalty=value.cost_penalty,
        latency_penalty=value.latency_penalty,
    )


def cost_estimate(value: CostEstimate) -> routing_pb2.CostEstimate:
    """Predicted cost."""
    return routing_pb2.CostEstimate(
        usd=usd(value.expected),
        pico_usd=value.expected,
        p90_usd=usd(value.p90),
        ceiling_usd=usd(value.ceiling),
        input_tokens=value.input_tokens,
        output_tokens=value.output_tokens,
        cached_input_tokens=value.cached_tokens,
        output_tokens_p90=value.output_p90,
    )


def latency(value: LatencyEstimate) -> routing_pb2.LatencyEstimate:
    """Predicted latency, in whole milliseconds."""
    return routing_pb2.LatencyEstimate(
        p50_ms=min(round(value.p50_ms), _INT32_MAX),
        p95_ms=min(round(value.p95_ms), _INT32_MAX),
        first_token_p50_ms=min(round(value.first_token_p50_ms), _INT32_MAX),
        samples=value.samples,
        p99_ms=min(round(value.p99_ms), _INT32_MAX),
    )


def intent(value: Intent, signals: IntentSignals) -> routing_pb2.IntentPrediction:
    """The kind of a request, and what was seen in it."""
    seen = signals.signals
    return routing_pb2.IntentPrediction(
        label=value.label,
        confidence=value.confidence,
        method=value.method,
        signals=routing_pb2.IntentSignals(
            token_length_est=signals.token_length_est,
            has_code_fence=signals.has_code_fence,
            has_programming_keywords=signals.has_programming_keywords,
            signals=routing_pb2.TaskSignals(
                code=seen.code, translation=seen.translation, vision=seen.vision, safety=seen.safety
            ),
        ),
    )


def usage(value: Usage) -> chat_pb2.Usage:
    """Tokens used."""
    return chat_pb2.Usage(
        prompt_tokens=value.prompt_tokens,
        completion_tokens=value.completion_tokens,
        total_tokens=value.prompt_tokens + value.completion_tokens,
        cached_tokens=value.cached_tokens,
        cache_write_tokens=value.cache_write_tokens,
        reasoning_tokens=value.reasoning_tokens,
        estimated=value.estimated,
    )


def cost(settled: Settled, price_version: str) -> chat_pb2.Cost:
    """What a request cost."""
    return chat_pb2.Cost(usd=usd(settled.cost), pico_usd=settled.cost, price_version=price_version)


def message(value: Message) -> chat_pb2.ChatMessage:
    """An assistant's message; models answer in text, so there are no parts."""
    return chat_pb2.ChatMessage(
        role=value.role,
        content=value.content,
        tool_calls=[
            chat_pb2.ToolCall(id=c.id, type=c.kind, name=c.name, arguments=c.arguments, provider_state=c.provider_state)
            for c in value.tool_calls
        ],
        reasoning=value.reasoning,
        refusal=value.refusal,
        provider_state=value.provider_state,
    )


def response(value: ChatResponse, settled: Settled, price_version: str) -> router_service_pb2.ChatCompletionResponse:
    """A whole answer, without its decision."""
    return router_service_pb2.ChatCompletionResponse(
        id=value.id,
        created=value.created,
        model=value.model,
        choices=[
            chat_pb2.ChatChoice(
                index=c.index,
                message=message(c.message),
                finish_reason=c.finish_reason,
                native_finish_reason=c.native_finish_reason,
                logprobs=c.logprobs,
            )
            for c in value.choices
        ],
        usage=usage(settled.usage),
        cost=cost(settled, price_version),
        attempts=len(settled.attempts),
        dropped_params=settled.dropped,
    )


def chunk(value: ChatChunk) -> router_service_pb2.StreamChatCompletionResponse:
    """One step of a stream. Usage comes with the last message only, together with the cost."""
    return router_service_pb2.StreamChatCompletionResponse(
        id=value.id, created=value.created, model=value.model, choices=[_chunk_choice(c) for c in value.choices]
    )


def _chunk_choice(value: ChunkChoice) -> chat_pb2.ChatChunkChoice:
    delta = value.delta
    return chat_pb2.ChatChunkChoice(
        index=value.index,
        delta=chat_pb2.ChatDelta(
            role=delta.role,
            content=delta.content,
            reasoning=delta.reasoning,
            refusal=delta.refusal,
            tool_calls=[
                chat_pb2.ToolCallDelta(
                    index=c.index,
                    id=c.id,
                    type=c.kind,
                    name=c.name,
                    arguments=c.arguments,
                    provider_state=c.provider_state,
                )
                for c in delta.tool_calls
            ],
            provider_state=delta.provider_state,
        ),
        finish_reason=value.finish_reason,
        native_finish_reason=value.native_finish_reason,
        logprobs=value.logprobs,
    )
