"""Reads the conversation of a Chat Completions request into stretches of prompt."""

from __future__ import annotations

import re

import msgspec

from muxer.simulator import ask as neutral
from muxer.simulator.ask import Segment
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.wires.openai_chat_rules import Rules

_FLAT = {
    "image_url": neutral.IMAGE_TOKENS,
    "input_audio": neutral.AUDIO_TOKENS,
    "audio_url": neutral.AUDIO_TOKENS,
    "video_url": neutral.FILE_TOKENS,
    "file": neutral.FILE_TOKENS,
    "document_url": neutral.FILE_TOKENS,
}
"""What parts that are not text count for, in tokens."""


def read_messages(body: Fields, rules: Rules) -> tuple[Segment, ...]:
    """The conversation. Refuses unknown roles and parts, and tool results without a call."""
    if not isinstance(body.require("messages"), list):
        raise body.wrong_type("messages", "an array of objects")
    if not body.get("messages"):
        raise body.wrong("messages", "Invalid 'messages': empty array. Expected at least 1 message.", "empty_array")
    segments: list[Segment] = []
    waiting: set[str] = set()
    for message in body.objects("messages"):
        role = message.one_of("role", rules.roles)
        if "name" in message and not rules.message_names:
            raise message.wrong("name", f"'{message.path('name')}' is not supported.", None)
        if role == "tool":
            waiting = _answered(message, waiting)
        elif waiting:
            raise _unanswered(message, waiting)
        if role == "assistant":
            waiting = _read_calls(message, rules)
        segments.append(_segment(message, role, rules))
    if waiting:
        raise _unanswered(body, waiting)
    last = Fields(body.get("messages")[-1], "messages[-1]")
    if rules.prefix_needed and last.get("role") == "assistant" and not last.flag("prefix"):
        message_text = "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
        raise Problem("invalid", message_text)
    return tuple(segments)


def _unanswered(where: Fields, waiting: set[str]) -> Problem:
    message = (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(sorted(waiting))}"
    )
    return Problem("invalid", message, param=where.path("role") if "role" in where else "messages")


def _answered(message: Fields, waiting: set[str]) -> set[str]:
    message.require("tool_call_id")
    call = message.text("tool_call_id")
    if call not in waiting:
        text = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
        raise message.wrong("role", f"Invalid parameter: {text}", None)
    return waiting - {call}


def _read_calls(message: Fields, rules: Rules) -> set[str]:
    ids = set()
    for call in message.objects("tool_calls"):
        call.require("id")
        if not re.fullmatch(rules.tool_id, call.text("id")):
            raise call.wrong("id", f"Tool call id was {call.text('id')} but must match {rules.tool_id}", None)
        kind = call.text("type", choices=("function", "custom")) or "function"
        call.require(kind)
        inner = Fields(call.get(kind), call.path(kind))
        inner.require("name")
        inner.text("arguments" if kind == "function" else "input")
        ids.add(call.text("id"))
    return ids


def _segment(message: Fields, role: str, rules: Rules) -> Segment:
    calls = message.get("tool_calls")
    if not calls and "refusal" not in message and "function_call" not in message:
        message.require("content")
    text, flat, cache = _read_content(message, role, rules)
    if calls:
        text += msgspec.json.encode(calls).decode()
    return Segment(f"{role}\n{text}", flat + neutral.MESSAGE_TOKENS, cache)


def _read_content(message: Fields, role: str, rules: Rules) -> tuple[str, int, str]:
    """The text of a message, the tokens of what is not text, and the lifetime of its last cache breakpoint."""
    content = message.get("content")
    if content is None or isinstance(content, str):
        return content or "", 0, ""
    if not isinstance(content, list):
        raise message.wrong_type("content", "a string or an array of objects")
    texts, flat, cache = [], 0, ""
    for part in message.objects("content"):
        kind = part.one_of("type", rules.user_parts if role == "user" else rules.assistant_parts)
        part.require(kind)
        if kind in ("text", "refusal"):
            texts.append(part.text(kind))
        elif kind == "image_url":
            _check_image(part)
        flat += _FLAT.get(kind, 0)
        cache = "5m" if "prompt_cache_breakpoint" in part else cache
    return "\n".join(texts), flat, cache


def _check_image(part: Fields) -> None:
    image = part if isinstance(part.get("image_url"), str) else Fields(part.get("image_url"), part.path("image_url"))
    key = "image_url" if image is part else "url"
    image.require(key)
    if not image.text(key).startswith(("https://", "http://", "data:image/")):
        message = f"Invalid '{image.path(key)}'. Expected a valid URL or a data URL of an image."
        raise image.wrong(key, message, "invalid_image_url")
    image.text("detail", choices=("auto", "low", "high", "original"))


def last_question(body: Fields) -> str:
    """The text of the last user message."""
    asked = [message for message in body.get("messages") if message["role"] == "user"]
    return _text(asked[-1].get("content")) if asked else ""


def last_results(body: Fields) -> tuple[str, ...]:
    """What the tools returned, when the conversation ends with that."""
    results: list[str] = []
    for message in reversed(body.get("messages")):
        if message["role"] != "tool":
            break
        results.insert(0, _text(message.get("content")))
    return tuple(results)


def _text(content: object) -> str:
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part["type"] == "text")
    return content if isinstance(content, str) else ""
