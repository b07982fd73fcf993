"""What a field is called in OpenAI's request, for errors: checks and dialects name fields as `ChatRequest` does.

Errors are rare, so the body is read once more for what its names depend on, and requests carry nothing for them.
"""

from __future__ import annotations

import re

from muxer.errors import MuxerError
from muxer.service.openai_wire import WireBody, WireTool, WireToolCall, WireToolChoice, read

_RENAMED = (
    (re.compile(r"^(messages\[\d+])\.parts\b"), r"\1.content"),
    (re.compile(r"^(messages\[\d+]\.content\[\d+])\.image\b"), r"\1.image_url"),
    (re.compile(r"^(messages\[\d+]\.content\[\d+])\.audio\b"), r"\1.input_audio"),
    (re.compile(r"^(messages\[\d+])\.reasoning$"), r"\1.reasoning_content"),
    (re.compile(r"^response_format\.(name|description|schema|strict)$"), r"response_format.json_schema.\1"),
)
_OF_TOOL = re.compile(r"(?P<tool>tools\[(?P<index>\d+)])\.(?P<name>name|description|parameters|strict)")
_OF_CALL = re.compile(
    r"(?P<call>messages\[(?P<message>\d+)]\.tool_calls\[(?P<index>\d+)])\.(?P<name>name|arguments)",
)


def use_openai_words(error: MuxerError, body: bytes) -> None:
    """Makes the error name the field as this body does."""
    if error.field:
        ours, theirs = error.field, openai_field(error.field, read(body))
        error.field = theirs
        error.message = error.message.replace(f"`{ours}`", f"`{theirs}`")


def openai_field(path: str, wire: WireBody) -> str:
    """The path of a `ChatRequest`'s field in the request that it was read from."""
    for pattern, theirs in _RENAMED:
        path = pattern.sub(theirs, path)
    if found := _OF_TOOL.fullmatch(path):
        tool = (wire.tools or [])[int(found["index"])]
        return f"{found['tool']}.{_kind(tool)}.{found['name']}"
    if found := _OF_CALL.fullmatch(path):
        call = (wire.messages[int(found["message"])].tool_calls or [])[int(found["index"])]
        kind = _kind(call)
        name = "input" if (kind, found["name"]) == ("custom", "arguments") else found["name"]
        return f"{found['call']}.{kind}.{name}"
    if path == "tool_choice.names" and isinstance(wire.tool_choice, WireToolChoice):
        kind = wire.tool_choice.type
        return "tool_choice.allowed_tools.tools" if kind == "allowed_tools" else f"tool_choice.{kind}.name"
    if path == "max_tokens" and wire.max_completion_tokens is not None:
        return "max_completion_tokens"
    if path == "user" and wire.safety_identifier:
        return "safety_identifier"
    return path


def _kind(tool: WireTool | WireToolCall) -> str:
    return "custom" if tool.type == "custom" else "function"
