"""The dialects by name: one line each."""

from __future__ import annotations

from collections.abc import Mapping

from muxer.ports import Dialect
from muxer.providers.anthropic_messages import AnthropicMessages
from muxer.providers.openai_chat import OpenAIChat

DIALECTS: Mapping[str, Dialect] = {
    "openai": OpenAIChat(),
    "anthropic": AnthropicMessages(),
}
