"""How to ask in each protocol that the simulator speaks, and how to read its answers, in the provider's own terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class Protocol(Struct, frozen=True, kw_only=True):
    """How to ask in one protocol, and how to read its answers."""

    vendor: str
    path: str
    body: Callable[[str, dict[str, Any]], dict[str, Any]]
    """A request out of a message and options: `tools`, `limit`."""
    text: Callable[[dict[str, Any]], str]
    usage: Callable[[dict[str, Any]], tuple[int, int]]
    """Prompt and output tokens, all kinds together."""
    gained: Callable[[dict[str, Any]], str]
    """The text that one event brings."""
    model: str = "some-model"
    stream_path: str = ""
    error: Callable[[dict[str, Any]], Any] = lambda body: body["error"]["message"]
    done: str = ""
    """The last data line of a stream, if it is no JSON."""


def chat_body(message: str, options: dict[str, Any], limit: str = "max_tokens") -> dict[str, Any]:
    made: dict[str, Any] = {"messages": [{"role": "user", "content": message}]}
    if "limit" in options:
        made[limit] = options["limit"]
    if "tools" in options:
        functions = ({"name": name, "parameters": SCHEMA} for name in options["tools"])
        made["tools"] = [{"type": "function", "function": function} for function in functions]
    return made


def anthropic_body(message: str, options: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"messages": [{"role": "user", "content": message}], "max_tokens": options.get("limit", 999)}
    if "tools" in options:
        made["tools"] = [{"name": name, "input_schema": SCHEMA} for name in options["tools"]]
    return made


def responses_body(message: str, options: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"input": message}
    if "limit" in options:
        made["max_output_tokens"] = options["limit"]
    if "tools" in options:
        made["tools"] = [{"type": "function", "name": name, "parameters": SCHEMA} for name in options["tools"]]
    return made


def gemini_body(message: str, options: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"contents": [{"parts": [{"text": message}]}]}
    if "limit" in options:
        made["generationConfig"] = {"maxOutputTokens": options["limit"]}
    if "tools" in options:
        declared = [{"name": name, "parametersJsonSchema": SCHEMA} for name in options["tools"]]
        made["tools"] = [{"functionDeclarations": declared}]
    return made


def chat_text(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, list):  # Mistral's, when there are thoughts
        return "".join(part["text"] for part in content if part["type"] == "text")
    return str(content)


def chat_usage(body: dict[str, Any]) -> tuple[int, int]:
    return body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]


def anthropic_usage(body: dict[str, Any]) -> tuple[int, int]:
    usage = body["usage"]
    kinds = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return sum(usage[kind] for kind in kinds), usage["output_tokens"]


def gemini_usage(body: dict[str, Any]) -> tuple[int, int]:
    usage = body["usageMetadata"]
    return usage["promptTokenCount"], usage["candidatesTokenCount"] + usage.get("thoughtsTokenCount", 0)


def gemini_text(body: dict[str, Any]) -> str:
    candidates = body.get("candidates") or [{}]
    parts = candidates[0].get("content", {}).get("parts", [])
    return "".join(part.get("text", "") for part in parts if not part.get("thought"))


def cohere_text(message: dict[str, Any]) -> str:
    return message.get("tool_plan", "") + "".join(part.get("text", "") for part in message.get("content", []))


def cohere_gained(event: dict[str, Any]) -> str:
    message = event.get("delta", {}).get("message", {})
    if event["type"] == "tool-plan-delta":
        return str(message["tool_plan"])
    return str(message["content"].get("text", "")) if event["type"] == "content-delta" else ""


def openai_like(vendor: str, path: str, **other: Any) -> Protocol:
    return Protocol(
        vendor=vendor,
        path=path,
        **{
            "body": chat_body,
            "text": lambda body: chat_text(body["choices"][0]["message"]),
            "usage": chat_usage,
            "gained": lambda event: chat_text(event["choices"][0]["delta"]) if event["choices"] else "",
            "done": "[DONE]",
            **other,
        },
    )


PROTOCOLS = [
    openai_like("openai", "/openai/v1/chat/completions"),
    openai_like(
        "openai",
        "/openai/v1/chat/completions",
        model="gpt-6-sol",
        body=lambda message, options: chat_body(message, options, "max_completion_tokens"),
    ),
    openai_like("mistral", "/mistral/v1/chat/completions", error=lambda body: body["message"]),
    openai_like("mistral", "/mistral/v1/chat/completions", model="magistral-x", error=lambda body: body["message"]),
    openai_like("groq", "/groq/openai/v1/chat/completions"),
    openai_like("groq", "/groq/openai/v1/chat/completions", model="openai/gpt-oss-20b"),
    openai_like("together", "/together/v1/chat/completions"),
    openai_like("together", "/together/v1/chat/completions", model="openai/gpt-oss-120b"),
    Protocol(
        vendor="openai",
        path="/openai/v1/responses",
        model="gpt-6-sol",
        body=responses_body,
        text=lambda body: "".join(
            part["text"] for item in body["output"] if item["type"] == "message" for part in item["content"]
        ),
        usage=lambda body: (body["usage"]["input_tokens"], body["usage"]["output_tokens"]),
        gained=lambda event: event["delta"] if event["type"] == "response.output_text.delta" else "",
    ),
    Protocol(
        vendor="anthropic",
        path="/anthropic/v1/messages",
        body=anthropic_body,
        text=lambda body: "".join(block["text"] for block in body["content"] if block["type"] == "text"),
        usage=anthropic_usage,
        gained=lambda event: event["delta"].get("text", "") if event["type"] == "content_block_delta" else "",
    ),
    Protocol(
        vendor="anthropic",
        path="/anthropic/v1/messages",
        model="claude-opus-5-5",
        body=anthropic_body,
        text=lambda body: "".join(block["text"] for block in body["content"] if block["type"] == "text"),
        usage=anthropic_usage,
        gained=lambda event: event["delta"].get("text", "") if event["type"] == "content_block_delta" else "",
    ),
    Protocol(
        vendor="google",
        path="/google/v1/models/gemini-3.5-flash:generateContent",
        stream_path="/google/v1/models/gemini-3.5-flash:streamGenerateContent?alt=sse",
        model="gemini-3.5-flash",
        body=gemini_body,
        text=gemini_text,
        usage=gemini_usage,
        gained=gemini_text,
    ),
    Protocol(
        vendor="cohere",
        path="/cohere/v2/chat",
        model="command-a-reasoning-08-2025",
        body=chat_body,
        text=lambda body: cohere_text(body["message"]),
        usage=lambda body: (
            int(body["usage"]["billed_units"]["input_tokens"]),
            int(body["usage"]["billed_units"]["output_tokens"]),
        ),
        gained=cohere_gained,
        error=lambda body: body["message"],
    ),
]
