"""What callers may write for a conversation and its options, and how that becomes a request message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypedDict, TypeVar

from google.protobuf.message import Message as ProtobufMessage

from modelmuxer.v1.chat_pb2 import ChatMessage, ResponseFormat, Tool, ToolChoice
from modelmuxer.v1.routing_pb2 import RoutingOptions

Request = TypeVar("Request", bound=ProtobufMessage)

Message: TypeAlias = str | ChatMessage | Mapping[str, Any]
"""One message: the text of a user, a `ChatMessage`, or its fields by name."""

Messages: TypeAlias = Message | Sequence[Message]
"""A conversation, or its only message."""


class RequestOptions(TypedDict, total=False):
    """Fields of `ClassifyRequest` beside the messages; router_service.proto has their ranges and defaults."""

    model: str
    tools: Sequence[Tool | Mapping[str, Any]]
    response_format: ResponseFormat | Mapping[str, Any]
    routing: RoutingOptions | Mapping[str, Any]


class RouteOptions(RequestOptions, total=False):
    """Fields of `RouteRequest` and `EstimateRequest` beside the messages."""

    max_tokens: int
    tool_choice: ToolChoice | Mapping[str, Any]
    metadata: Mapping[str, str]
    reasoning_effort: str
    verbosity: str
    n: int


class ChatOptions(RouteOptions, total=False):
    """Fields of `ChatCompletionRequest` beside the messages."""

    parallel_tool_calls: bool
    temperature: float
    top_p: float
    stop: Sequence[str]
    seed: int
    logprobs: bool
    top_logprobs: int
    presence_penalty: float
    frequency_penalty: float
    logit_bias: Mapping[str, float]
    user: str
    service_tier: str


def chat_message(message: Message) -> ChatMessage:
    """One message as the API has it. Raises `ValueError` for a field that `ChatMessage` does not have."""
    if isinstance(message, ChatMessage):
        return message
    if isinstance(message, str):
        return ChatMessage(role="user", content=message)
    return ChatMessage(**message)


def build(request: type[Request], messages: Messages, options: Mapping[str, Any]) -> Request:
    """A request of this type. Raises `ValueError` or `TypeError` for options that do not fit it."""
    conversation = [messages] if isinstance(messages, str | ChatMessage | Mapping) else messages
    return request(messages=[chat_message(message) for message in conversation], **options)
