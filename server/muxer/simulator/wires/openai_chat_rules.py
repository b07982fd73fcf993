"""Where the vendors that speak OpenAI's Chat Completions differ in what they accept."""

from __future__ import annotations

from msgspec import Struct

_KEYS = """
    audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens
    messages metadata modalities model moderation n parallel_tool_calls prediction presence_penalty
    prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format
    safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools
    top_logprobs top_p user verbosity web_search_options
"""


class Rules(Struct, frozen=True, kw_only=True):
    """What one vendor accepts; the defaults are OpenAI's own."""

    fields: frozenset[str] | None = frozenset(_KEYS.split())
    """Known fields of the body, others are refused; None: unknown ones are ignored."""
    refused: tuple[str, ...] = ()
    """Known fields that no model of the vendor supports."""
    roles: tuple[str, ...] = ("system", "developer", "user", "assistant", "tool", "function")
    message_names: bool = True
    """Whether messages may have a `name`."""
    user_parts: tuple[str, ...] = ("text", "image_url", "input_audio", "file")
    assistant_parts: tuple[str, ...] = ("text", "refusal")
    prefix_needed: bool = False
    """Whether a trailing assistant message must be marked as a `prefix`."""
    tool_id: str = r".+"
    """What ids of tool calls look like, as a regular expression."""
    forcing: tuple[str, ...] = ("required",)
    """The words of `tool_choice` that force a call."""
    limits: tuple[str, ...] = ("max_completion_tokens", "max_tokens")
    legacy_limit: str = "max_tokens"
    """The limit that models which think refuse."""
    most_stops: int = 4
    single_stop: bool = True
    """Whether `stop` may be one string."""
    most_choices: int = 128
    highest_temperature: float = 2
    json_word: bool = True
    """Whether JSON mode needs the word JSON in the conversation."""
    counted_logprobs: bool = False
    """Whether `logprobs` is a number of alternatives instead of a boolean."""
    effort_ignored: bool = False
    """Whether models that do not think ignore `reasoning_effort` instead of refusing it."""


OPENAI = Rules()
