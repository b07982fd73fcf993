"""A chat request and its answer, in our own terms: what every wire format is translated from and to."""

from __future__ import annotations

from msgspec import Struct

from muxer.types.money import PicoUsd


class TextPart(Struct, frozen=True, tag="text"):
    """Plain text."""

    text: str


class ImagePart(Struct, frozen=True, tag="image"):
    """A picture: an https address or a `data:<media type>;base64,<data>` URL. `detail` is empty for the default."""

    url: str
    detail: str = ""


class AudioPart(Struct, frozen=True, tag="audio"):
    """A sound recording, base64-encoded; `format` is `wav` or `mp3`."""

    data: str
    format: str


class FilePart(Struct, frozen=True, tag="file"):
    """A document: an id at the provider, or inline as a data URL."""

    file_id: str = ""
    file_data: str = ""
    filename: str = ""


class RefusalPart(Struct, frozen=True, tag="refusal"):
    """Text with which an assistant declined."""

    refusal: str


Part = TextPart | ImagePart | AudioPart | FilePart | RefusalPart


class ToolCall(Struct, frozen=True):
    """A model's request to run a tool. `arguments` is what the model wrote: it may be invalid JSON."""

    id: str
    name: str
    arguments: str = ""
    kind: str = "function"  # or `custom`
    provider_state: bytes = b""


class Message(Struct, frozen=True):
    """One message. It has `content` or `parts`, not both; an assistant's may have neither when it calls tools."""

    role: str  # system, developer, user, assistant, tool
    content: str = ""
    parts: tuple[Part, ...] = ()
    name: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    reasoning: str = ""
    refusal: str = ""
    provider_state: bytes = b""


class Tool(Struct, frozen=True):
    """A tool that the model may call. `parameters` is a JSON Schema as a JSON string, or empty for no arguments."""

    name: str
    description: str = ""
    parameters: str = ""
    strict: bool | None = None
    kind: str = "function"  # or `custom`


class ToolChoice(Struct, frozen=True):
    """Whether and which tools may be used: `none`, `auto`, `required`, `named` or `allowed`."""

    mode: str
    names: tuple[str, ...] = ()
    required: bool = False  # for `allowed`: one of them must be called


class ResponseFormat(Struct, frozen=True):
    """`text`, `json_object` or `json_schema`. `schema` is a JSON Schema as a JSON string."""

    kind: str = "text"
    name: str = ""
    description: str = ""
    schema: str = ""
    strict: bool | None = None


class RoutingOptions(Struct, frozen=True):
    """What the caller wants of the routing. `preset` is empty for the default; globs are over `provider:model`."""

    preset: str = ""
    min_quality: float | None = None
    max_cost: PicoUsd | None = None
    allowed_models: tuple[str, ...] = ()
    denied_models: tuple[str, ...] = ()
    run_id: str = ""
    max_price_share: float | None = None  # of the strongest model's price, on average


class ChatRequest(Struct, frozen=True):
    """A chat request. `None` and empty mean «not given»: the provider's default holds.

    `raw` is the body that it was read from, when that is in OpenAI's words: for providers that speak them, too.
    """

    messages: tuple[Message, ...]
    model: str = ""
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] = {}
    reasoning_effort: str = ""
    verbosity: str = ""
    user: str = ""
    metadata: dict[str, str] = {}
    service_tier: str = ""
    routing: RoutingOptions = RoutingOptions()
    raw: bytes = b""


class Usage(Struct, frozen=True):
    """Tokens as the provider counted them, in OpenAI's sense: cached and cache-written tokens are part of
    `prompt_tokens`, reasoning tokens are part of `completion_tokens`."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False  # the provider reported nothing; we counted


class Choice(Struct, frozen=True):
    """One answer. `logprobs` is the provider's JSON, or empty."""

    index: int
    message: Message
    finish_reason: str  # stop, length, tool_calls, content_filter
    native_finish_reason: str = ""
    logprobs: str = ""


class ChatResponse(Struct, frozen=True):
    """A whole answer. `usage` is None when the provider reported none. `raw` is the body that it was read from, when
    that needs no translation into OpenAI's words."""

    id: str
    created: int
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    system_fingerprint: str = ""
    service_tier: str = ""
    raw: bytes = b""


class ToolCallDelta(Struct, frozen=True):
    """A tool call that began (with `id` and `name`) or grew (with more `arguments`)."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""
    kind: str = ""
    provider_state: bytes = b""


class Delta(Struct, frozen=True):
    """What a streamed answer gained."""

    role: str = ""
    content: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCallDelta, ...] = ()
    provider_state: bytes = b""


class ChunkChoice(Struct, frozen=True):
    """What one choice of a stream gained. `finish_reason` is empty until its last chunk."""

    index: int
    delta: Delta
    finish_reason: str = ""
    native_finish_reason: str = ""
    logprobs: str = ""


class ChatChunk(Struct, frozen=True):
    """One step of a streamed answer. `usage` comes with the last one, sometimes without choices. `raw` is the event's
    data, when that needs no translation into OpenAI's words."""

    id: str
    created: int
    model: str
    choices: tuple[ChunkChoice, ...] = ()
    usage: Usage | None = None
    system_fingerprint: str = ""
    service_tier: str = ""
    raw: bytes = b""
