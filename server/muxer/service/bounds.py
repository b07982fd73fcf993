"""What a request's fields may hold: one table for both faces. An error names the field's path and says what to do.

The same bounds stand in the comments of the proto files; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from muxer.errors import BadRequest, Reason
from muxer.types.chat import ChatRequest, FilePart, ImagePart, Message, Part

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MIB = 1024 * 1024


class Bound(Struct, frozen=True):
    """A field, how to read it, and what it must be; `allowed` returns what is wrong, or an empty string."""

    field: str
    get: Callable[[Any], Any]
    allowed: Callable[[Any], str]


def between(low: float, high: float) -> Callable[[Any], str]:
    """A number from `low` to `high`. NaN, which protobuf can carry, passes no comparison and so is refused."""
    text = f"must be {low:,} to {high:,}"
    return lambda value: "" if value is None or low <= value <= high else text


def above(low: float, high: float) -> Callable[[Any], str]:
    """A number above `low` and at most `high`."""
    text = f"must be above {low:,} and at most {high:,}"
    return lambda value: "" if value is None or low < value <= high else text


def at_most(limit: int, unit: str) -> Callable[[Any], str]:
    """Something with at most `limit` items or characters."""
    text = f"must have at most {limit:,} {unit}"
    return lambda value: "" if len(value) <= limit else text


def one_of(*words: str) -> Callable[[Any], str]:
    """One of some words, or not given."""
    text = "must be one of " + ", ".join(f"`{word}`" for word in words)
    allowed = frozenset(words)
    return lambda value: "" if not value or value in allowed else text


def named(value: str) -> str:
    """A name of a tool or a schema."""
    return "" if _NAME.fullmatch(value) else "must be 1 to 64 characters out of letters, digits, `_` and `-`"


def _texts(limit: int, length: int) -> Callable[[Any], str]:
    def check(values: Sequence[str]) -> str:
        if len(values) > limit:
            return f"must have at most {limit} entries"
        return "" if all(1 <= len(v) <= length for v in values) else f"must have entries of 1 to {length:,} characters"

    return check


def _globs(values: Sequence[str]) -> str:
    if len(values) > 64:
        return "must have at most 64 entries"
    return "" if all(1 <= len(v) <= 256 for v in values) else "must have entries of 1 to 256 characters"


def _pairs(values: dict[str, str]) -> str:
    if len(values) > 16:
        return "must have at most 16 pairs"
    fits = all(len(k) <= 64 and len(v) <= 512 for k, v in values.items())
    return "" if fits else "must have names of at most 64 and values of at most 512 characters"


def _biases(values: dict[str, float]) -> str:
    if len(values) > 1024:
        return "must have at most 1,024 entries"
    return "" if all(-100 <= v <= 100 for v in values.values()) else "must have values of -100 to 100"


EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
PRESETS = ("balanced", "economy", "fast", "quality")
ROLES = ("system", "developer", "user", "assistant", "tool")

REQUEST: tuple[Bound, ...] = (
    Bound("model", lambda r: r.model, at_most(256, "characters")),
    Bound("tools", lambda r: r.tools, at_most(256, "tools")),
    Bound("max_tokens", lambda r: r.max_tokens, between(1, 1_048_576)),
    Bound("temperature", lambda r: r.temperature, between(0, 2)),
    Bound("top_p", lambda r: r.top_p, between(0, 1)),
    Bound("stop", lambda r: r.stop, _texts(4, 1024)),
    Bound("n", lambda r: r.n, between(1, 8)),
    Bound("top_logprobs", lambda r: r.top_logprobs, between(0, 20)),
    Bound("presence_penalty", lambda r: r.presence_penalty, between(-2, 2)),
    Bound("frequency_penalty", lambda r: r.frequency_penalty, between(-2, 2)),
    Bound("logit_bias", lambda r: r.logit_bias, _biases),
    Bound("reasoning_effort", lambda r: r.reasoning_effort, one_of(*EFFORTS)),
    Bound("verbosity", lambda r: r.verbosity, one_of("low", "medium", "high")),
    Bound("user", lambda r: r.user, at_most(512, "characters")),
    Bound("metadata", lambda r: r.metadata, _pairs),
    Bound("service_tier", lambda r: r.service_tier, one_of("auto", "default", "flex", "scale", "priority", "fast")),
    Bound("routing.preset", lambda r: r.routing.preset, one_of(*PRESETS)),
    Bound("routing.min_quality", lambda r: r.routing.min_quality, between(0, 1)),
    Bound("routing.max_price_share", lambda r: r.routing.max_price_share, above(0, 1)),
    Bound("routing.allowed_models", lambda r: r.routing.allowed_models, _globs),
    Bound("routing.denied_models", lambda r: r.routing.denied_models, _globs),
    Bound("routing.run_id", lambda r: r.routing.run_id, at_most(128, "characters")),
)

MESSAGE: tuple[Bound, ...] = (
    Bound("role", lambda m: m.role, lambda role: "" if role in ROLES else one_of(*ROLES)("?")),
    Bound("parts", lambda m: m.parts, at_most(256, "parts")),
    Bound("name", lambda m: m.name, at_most(256, "characters")),
    Bound("tool_calls", lambda m: m.tool_calls, at_most(128, "calls")),
    Bound("tool_call_id", lambda m: m.tool_call_id, at_most(256, "characters")),
    Bound("provider_state", lambda m: m.provider_state, at_most(MIB, "bytes")),
)

TOOL: tuple[Bound, ...] = (
    Bound("type", lambda t: t.kind, one_of("function", "custom")),
    Bound("name", lambda t: t.name, named),
    Bound("description", lambda t: t.description, at_most(16_384, "characters")),
)

TOOL_CALL: tuple[Bound, ...] = (
    Bound("id", lambda c: c.id, lambda v: "" if 1 <= len(v) <= 256 else "must be 1 to 256 characters"),
    Bound("type", lambda c: c.kind, one_of("function", "custom")),
    Bound("name", lambda c: c.name, lambda v: "" if v else "must not be empty"),
    Bound("provider_state", lambda c: c.provider_state, at_most(MIB, "bytes")),
)


def validate(request: ChatRequest) -> ChatRequest:
    """The request itself when every field holds what it may. Raises `BadRequest` for the first that does not."""
    if not request.messages:
        raise BadRequest(Reason.MISSING_FIELD, "`messages` must have at least one message", field="messages")
    if len(request.messages) > 4096:
        raise _wrong("messages", "must have at most 4,096 messages")
    _check(REQUEST, request, "")
    for index, message in enumerate(request.messages):
        _message(message, f"messages[{index}].")
    for index, tool in enumerate(request.tools):
        _check(TOOL, tool, f"tools[{index}].")
    _tool_choice(request)
    _response_format(request)
    if request.top_logprobs is not None and not request.logprobs:
        raise _wrong("top_logprobs", "needs `logprobs` to be true")
    return request


def _check(table: Iterable[Bound], value: object, prefix: str) -> None:
    for bound in table:
        problem = bound.allowed(bound.get(value))
        if problem:
            raise _wrong(prefix + bound.field, problem)


def _wrong(field: str, problem: str) -> BadRequest:
    return BadRequest(Reason.INVALID_VALUE, f"`{field}` {problem}", field=field)


def _missing(field: str, problem: str) -> BadRequest:
    return BadRequest(Reason.MISSING_FIELD, f"`{field}` {problem}", field=field)


def _message(message: Message, path: str) -> None:
    _check(MESSAGE, message, path)
    if message.content and message.parts:
        raise _wrong(path + "content", "must be left out when there are `parts`")
    if message.role == "tool":
        if not message.tool_call_id:
            raise _missing(path + "tool_call_id", "is required in a `tool` message")
    elif message.tool_call_id:
        raise _wrong(path + "tool_call_id", "is only allowed in a `tool` message")
    if message.tool_calls and message.role != "assistant":
        raise _wrong(path + "tool_calls", "is only allowed in an `assistant` message")
    for index, call in enumerate(message.tool_calls):
        _check(TOOL_CALL, call, f"{path}tool_calls[{index}].")
    for index, part in enumerate(message.parts):
        _part(part, f"{path}parts[{index}].")


def _part(part: Part, path: str) -> None:
    if isinstance(part, ImagePart):
        if not part.url.startswith(("https://", "http://", "data:")):
            raise _wrong(path + "image.url", "must be an https address or a data URL")
        problem = one_of("auto", "low", "high", "original")(part.detail)
        if problem:
            raise _wrong(path + "image.detail", problem)
    elif isinstance(part, FilePart):
        if bool(part.file_id) == bool(part.file_data):
            raise _wrong(path + "file", "must have either `file_id` or `file_data`")
        if len(part.filename) > 256:
            raise _wrong(path + "file.filename", "must have at most 256 characters")


def _tool_choice(request: ChatRequest) -> None:
    choice = request.tool_choice
    if choice is None:
        return
    problem = one_of("none", "auto", "required", "named", "allowed")(choice.mode)
    if problem:
        raise _wrong("tool_choice.mode", problem)
    if choice.mode == "named" and len(choice.names) != 1:
        raise _wrong("tool_choice.names", "must have exactly one name for `named`")
    if choice.mode == "allowed" and not choice.names:
        raise _wrong("tool_choice.names", "must have at least one name for `allowed`")
    unknown = set(choice.names) - {tool.name for tool in request.tools}
    if unknown:
        raise _wrong("tool_choice.names", f"has names that are not in `tools`: {', '.join(sorted(unknown))}")
    if choice.mode == "required" and not request.tools:
        raise _wrong("tool_choice", "cannot be `required` without `tools`")


def _response_format(request: ChatRequest) -> None:
    form = request.response_format
    if form is None:
        return
    problem = one_of("text", "json_object", "json_schema")(form.kind)
    if problem:
        raise _wrong("response_format.type", problem)
    if form.kind == "json_schema":
        if not form.schema:
            raise _missing("response_format.schema", "is required for `json_schema`")
        problem = named(form.name)
        if problem:
            raise _wrong("response_format.name", problem)
