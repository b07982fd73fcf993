"""What a request asks for, in neutral terms: all that the script and the prompt cache need to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from muxer.simulator import tokens

IMAGE_TOKENS = 765
"""What a picture counts for; the flat middle of what the providers charge for a small one."""
AUDIO_TOKENS = 300
FILE_TOKENS = 1_000
MESSAGE_TOKENS = 4
"""What the frame around one message counts for."""


class Segment(Struct, frozen=True):
    """A stretch of the prompt in its serial order. `cache` is the time to live of a cache breakpoint at its end (`5m`
    or `1h`), or empty; `flat` are tokens that are not in the text, such as a picture's."""

    text: str
    flat: int = 0
    cache: str = ""

    @property
    def tokens(self) -> int:
        """What this stretch counts for."""
        return tokens.count(self.text) + self.flat


class ToolSpec(Struct, frozen=True):
    """A tool on offer. `custom` tools take free text instead of JSON."""

    name: str
    schema: Mapping[str, Any]
    custom: bool = False


class Ask(Struct, frozen=True, kw_only=True):
    """A request as its wire understood it."""

    model: str
    segments: tuple[Segment, ...]
    question: str = ""
    """The text of the last user message."""
    results: tuple[str, ...] = ()
    """What tools returned, when the conversation ends with that."""
    tools: tuple[ToolSpec, ...] = ()
    tool_mode: str = "auto"
    """`none`, `auto` or `required`."""
    tool_names: tuple[str, ...] = ()
    """If not empty: the only tools that may be called."""
    parallel: bool = True
    json: bool = False
    """Whether the answer must be JSON."""
    schema: Mapping[str, Any] | None = None
    """What that JSON must conform to."""
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    effort: str = ""
    """How hard the model thinks; empty for not at all."""
    show_reasoning: bool = False
    seal_reasoning: bool = False
    """Whether the caller wants its reasoning back in a form that only the provider can read."""
    signs_calls: bool = False
    """Whether the model signs its tool calls, and gives them ids."""
    choices: int = 1
    stream: bool = False
    stream_usage: bool = True
    logprobs: int | None = None
    """How many alternatives are wanted with the log probability of each token; None for no log probabilities."""

    @property
    def prompt_tokens(self) -> int:
        """What the prompt counts for."""
        return sum(segment.tokens for segment in self.segments)

    @property
    def callable_tools(self) -> tuple[ToolSpec, ...]:
        """The tools that this request allows to be called."""
        if self.tool_mode == "none":
            return ()
        return tuple(tool for tool in self.tools if not self.tool_names or tool.name in self.tool_names)
