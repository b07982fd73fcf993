"""What a request's fields may hold: one table for both faces. An error names the field's path and says what to do.

The same bounds stand in the comments of the proto files; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from msgspec import Struct

from muxer.errors import BadRequest, Reason
from muxer.types.chat import ChatRequest, FilePart, ImagePart, Message, Part, Tool, ToolCall

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MIB = 1024 * 1024


class Bound(Struct, frozen=True):
    """A field, and what it must be: `allowed` returns what is wrong, or an empty string. `attribute` is what the field
    is called in our own types, where that is something else."""

    field: str
    allowed: Callable[[Any], str]
    attribute: str = ""


class Table:
    """The bounds of one kind of object.

    `plain` is one with nothing wrong, and nothing given that need not be: fields that are as there are not looked at
    any closer. Most fields of most requests are.
    """

    def __init__(self, plain: object, *bounds: Bound) -> None:
        self.plain = plain
        self._bounds = bounds
        self._values = attrgetter(*[bound.attribute or bound.field for bound in bounds])
        self._plain_values = self._values(plain)

    def __iter__(self) -> Iterator[Bound]:
        return iter(self._bounds)

    def check(self, value: object, prefix: str) -> None:
        """Raises `BadRequest` for the first field that is out of its bounds; `prefix` says where the object is."""
        for bound, given, plain in zip(self._bounds, self._values(value), self._plain_values, strict=True):
            if given != plain and (problem := bound.allowed(given)):
                raise _wrong(prefix + bound.field, problem)


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

REQUEST = Table(
    ChatRequest(messages=()),
    Bound("model", at_most(256, "characters")),
    Bound("tools", at_most(256, "tools")),
    Bound("max_tokens", between(1, 1_048_576)),
    Bound("temperature", between(0, 2)),
    Bound("top_p", between(0, 1)),
    Bound("stop", _texts(4, 1024)),
    Bound("n", between(1, 8)),
    Bound("top_logprobs", between(0, 20)),
    Bound("presence_penalty", between(-2, 2)),
    Bound("frequency_penalty", between(-2, 2)),
    Bound("logit_bias", _biases),
    Bound("reasoning_effort", one_of(*EFFORTS)),
    Bound("verbosity", one_of("low", "medium", "high")),
    Bound("user", at_most(512, "characters")),
    Bound("metadata", _pairs),
    Bound("service_tier", one_of("auto", "default", "flex", "scale", "priority", "fast")),
    Bound("routing.preset", one_of(*PRESETS)),
    Bound("routing.min_quality", between(0, 1)),
    Bound("routing.max_price_share", above(0, 1)),
    Bound("routing.allowed_models", _globs),
    Bound("routing.denied_models", _globs),
    Bound("routing.run_id", at_most(128, "characters")),
)

MESSAGE = Table(
    Message("user"),
    Bound("role", lambda role: "" if role in ROLES else one_of(*ROLES)("?")),
    Bound("parts", at_most(256, "parts")),
    Bound("name", at_most(256, "characters")),
    Bound("tool_calls", at_most(128, "calls")),
    Bound("tool_call_id", at_most(256, "characters")),
    Bound("provider_state", at_most(MIB, "bytes")),
)

TOOL = Table(
    Tool("a"),
    Bound("type", one_of("function", "custom"), "kind"),
    Bound("name", named),
    Bound("description", at_most(16_384, "characters")),
)

TOOL_CALL = Table(
    ToolCall("a", "a", ""),
    Bound("id", lambda v: "" if 1 <= len(v) <= 256 else "must be 1 to 256 characters"),
    Bound("type", one_of("function", "custom"), "kind"),
    Bound("name", lambda v: "" if v else "must not be empty"),
    Bound("provider_state", at_most(MIB, "bytes")),
)


def validate(request: ChatRequest) -> ChatRequest:
    """The request itself when every field holds what it may. Raises `BadRequest` for the first that does not."""
    if not request.messages:
        raise BadRequest(Reason.MISSING_FIELD, "`messages` must have at least one message", field="messages")
    if len(request.messages) > 4096:
        raise _wrong("messages", "must have at most 4,096 messages")
    REQUEST.check(request, "")
    for index, message in enumerate(request.messages):
        _message(message, f"messages[{index}].")
    for index, tool in enumerate(request.tools):
        TOOL.check(tool, f"tools[{index}].")
    _tool_choice(request)
    _response_format(request)
    if request.top_logprobs is not None and not request.logprobs:
        raise _wrong("top_logprobs", "needs `logprobs` to be true")
    return request


def _wrong(field: str, problem: str) -> BadRequest:
    return BadRequest(Reason.INVALID_VALUE, f"`{field}` {problem}", field=field)


def _missing(field: str, problem: str) -> BadRequest:
    return BadRequest(Reason.MISSING_FIELD, f"`{field}` {problem}", field=field)


def _message(message: Message, path: str) -> None:
    MESSAGE.check(message, path)
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
        TOOL_CALL.check(call, f"{path}tool_calls[{index}].")
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
