"""OpenAI's chat completion request to `ChatRequest`. Unknown fields are tolerated, wrong types are not."""

from __future__ import annotations

from msgspec import Raw, Struct

from muxer.errors import BadRequest, Reason
from muxer.service.amounts import max_cost
from muxer.service.openai_wire import (
    WireAudio,
    WireBody,
    WireFilePart,
    WireImage,
    WireMessage,
    WireRefusal,
    WireResponseFormat,
    WireRouting,
    WireText,
    WireTool,
    WireToolCall,
    WireToolChoice,
    missing,
    read,
)
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


class FaceRequest(Struct, frozen=True):
    """A request over the OpenAI face: the request itself, and how to answer it."""

    chat: ChatRequest
    stream: bool
    include_usage: bool


_REFUSED = {
    "functions": "is the old form of `tools`: send `tools`",
    "function_call": "is the old form of `tool_choice`: send `tool_choice`",
    "audio": "is not offered: answers are text",
    "web_search_options": "is not offered: give the model a tool that searches",
}


def decode(body: bytes) -> FaceRequest:
    """The request in this body. Raises `BadRequest`, naming the field."""
    wire = read(body)
    _refuse(wire)
    options = wire.stream_options
    return FaceRequest(
        chat=_chat(wire, body),
        stream=bool(wire.stream),
        include_usage=bool(options is not None and options.include_usage),
    )


def _refuse(wire: WireBody) -> None:
    for name, why in _REFUSED.items():
        value = getattr(wire, name)
        if bytes(value) != b"null":
            raise BadRequest(Reason.UNSUPPORTED_PARAMETER, f"`{name}` {why}", field=name)
    if wire.modalities is not None and wire.modalities != ["text"]:
        raise BadRequest(
            Reason.UNSUPPORTED_PARAMETER, "`modalities` other than `text` are not offered", field="modalities"
        )


def _chat(wire: WireBody, body: bytes) -> ChatRequest:
    return ChatRequest(
        messages=tuple([_message(m, i) for i, m in enumerate(wire.messages)]),
        model=wire.model or "",
        tools=tuple([_tool(t, i) for i, t in enumerate(wire.tools)]) if wire.tools else (),
        tool_choice=_tool_choice(wire.tool_choice),
        parallel_tool_calls=wire.parallel_tool_calls,
        response_format=_response_format(wire.response_format),
        max_tokens=wire.max_tokens if wire.max_completion_tokens is None else wire.max_completion_tokens,
        temperature=wire.temperature,
        top_p=wire.top_p,
        stop=() if wire.stop is None else (wire.stop,) if isinstance(wire.stop, str) else tuple(wire.stop),
        seed=_seed(wire.seed),
        n=wire.n,
        logprobs=wire.logprobs,
        top_logprobs=wire.top_logprobs,
        presence_penalty=wire.presence_penalty,
        frequency_penalty=wire.frequency_penalty,
        logit_bias=wire.logit_bias or {},
        reasoning_effort=wire.reasoning_effort or "",
        verbosity=wire.verbosity or "",
        user=wire.safety_identifier or wire.user or "",
        metadata=wire.metadata or {},
        service_tier=wire.service_tier or "",
        routing=_NO_ROUTING if wire.routing is None else _routing(wire.routing),
        raw=body,
    )


def _seed(value: int | None) -> int | None:
    """JSON's integers have no end; OpenAI's and every provider's seeds are of 64 bits."""
    if value is not None and not -(1 << 63) <= value < 1 << 63:
        raise BadRequest(Reason.INVALID_VALUE, "`seed` must be an integer of 64 bits", field="seed")
    return value


_NO_ROUTING = RoutingOptions()


def _routing(wire: WireRouting) -> RoutingOptions:
    return RoutingOptions(
        preset=wire.preset or "",
        min_quality=wire.min_quality,
        max_cost=max_cost(wire.max_cost_usd),
        allowed_models=tuple(wire.allowed_models or ()),
        denied_models=tuple(wire.denied_models or ()),
        run_id=wire.run_id or "",
        max_price_share=wire.max_price_share,
    )


def _message(wire: WireMessage, index: int) -> Message:
    content = wire.content
    return Message(
        role=wire.role,
        content=content if isinstance(content, str) else "",
        parts=tuple([_part(p) for p in content]) if isinstance(content, list) else (),
        name=wire.name or "",
        tool_calls=tuple([_tool_call(c, index, i) for i, c in enumerate(wire.tool_calls)]) if wire.tool_calls else (),
        tool_call_id=wire.tool_call_id or "",
        reasoning=wire.reasoning_content or "",
        refusal=wire.refusal or "",
        provider_state=wire.provider_state or b"",
    )


def _part(wire: WireText | WireImage | WireAudio | WireFilePart | WireRefusal) -> Part:
    match wire:
        case WireText():
            return TextPart(wire.text)
        case WireImage():
            return ImagePart(wire.image_url.url, wire.image_url.detail or "")
        case WireAudio():
            return AudioPart(wire.input_audio.data, wire.input_audio.format)
        case WireFilePart():
            return FilePart(wire.file.file_id or "", wire.file.file_data or "", wire.file.filename or "")
        case WireRefusal():
            return RefusalPart(wire.refusal)


def _tool(wire: WireTool, index: int) -> Tool:
    if wire.type == "custom":
        if wire.custom is None:
            raise missing(f"tools[{index}].custom")
        return Tool(wire.custom.name, wire.custom.description or "", kind="custom")
    if wire.function is None:
        raise missing(f"tools[{index}].function")
    function = wire.function
    return Tool(function.name, function.description or "", _raw(function.parameters), function.strict)


def _tool_call(wire: WireToolCall, message: int, index: int) -> ToolCall:
    state = wire.provider_state or b""
    if wire.type == "custom":
        if wire.custom is None:
            raise missing(f"messages[{message}].tool_calls[{index}].custom")
        return ToolCall(wire.id, wire.custom.name, wire.custom.input, "custom", state)
    if wire.function is None:
        raise missing(f"messages[{message}].tool_calls[{index}].function")
    return ToolCall(wire.id, wire.function.name, wire.function.arguments, provider_state=state)


def _tool_choice(wire: str | WireToolChoice | None) -> ToolChoice | None:
    if wire is None:
        return None
    if isinstance(wire, str):
        if wire not in ("none", "auto", "required"):
            raise BadRequest(
                Reason.INVALID_VALUE,
                "`tool_choice` must be `none`, `auto`, `required` or an object that names tools",
                field="tool_choice",
            )
        return ToolChoice(wire)
    if wire.type == "allowed_tools":
        if wire.allowed_tools is None:
            raise missing("tool_choice.allowed_tools")
        named = [tool.function or tool.custom for tool in wire.allowed_tools.tools]
        names = tuple(tool.name for tool in named if tool is not None)
        return ToolChoice("allowed", names, wire.allowed_tools.mode == "required")
    chosen = wire.function if wire.type == "function" else wire.custom
    if chosen is None:
        raise missing(f"tool_choice.{wire.type}")
    return ToolChoice("named", (chosen.name,))


def _response_format(wire: WireResponseFormat | None) -> ResponseFormat | None:
    if wire is None:
        return None
    if wire.type != "json_schema":
        return ResponseFormat(wire.type)
    schema = wire.json_schema
    if schema is None:
        raise missing("response_format.json_schema")
    return ResponseFormat("json_schema", schema.name, schema.description or "", _raw(schema.schema), schema.strict)


def _raw(value: Raw) -> str:
    text = bytes(value).decode()
    return "" if text == "null" else text
