"""Requests of Anthropic's protocol, and the client that sends them."""

from __future__ import annotations

from typing import Any

USER = {"role": "user", "content": "What is the capital of Norway, please?"}
MESSAGES = "/anthropic/v1/messages"
HEADERS = {"x-api-key": "k", "anthropic-version": "2026-10-21"}
WEATHER = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLOCK = {"name": "get_time", "input_schema": {"type": "object", "properties": {}}}
OLD, NEW, ALWAYS = "claude-haiku-4-5", "claude-opus-5", "claude-opus-5-5"
"""One that takes sampling parameters, one that does not, and one that always thinks."""


def body(**fields: Any) -> dict[str, Any]:
    return {"model": OLD, "max_tokens": 400, "messages": [USER], **fields}


def asking(content: Any, **fields: Any) -> dict[str, Any]:
    return body(messages=[{"role": "user", "content": content}], **fields)
