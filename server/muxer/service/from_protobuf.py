"""Protobuf requests to `ChatRequest`. Bounds are checked afterwards, for both faces alike; here only what a
`ChatRequest` could not hold."""

from __future__ import annotations

from typing import Any, TypeAlias

from modelmuxer.v1 import chat_pb2, router_service_pb2, routing_pb2
from msgspec import structs

from muxer.errors import BadRequest, Reason
from muxer.service.amounts import max_cost
from muxer.types.chat import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    Part,
    RefusalPart,
    ResponseFormat,
    RoutingOptions,
    TextPart,
    Tool,
    ToolCall,
    ToolChoice,
)

Decidable: TypeAlias = (
    router_service_pb2.RouteRequest | router_service_pb2.EstimateRequest | router_service_pb2.ClassifyRequest
)
"""Requests that are decided on but not carried out; they share the names of their fields with a chat request."""


def decidable(wire: Decidable) -> ChatRequest:
    """The request of Route, Estimate or Classify."""
    read = ChatRequest(
        messages=_messages(wire.messages),
        model=wire.model,
        tools=_tools(wire.tools),
        response_format=_response_format(wire),
        routing=_routing(wire),
    )
    if isinstance(wire, router_service_pb2.ClassifyRequest):
        return read
    return structs.replace(
        read,
        tool_choice=_tool_choice(wire.tool_choice) if wire.HasField("tool_choice") else None,
        max_tokens=_optional(wire, "max_tokens"),
        metadata=dict(wire.metadata),
        reasoning_effort=wire.reasoning_effort,
        verbosity=wire.verbosity,
        n=_optional(wire, "n"),
    )


def chat(wire: router_service_pb2.ChatCompletionRequest) -> ChatRequest:
    """The request of a chat completion."""
    return ChatRequest(
        messages=_messages(wire.messages),
        model=wire.model,
        tools=_tools(wire.tools),
        tool_choice=_tool_choice(wire.tool_choice) if wire.HasField("tool_choice") else None,
        parallel_tool_calls=_optional(wire, "parallel_tool_calls"),
        response_format=_response_format(wire),
        max_tokens=_optional(wire, "max_tokens"),
        temperature=_optional(wire, "temperature"),
        top_p=_optional(wire, "top_p"),
        stop=tuple(wire.stop),
        seed=_optional(wire, "seed"),
        n=_optional(wire, "n"),
        logprobs=_optional(wire, "logprobs"),
        top_logprobs=_optional(wire, "top_logprobs"),
        presence_penalty=_optional(wire, "presence_penalty"),
        frequency_penalty=_optional(wire, "frequency_penalty"),
        logit_bias=dict(wire.logit_bias),
        reasoning_effort=wire.reasoning_effort,
        verbosity=wire.verbosity,
        user=wire.user,
        metadata=dict(wire.metadata),
        service_tier=wire.service_tier,
        routing=_routing(wire),
    )


def _optional(wire: Decidable | router_service_pb2.ChatCompletionRequest, name: Any) -> Any:
    return getattr(wire, name) if wire.HasField(name) else None


_NO_ROUTING = RoutingOptions()


def _routing(wire: Decidable | router_service_pb2.ChatCompletionRequest) -> RoutingOptions:
    if not wire.HasField("routing"):
        return _NO_ROUTING
    options: routing_pb2.RoutingOptions = wire.routing
    return RoutingOptions(
        preset=options.preset,
        min_quality=options.min_quality if options.HasField("min_quality") else None,
        max_cost=max_cost(options.max_cost_usd) if options.HasField("max_cost_usd") else None,
        allowed_models=tuple(options.allowed_models),
        denied_models=tuple(options.denied_models),
        run_id=options.run_id,
        max_price_share=options.max_price_share if options.HasField("max_price_share") else None,
    )


def _messages(wire: Any) -> tuple[Message, ...]:
    return tuple([_message(m, i) for i, m in enumerate(wire)])


def _message(wire: chat_pb2.ChatMessage, index: int) -> Message:
    return Message(
        role=wire.role,
        content=wire.content,
        parts=tuple([_part(p, index, i) for i, p in enumerate(wire.parts)]),
        name=wire.name,
        tool_calls=tuple(
            [ToolCall(c.id, c.name, c.arguments, c.type or "function", c.provider_state) for c in wire.tool_calls]
        ),
        tool_call_id=wire.tool_call_id,
        reasoning=wire.reasoning,
        refusal=wire.refusal,
        provider_state=wire.provider_state,
    )


def _part(wire: chat_pb2.ContentPart, message: int, index: int) -> Part:
    match wire.WhichOneof("part"):
        case "text":
            return TextPart(wire.text)
        case "image":
            return ImagePart(wire.image.url, wire.image.detail)
        case "audio":
            return AudioPart(wire.audio.data, wire.audio.format)
        case "file":
            return FilePart(wire.file.file_id, wire.file.file_data, wire.file.filename)
        case "refusal":
            return RefusalPart(wire.refusal)
        case _:
            path = f"messages[{message}].parts[{index}]"
            raise BadRequest(
                Reason.MISSING_FIELD, f"`{path}` must have one of text, image, audio, file or refusal", field=path
            )


def _tools(wire: Any) -> tuple[Tool, ...]:
    return tuple(
        [
            Tool(
                t.name,
                t.description,
                t.parameters,
                t.strict if t.HasField("strict") else None,
                t.type or "function",
            )
            for t in wire
        ]
    )


def _tool_choice(wire: chat_pb2.ToolChoice) -> ToolChoice:
    return ToolChoice(wire.mode or "auto", tuple(wire.names), wire.required)


def _response_format(wire: Decidable | router_service_pb2.ChatCompletionRequest) -> ResponseFormat | None:
    if not wire.HasField("response_format"):
        return None
    form: chat_pb2.ResponseFormat = wire.response_format
    strict = form.strict if form.HasField("strict") else None
    return ResponseFormat(form.type or "text", form.name, form.description, form.schema, strict)
