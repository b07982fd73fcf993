"""OpenAI's chat completion request as JSON spells it, and what is wrong with a body that is none."""

from __future__ import annotations

import re
from typing import Literal, NoReturn

import msgspec
from msgspec import Raw, Struct

from muxer.errors import BadRequest, Reason

_ABSENT = Raw(b"null")
"""msgspec takes raw JSON only where nothing else may stand, so «absent» and `null` are the same raw text."""


class WireImageUrl(Struct):
    """Where a picture is, and how closely to look."""

    url: str
    detail: str | None = None


class WireInputAudio(Struct):
    """A sound recording."""

    data: str
    format: str


class WireFile(Struct):
    """A document."""

    file_id: str | None = None
    file_data: str | None = None
    filename: str | None = None


class WireText(Struct, tag_field="type", tag="text"):
    """A part that is text."""

    text: str


class WireImage(Struct, tag_field="type", tag="image_url"):
    """A part that is a picture."""

    image_url: WireImageUrl


class WireAudio(Struct, tag_field="type", tag="input_audio"):
    """A part that is sound."""

    input_audio: WireInputAudio


class WireFilePart(Struct, tag_field="type", tag="file"):
    """A part that is a document."""

    file: WireFile


class WireRefusal(Struct, tag_field="type", tag="refusal"):
    """A part with which an assistant declined."""

    refusal: str


class WireFunction(Struct):
    """A function that may be called."""

    name: str
    description: str | None = None
    parameters: Raw = _ABSENT
    strict: bool | None = None


class WireCustom(Struct):
    """A tool that takes free text."""

    name: str
    description: str | None = None


class WireTool(Struct):
    """A tool of either kind."""

    type: str = "function"
    function: WireFunction | None = None
    custom: WireCustom | None = None


class WireFunctionCall(Struct):
    """A call of a function."""

    name: str
    arguments: str = ""


class WireCustomCall(Struct):
    """A call of a tool that takes free text."""

    name: str
    input: str = ""


class WireToolCall(Struct):
    """A call of either kind."""

    id: str
    type: str = "function"
    function: WireFunctionCall | None = None
    custom: WireCustomCall | None = None
    provider_state: bytes | None = None


class WireMessage(Struct):
    """One message."""

    role: str
    content: str | list[WireText | WireImage | WireAudio | WireFilePart | WireRefusal] | None = None
    name: str | None = None
    tool_calls: list[WireToolCall] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    provider_state: bytes | None = None


class WireNamed(Struct):
    """A tool by its name."""

    name: str


class WireAllowedTool(Struct):
    """One of the tools that may be used."""

    type: str = "function"
    function: WireNamed | None = None
    custom: WireNamed | None = None


class WireAllowedTools(Struct):
    """The tools that may be used."""

    tools: list[WireAllowedTool]
    mode: Literal["auto", "required"] = "auto"


class WireToolChoice(Struct):
    """A choice of tools that is more than a word."""

    type: Literal["function", "custom", "allowed_tools"]
    function: WireNamed | None = None
    custom: WireNamed | None = None
    allowed_tools: WireAllowedTools | None = None


class WireJsonSchema(Struct):
    """The schema that an answer must match."""

    name: str
    description: str | None = None
    schema: Raw = _ABSENT
    strict: bool | None = None


class WireResponseFormat(Struct):
    """The form of the answer."""

    type: str
    json_schema: WireJsonSchema | None = None


class WireStreamOptions(Struct):
    """How to stream."""

    include_usage: bool | None = None


class WireRouting(Struct):
    """Our own `routing`."""

    preset: str | None = None
    min_quality: float | None = None
    max_cost_usd: float | None = None
    allowed_models: list[str] | None = None
    denied_models: list[str] | None = None
    run_id: str | None = None
    max_price_share: float | None = None


class WireBody(Struct):
    """The whole body."""

    messages: list[WireMessage]
    model: str | None = None
    tools: list[WireTool] | None = None
    tool_choice: str | WireToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: WireResponseFormat | None = None
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
    stream_options: WireStreamOptions | None = None
    routing: WireRouting | None = None
    # What would change the meaning of the answer and what no provider here offers is refused, not ignored.
    functions: Raw = _ABSENT
    function_call: Raw = _ABSENT
    audio: Raw = _ABSENT
    web_search_options: Raw = _ABSENT
    modalities: list[str] | None = None


FIELDS = frozenset(field.encode_name for field in msgspec.structs.fields(WireBody))
"""Every field of the body that means something here; any other is left to providers that know it."""

_DECODER = msgspec.json.Decoder(WireBody)


def read(body: bytes) -> WireBody:
    """The request in this body, in its own words. Raises `BadRequest`, naming the field."""
    try:
        return _DECODER.decode(body)
    except msgspec.ValidationError as error:
        _raise_validation(str(error), body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _raise_malformed(str(error), body)
    except RecursionError:
        raise BadRequest(Reason.INVALID_JSON, "The body is nested too deeply to be a chat request") from None


def missing(path: str) -> BadRequest:
    """The error for a field that must be there."""
    return BadRequest(Reason.MISSING_FIELD, f"`{path}` is required", field=path)


_AT = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`$")
_OFFSET = re.compile(r"\(byte (\d+)\)")
_REQUIRED = re.compile(r"Object missing required field `([^`]+)`")
_ESCAPE = re.compile(
    rb"\\(?:ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|(?P<half>ud[89a-f][0-9a-f]{2})|.)", re.IGNORECASE | re.DOTALL
)
"""An escape of a JSON string: a surrogate pair, half of one, or any other."""


def _raise_validation(message: str, body: bytes) -> NoReturn:
    """msgspec's words in ours: `Expected X, got Y - at $.a[0].b`."""
    found = _AT.search(message)
    path = found["path"] if found else ""
    text = message[: found.start()] if found else message
    required = _REQUIRED.match(text)
    if required:
        raise missing(f"{path}.{required[1]}" if path else required[1]) from None
    if "utf-8" in text.lower():
        _raise_malformed(text, body)
    reason = Reason.INVALID_VALUE if text.startswith(("Invalid", "Number out of range")) else Reason.INVALID_TYPE
    where = f"`{path}`: " if path else "The body: "
    raise BadRequest(reason, where + text[0].lower() + text[1:], field=path) from None


def _raise_malformed(message: str, body: bytes) -> NoReturn:
    offset = _OFFSET.search(message)
    details = {"offset": int(offset[1])} if offset else {}
    half = next((escape for escape in _ESCAPE.finditer(body) if escape["half"]), None)
    if "utf-8" in message.lower():
        message = "it is not UTF-8"
    elif half is not None:
        # The decoder looks for the other half, and may say that the body ends too early.
        details = {"offset": half.start()}
        message = f"{half[0].decode()} is half of a surrogate pair, which stands for no character"
    raise BadRequest(Reason.INVALID_JSON, f"The body is not valid JSON: {message}", details=details) from None
