"""The dialects by name, and which of them a request is put in."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from muxer.ports import Dialect, ProviderSpec
from muxer.providers.anthropic_messages import AnthropicMessages
from muxer.providers.cohere_chat import CohereChat
from muxer.providers.effort import fitting_effort
from muxer.providers.gemini import Gemini
from muxer.providers.openai_chat import OpenAIChat
from muxer.providers.openai_quirks import openai_quirks
from muxer.providers.openai_responses import OpenAIResponses
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest

DIALECTS: Mapping[str, Dialect] = {
    "openai": OpenAIChat(),
    "anthropic": AnthropicMessages(),
    "gemini": Gemini(),
    "cohere": CohereChat(),
    "responses": OpenAIResponses(),
}


def dialect_for(request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> Dialect:
    """The dialect of the provider; for tools with reasoning, of some models, that of Responses.

    Raises `KeyError` when there is no such dialect.
    """
    name = provider.dialect
    if name == "openai" and request.tools and fitting_effort(request.reasoning_effort, model) != "none":
        globs = openai_quirks(provider).responses_for_tools
        if any(fnmatchcase(model.name, glob) for glob in globs):
            name = "responses"
    return DIALECTS[name]
