"""OpenAI's chat completion request, JSON bytes to `ChatRequest`. Unknown fields are tolerated, wrong types are not."""

from __future__ import annotations

import re
from typing import Literal, NoReturn

import msgspec
from msgspec import Raw, Struct

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

_ABSENT = Raw(b"null")
"""msgspec takes raw JSON only where nothing else may stand, so «absent» and `null` are the same raw text."""


class _ImageUrl(Struct):
    url: str
    detail: str | None = None


class _InputAudio(Struct):
    data: str
    format: str


class _File(Struct):
    file_id: str | None = None
    file_data: str | None = None
    filename: str | None = None


class _Text(Struct, tag_field="type", tag="text"):
    text: str


class _Image(Struct, tag_field="type", tag="image_url"):
    image_url: _ImageUrl


class _Audio(Struct, tag_field="type", tag="input_audio"):
    input_audio: _InputAudio


class _FilePart(Struct, tag_field="type", tag="file"):
    file: _File


class _Refusal(Struct, tag_field="type", tag="refusal"):
    refusal: str


class _Function(Struct):
    name: str
    description: str | None = None
    parameters: Raw = _ABSENT
    strict: bool | None = None


class _Custom(Struct):
    name: str
    description: str | None = None


class _Tool(Struct):
    type: str = "function"
    function: _Function | None = None
    custom: _Custom | None = None


class _FunctionCall(Struct):
    name: str
    arguments: str = ""


class _CustomCall(Struct):
    name: str
    input: str = ""


class _ToolCall(Struct):
    id: str
    type: str = "function"
    function: _FunctionCall | None = None
    custom: _CustomCall | None = None
    provider_state: bytes | None = None


class _Message(Struct):
    role: str
    content: str | list[_Text | _Image | _Audio | _FilePart | _Refusal] | None = None
    name: str | None = None
    tool_calls: list[_ToolCall] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    provider_state: bytes | None = None


class _Named(Struct):
    name: str


class _AllowedTool(Struct):
    type: str = "function"
    function: _Named | None = None
    custom: _Named | None = None


class _AllowedTools(Struct):
    tools: list[_AllowedTool]
    mode: Literal["auto", "required"] = "auto"


class _ToolChoice(Struct):
    type: Literal["function", "custom", "allowed_tools"]
    function: _Named | None = None
    custom: _Named | None = None
    allowed_tools: _AllowedTools | None = None


class _JsonSchema(Struct):
    name: str
    description: str | None = None
    schema: Raw = _ABSENT
    strict: bool | None = None


class _ResponseFormat(Struct):
    type: str
    json_schema: _JsonSchema | None = None


class _StreamOptions(Struct):
    include_usage: bool | None = None


class _Routing(Struct):
    preset: str | None = None
    min_quality: float | None = None
    max_cost_usd: float | None = None
    allowed_models: list[str] | None = None
    denied_models: list[str] | None = None
    run_id: str | None = None


class _Body(Struct):
    messages: list[_Message]
    model: str | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: _ResponseFormat | None = None
    max_completion_tokens: int | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    user: str | None = None
    safety_identifier: str | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    routing: _Routing | None = None
    # What would change the meaning of the answer and what no provider here offers is refused, not ignored.
    functions: Raw = _ABSENT
    function_call: Raw = _ABSENT
    audio: Raw = _ABSENT
    web_search_options: Raw = _ABSENT
    modalities: list[str] | None = None


class FaceRequest(Struct, frozen=True):
    """A request over the OpenAI face: the request itself, and how to answer it."""

    chat: ChatRequest
    stream: bool
    include_usage: bool


FIELDS = frozenset(field.encode_name for field in msgspec.structs.fields(_Body))
"""Every field of the body that means something here; any other is left to providers that know it."""

_DECODER = msgspec.json.Decoder(_Body)
_REFUSED = {
    "functions": "is the old form of `tools`: send `tools`",
    "function_call": "is the old form of `tool_choice`: send `tool_choice`",
    "audio": "is not offered: answers are text",
    "web_search_options": "is not offered: give the model a tool that searches",
}


def decode(body: bytes) -> FaceRequest:
    """The request in this body. Raises `BadRequest`, naming the field."""
    try:
        wire = _DECODER.decode(body)
    except msgspec.ValidationError as error:
        _raise_validation(str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _raise_malformed(str(error))
    except RecursionError:
        raise BadRequest(Reason.INVALID_JSON, "The body is nested too deeply to be a chat request") from None
    _refuse(wire)
    options = wire.stream_options
    return FaceRequest(
        chat=_chat(wire, body),
        stream=bool(wire.stream),
        include_usage=bool(options is not None and options.include_usage),
    )


def _refuse(wire: _Body) -> None:
    for name, why in _REFUSED.items():
        value = getattr(wire, name)
        if bytes(value) != b"null":
            raise BadRequest(Reason.UNSUPPORTED_PARAMETER, f"`{name}` {why}", field=name)
    if wire.modalities is not None and wire.modalities != ["text"]:
        raise BadRequest(
            Reason.UNSUPPORTED_PARAMETER, "`modalities` other than `text` are not offered", field="modalities"
        )


def _chat(wire: _Body, body: bytes) -> ChatRequest:
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
        seed=wire.seed,
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


_NO_ROUTING = RoutingOptions()


def _routing(wire: _Routing) -> RoutingOptions:
    return RoutingOptions(
        preset=wire.preset or "",
        min_quality=wire.min_quality,
        max_cost=max_cost(wire.max_cost_usd),
        allowed_models=tuple(wire.allowed_models or ()),
        denied_models=tuple(wire.denied_models or ()),
        run_id=wire.run_id or "",
    )


def _message(wire: _Message, index: int) -> Message:
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


def _part(wire: _Text | _Image | _Audio | _FilePart | _Refusal) -> Part:
    match wire:
        case _Text():
            return TextPart(wire.text)
        case _Image():
            return ImagePart(wire.image_url.url, wire.image_url.detail or "")
        case _Audio():
            return AudioPart(wire.input_audio.data, wire.input_audio.format)
        case _FilePart():
            return FilePart(wire.file.file_id or "", wire.file.file_data or "", wire.file.filename or "")
        case _Refusal():
            return RefusalPart(wire.refusal)


def _tool(wire: _Tool, index: int) -> Tool:
    if wire.type == "custom":
        if wire.custom is None:
            raise _missing(f"tools[{index}].custom")
        return Tool(wire.custom.name, wire.custom.description or "", kind="custom")
    if wire.function is None:
        raise _missing(f"tools[{index}].function")
    function = wire.function
    return Tool(function.name, function.description or "", _raw(function.parameters), function.strict)


def _tool_call(wire: _ToolCall, message: int, index: int) -> ToolCall:
    state = wire.provider_state or b""
    if wire.type == "custom":
        if wire.custom is None:
            raise _missing(f"messages[{message}].tool_calls[{index}].custom")
        return ToolCall(wire.id, wire.custom.name, wire.custom.input, "custom", state)
    if wire.function is None:
        raise _missing(f"messages[{message}].tool_calls[{index}].function")
    return ToolCall(wire.id, wire.function.name, wire.function.arguments, provider_state=state)


def _tool_choice(wire: str | _ToolChoice | None) -> ToolChoice | None:
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
            raise _missing("tool_choice.allowed_tools")
        named = [tool.function or tool.custom for tool in wire.allowed_tools.tools]
        names = tuple(tool.name for tool in named if tool is not None)
        return ToolChoice("allowed", names, wire.allowed_tools.mode == "required")
    chosen = wire.function if wire.type == "function" else wire.custom
    if chosen is None:
        raise _missing(f"tool_choice.{wire.type}")
    return ToolChoice("named", (chosen.name,))


def _response_format(wire: _ResponseFormat | None) -> ResponseFormat | None:
    if wire is None:
        return None
    if wire.type != "json_schema":
        return ResponseFormat(wire.type)
    schema = wire.json_schema
    if schema is None:
        raise _missing("response_format.json_schema")
    return ResponseFormat("json_schema", schema.name, schema.description or "", _raw(schema.schema), schema.strict)


def _raw(value: Raw) -> str:
    text = bytes(value).decode()
    return "" if text == "null" else text


def _missing(path: str) -> BadRequest:
    return BadRequest(Reason.MISSING_FIELD, f"`{path}` is required", field=path)


_AT = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`$")
_OFFSET = re.compile(r"\(byte (\d+)\)")
_REQUIRED = re.compile(r"Object missing required field `([^`]+)`")


def _raise_validation(message: str) -> NoReturn:
    """msgspec's words in ours: `Expected X, got Y - at $.a[0].b`."""
    found = _AT.search(message)
    path = found["path"] if found else ""
    text = message[: found.start()] if found else message
    required = _REQUIRED.match(text)
    if required:
        raise _missing(f"{path}.{required[1]}" if path else required[1]) from None
    if "utf-8" in text.lower():
        _raise_malformed(text)
    reason = Reason.INVALID_VALUE if text.startswith(("Invalid", "Number out of range")) else Reason.INVALID_TYPE
    where = f"`{path}`: " if path else "The body: "
    raise BadRequest(reason, where + text[0].lower() + text[1:], field=path) from None


def _raise_malformed(message: str) -> NoReturn:
    if "utf-8" in message.lower():
        message = "it is not UTF-8"
    offset = _OFFSET.search(message)
    details = {"offset": int(offset[1])} if offset else {}
    raise BadRequest(Reason.INVALID_JSON, f"The body is not valid JSON: {message}", details=details) from None
