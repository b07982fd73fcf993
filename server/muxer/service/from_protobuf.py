"""Protobuf requests to `ChatRequest`. Bounds are checked afterwards, for both faces alike; here only what a
`ChatRequest` could not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from google.protobuf.message import Message as WireMessage
from modelmuxer.v1 import chat_pb2, router_service_pb2, routing_pb2

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

Request: TypeAlias = (
    router_service_pb2.ChatCompletionRequest
    | router_service_pb2.RouteRequest
    | router_service_pb2.EstimateRequest
    | router_service_pb2.ClassifyRequest
)
"""Requests that are decided on, and perhaps carried out. Their fields are called as those of `ChatRequest` are."""


def chat(wire: Request) -> ChatRequest:
    """The request. Only the fields that were given are looked at: most of them seldom are."""
    given = _given(wire)
    given.setdefault("messages", ())
    return ChatRequest(**{name: _READ[name](value) if name in _READ else value for name, value in given.items()})


def _given(wire: WireMessage) -> dict[str, Any]:
    """The values that were given, by the names of their fields; an empty text or list counts as not given."""
    return {field.name: value for field, value in wire.ListFields()}


def _routing(options: routing_pb2.RoutingOptions) -> RoutingOptions:
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
    given = _given(wire)
    given.setdefault("role", "")
    if "parts" in given:
        given["parts"] = tuple([_part(p, index, i) for i, p in enumerate(wire.parts)])
    if "tool_calls" in given:
        given["tool_calls"] = tuple(
            [ToolCall(c.id, c.name, c.arguments, c.type or "function", c.provider_state) for c in wire.tool_calls]
        )
    return Message(**given)


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


def _response_format(form: chat_pb2.ResponseFormat) -> ResponseFormat:
    strict = form.strict if form.HasField("strict") else None
    return ResponseFormat(form.type or "text", form.name, form.description, form.schema, strict)


_READ: Mapping[str, Callable[[Any], Any]] = {
    "messages": _messages,
    "tools": _tools,
    "tool_choice": _tool_choice,
    "response_format": _response_format,
    "stop": tuple,
    "logit_bias": dict,
    "metadata": dict,
    "routing": _routing,
}
"""How fields are read that are more than a word or a number."""
