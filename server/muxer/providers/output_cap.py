"""Stops a stream that will not end."""

from __future__ import annotations

from collections.abc import Iterable

from muxer.ports import ProviderSpec
from muxer.providers.failures import ODD_ANSWER, failed
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk, ChatRequest

CHARACTERS_PER_TOKEN = 8
"""Twice what English has. Only runs of one character, such as a ruled line, come higher for long."""

SLACK = 1 << 16
UNKNOWN_LIMIT_TOKENS = 1 << 17


class OutputCap:
    """Counts the text of one stream against what the request, or else the model, allows in tokens."""

    def __init__(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> None:
        tokens = request.max_tokens or model.max_output_tokens or UNKNOWN_LIMIT_TOKENS
        self._left = tokens * (request.n or 1) * CHARACTERS_PER_TOKEN + SLACK
        self._provider = provider
        self._model = model

    def count(self, chunks: Iterable[ChatChunk]) -> None:
        """Takes in what has come. Raises `ProviderFailed` once it is too much."""
        for chunk in chunks:
            for choice in chunk.choices:
                delta = choice.delta
                self._left -= len(delta.content) + len(delta.reasoning) + len(delta.refusal)
                for call in delta.tool_calls:
                    self._left -= len(call.arguments)
        if self._left < 0:
            raise failed(ODD_ANSWER, self._provider, self._model, detail="it is longer than the request allows")
