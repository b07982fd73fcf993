"""What the encoders of all dialects share: collecting body fields, leaving hints out, refusing what cannot be said."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import msgspec

from muxer.errors import MuxerError, Reason
from muxer.ports import HttpRequest, ProviderSpec
from muxer.types.chat import ChatRequest, ImagePart, Message, RefusalPart, TextPart, Tool, ToolChoice

_ENCODER = msgspec.json.Encoder()

_SAID_OR_REFUSED = {"messages", "model", "max_tokens", "routing", "raw"}
_possible_hints = attrgetter(*[name for name in ChatRequest.__struct_fields__ if name not in _SAID_OR_REFUSED])
_NO_HINTS = _possible_hints(ChatRequest(messages=()))


class Body:
    """A body that is being put together. `dropped` names, in OpenAI's words, the hints that were left out."""

    def __init__(self, request: ChatRequest, provider: ProviderSpec) -> None:
        self.fields: dict[str, Any] = {}
        self.dropped: list[str] = []
        self._provider = provider
        if not request.tools:  # no provider takes a word about tools without any
            self.drop(tool_choice=request.tool_choice, parallel_tool_calls=request.parallel_tool_calls)

    def put(self, name: str, value: object) -> None:
        """Adds a field, if it was given."""
        if is_given(value):
            self.fields[name] = value

    def drop(self, **hints: object) -> None:
        """Notes those of the hints that were given: left out, they change nothing that the caller could rely on."""
        self.dropped.extend(name for name, value in hints.items() if is_given(value))

    def refuse(self, **fields: object) -> None:
        """Raises for the first field that was given: left out, it would change the meaning of the answer."""
        for name, value in fields.items():
            if value:
                raise unsupported(self._provider, name)


def is_given(value: object) -> bool:
    """Whether a field has a value: None and empty ones mean the provider's default, 0 and False do not."""
    return value is not None and value != "" and value != () and value != {}


def given(**fields: object) -> dict[str, Any]:
    """Those of the fields that have a value."""
    return {name: value for name, value in fields.items() if is_given(value)}


def unsupported(provider: ProviderSpec, field: str, what: str = "") -> MuxerError:
    """The error for a field that the provider has no way to honour."""
    return MuxerError(
        Reason.UNSUPPORTED_PARAMETER, f"{provider.name} does not support {what or f'`{field}`'}", field=field
    )


def may_give_hints(request: ChatRequest) -> bool:
    """Whether a request has anything that the encoder of some dialect could leave out. Most have nothing, and need no
    encoder to tell what was left out."""
    return _possible_hints(request) != _NO_HINTS or any(message.name or message.parts for message in request.messages)


def dropped_from_messages(request: ChatRequest, *, names: bool, details: bool) -> tuple[str, ...]:
    """Those hints inside the messages that were given and are not understood: speakers' names, images' details."""
    dropped = []
    if not names and any(message.name for message in request.messages):
        dropped.append("messages.name")
    if not details and any(
        isinstance(part, ImagePart) and part.detail for message in request.messages for part in message.parts
    ):
        dropped.append("messages.image_url.detail")
    return tuple(dropped)


def texts_of(message: Message, position: int, provider: ProviderSpec) -> list[str]:
    """The texts of a message that may hold nothing else. Raises `MuxerError` for other content."""
    texts = [] if message.parts else [message.content]
    for i, part in enumerate(message.parts):
        match part:
            case TextPart(text=text) | RefusalPart(refusal=text):
                texts.append(text)
            case _:
                field = f"messages[{position}].parts[{i}]"
                raise unsupported(provider, field, f"messages of the role `{message.role}` other than text")
    return texts


def raw_object(text: str, field: str) -> msgspec.Raw:
    """A JSON object that the caller wrote, to be sent on unchanged. Raises `MuxerError` when it is not one."""
    data = text.strip().encode("utf-8", "surrogatepass")
    try:
        if data.startswith(b"{"):
            return msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        pass
    raise MuxerError(Reason.INVALID_VALUE, f"`{field}` is not a JSON object", field=field)


def offered_tools(request: ChatRequest) -> tuple[Tool, ...]:
    """The tools that may be used: for the choice `allowed`, only those that it names."""
    choice = request.tool_choice
    if choice is None or choice.mode != "allowed":
        return request.tools
    return tuple(tool for tool in request.tools if tool.name in choice.names)


def choice_mode(choice: ToolChoice | None) -> str:
    """`auto`, `none`, `required` or `named`: a choice of some `allowed` tools is made among those alone."""
    if choice is None:
        return "auto"
    if choice.mode == "allowed":
        return "required" if choice.required else "auto"
    return choice.mode


def named_tool(choice: ToolChoice) -> str:
    """The one tool that a `named` choice names. Raises `MuxerError` when it names none."""
    if not choice.names:
        raise MuxerError(Reason.INVALID_VALUE, "`tool_choice` names no tool", field="tool_choice")
    return choice.names[0]


def post(
    provider: ProviderSpec,
    path: str,
    fields: Mapping[str, Any],
    auth: Mapping[str, str],
    headers: Mapping[str, str] = MappingProxyType({}),
) -> HttpRequest:
    """A JSON request to the provider. Without a key there is no `auth` header either: local servers need none."""
    sent = {"content-type": "application/json", "accept": "application/json", **headers, **provider.headers}
    if provider.api_key:
        sent.update(auth)
    return HttpRequest("POST", provider.base_url + path, sent, _ENCODER.encode(fields))


def bearer(provider: ProviderSpec) -> dict[str, str]:
    """The key as most providers want it."""
    return {"authorization": f"Bearer {provider.api_key}"}
