"""Reads the conversation of an Anthropic Messages request into stretches of prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from muxer.simulator import ask as neutral
from muxer.simulator.ask import Segment
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.traits import Traits

STRICT_VERSION = "2026-10-21"
"""From this version on sampling parameters, documents of the assistant and citations of the user are refused."""
_USER_BLOCKS = ("text", "image", "document", "tool_result")
_ASSISTANT_BLOCKS = ("text", "thinking", "redacted_thinking", "tool_use", "document")
_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+\Z")

_Turn = tuple[str, list[Segment]]
"""A role and what was said in it."""


def read_messages(body: Fields, traits: Traits, version: str) -> tuple[Segment, ...]:
    """The conversation. Refuses unknown roles and blocks, a wrong order, and tool results without a call."""
    return tuple(segment for _, segments in _merged(_read_turns(body, traits, version)) for segment in segments)


def _read_turns(body: Fields, traits: Traits, version: str) -> Iterator[_Turn]:
    if not isinstance(body.require("messages"), list):
        raise body.wrong_type("messages", "an array of objects")
    if not body.get("messages"):
        raise body.wrong("messages", "at least one message is required")
    before, open_calls = "", set[str]()
    for message in body.objects("messages"):
        role = message.one_of("role", ("user", "assistant", "system"))
        if role == "system" and not traits.mid_system:
            raise message.wrong("role", "role 'system' is not supported on this model")
        if role == "system" and before != "user":
            raise message.wrong("role", "a 'system' message must directly follow a user turn")
        if not before and role != "user":
            raise message.wrong("role", "the first message must use the 'user' role")
        blocks = list(_blocks(message))
        if open_calls or role == "user":
            _check_results(message, blocks, open_calls)
        open_calls = {block.text("id") for block in blocks if block.get("type") == "tool_use"}
        yield role, [Segment(f"{role}\n", neutral.MESSAGE_TOKENS), *_segments(blocks, role, version)]
        before = role
    if open_calls:
        _check_results(body, [], open_calls)
    if before == "assistant" and not traits.prefill:
        message_text = (
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
        raise Problem("invalid", message_text)


def _blocks(message: Fields) -> Iterator[Fields]:
    content = message.require("content")
    if isinstance(content, str):
        yield Fields({"type": "text", "text": content}, message.path("content"))
    else:
        yield from message.objects("content")


def _check_results(where: Fields, blocks: list[Fields], open_calls: set[str]) -> None:
    results = [block.text("tool_use_id") for block in blocks if block.get("type") == "tool_result"]
    stray = next((one for one in results if one not in open_calls), None)
    if stray is not None:
        message = (
            f"unexpected `tool_use_id` found in `tool_result` blocks: {stray}. Each `tool_result` block must have a "
        )
        raise where.wrong("content", message + "corresponding `tool_use` block in the previous message.")
    missing = sorted(open_calls.difference(results))
    late = any(block.get("type") != "tool_result" for block in blocks[: len(results)])
    if missing or late:
        message = f"`tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(missing)}"
        raise where.wrong("content", message)


def _segments(blocks: list[Fields], role: str, version: str) -> Iterator[Segment]:
    kinds = {"user": _USER_BLOCKS, "assistant": _ASSISTANT_BLOCKS, "system": ("text",)}[role]
    for block in blocks:
        kind = block.one_of("type", kinds)
        text, flat = _read_block(block, kind)
        if kind == "document" and role == "assistant" and version == STRICT_VERSION:
            raise block.wrong("type", "document blocks are not permitted in assistant messages")
        if kind == "text" and role == "user" and block.get("citations") and version == STRICT_VERSION:
            raise extra_input(block, "citations")
        yield Segment(text, flat, cache_lifetime(block))


def _read_block(block: Fields, kind: str) -> tuple[str, int]:
    match kind:
        case "text":
            if not block.text("text"):
                raise block.wrong("text", "text content blocks must be non-empty")
            return block.text("text"), 0
        case "image" | "document":
            block.require("source")
            return _read_source(Fields(block.get("source"), block.path("source")), kind)
        case "tool_use":
            for key in ("id", "name", "input"):
                block.require(key)
            if not _TOOL_ID.match(block.text("id")):
                raise block.wrong("id", "String should match pattern '^[a-zA-Z0-9_-]+$'")
            arguments = Fields(block.get("input"), block.path("input"))
            return block.text("name") + msgspec.json.encode(arguments.value).decode(), 0
        case "tool_result":
            block.require("tool_use_id")
            inner = list(_blocks(block)) if "content" in block else []
            read = [_read_block(one, one.one_of("type", ("text", "image", "document"))) for one in inner]
            return "\n".join(text for text, _ in read), sum(flat for _, flat in read)
        case "thinking":
            block.require("signature")
            return block.text("thinking"), 0
        case _:
            block.require("data")
            return "", 0


def _read_source(source: Fields, kind: str) -> tuple[str, int]:
    flat = neutral.IMAGE_TOKENS if kind == "image" else neutral.FILE_TOKENS
    form = source.one_of("type", ("base64", "url", "file", "text", "content"))
    if form == "base64":
        source.require("data")
        source.text("media_type", choices=_IMAGE_TYPES if kind == "image" else ("application/pdf",))
    elif form == "url":
        source.require("url")
        if not source.text("url").startswith(("https://", "http://")):
            raise source.wrong("url", "Only HTTP and HTTPS URLs are supported.")
    elif form == "text":
        return source.text("data"), 0
    return "", flat


def _merged(turns: Iterator[_Turn]) -> list[_Turn]:
    """Turns with those of the same role put together, as the API does."""
    merged: list[_Turn] = []
    for role, segments in turns:
        if merged and merged[-1][0] == role:
            merged[-1][1].extend(segments[1:])
        else:
            merged.append((role, segments))
    return merged


def extra_input(body: Fields, key: str) -> Problem:
    """A refusal of a field that is not known here."""
    return body.wrong(key, "Extra inputs are not permitted")


def cache_lifetime(block: Fields) -> str:
    """The time to live of a cache breakpoint at the end of a block, or empty for none."""
    control = block.object("cache_control")
    if control is None:
        return ""
    control.one_of("type", ("ephemeral",))
    return control.text("ttl", choices=("5m", "1h")) or "5m"


def _texts(content: object) -> str:
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(block["text"] for block in blocks if block.get("type") == "text")


def last_question(body: Fields) -> str:
    """The text of the last user message that has some."""
    for message in reversed(body.get("messages")):
        if message["role"] == "user":
            text = _texts(message["content"])
            if text:
                return text
    return ""


def last_results(body: Fields) -> tuple[str, ...]:
    """What the tools returned, when the conversation ends with that."""
    last = body.get("messages")[-1]["content"]
    blocks = last if isinstance(last, list) else []
    return tuple(_texts(block.get("content")) for block in blocks if block.get("type") == "tool_result")
