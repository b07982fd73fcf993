"""The dialect `cohere`: Cohere's chat, version 2."""

from __future__ import annotations

from collections.abc import Mapping

from muxer.errors import ProviderFailed
from muxer.ports import HttpRequest, ProviderSpec, StreamDecoder
from muxer.providers.cohere_answer import whole_answer
from muxer.providers.cohere_request import MESSAGES, parameters
from muxer.providers.cohere_stream import CohereStreamReader
from muxer.providers.error_body import status_failure
from muxer.providers.event_stream import EventStreamDecoder
from muxer.providers.failures import AUTH, STATUSES
from muxer.providers.openai_conversation import messages
from muxer.providers.request_body import bearer, post
from muxer.providers.whole_body import whole_body
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, ChatResponse

_STATUSES = {**STATUSES, 498: AUTH}
"""Cohere's 498 is an invalid token; elsewhere it means that there is no capacity."""


class CohereChat:
    """`POST {base_url}/v2/chat`."""

    unary_max_tokens = None

    def encode(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, *, stream: bool) -> HttpRequest:
        """See `Dialect.encode`."""
        fields = {"model": model.name, "messages": messages(request, provider, MESSAGES), "stream": stream}
        fields.update(parameters(request, provider, model).fields)
        return post(provider, "/v2/chat", fields, bearer(provider))

    def dropped(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> tuple[str, ...]:
        """See `Dialect.dropped`."""
        return tuple(parameters(request, provider, model).dropped)

    def decode(self, body: bytes, provider: ProviderSpec, model: ModelSpec) -> ChatResponse:
        """See `Dialect.decode`."""
        return whole_body(whole_answer, body, provider, model)

    def decode_error(
        self, status: int, headers: Mapping[str, str], body: bytes, provider: ProviderSpec, model: ModelSpec
    ) -> ProviderFailed:
        """See `Dialect.decode_error`."""
        return status_failure(status, headers, body, provider, model, _STATUSES)

    def stream_decoder(self, provider: ProviderSpec, model: ModelSpec) -> StreamDecoder:
        """See `Dialect.stream_decoder`."""
        return EventStreamDecoder(CohereStreamReader(provider, model), provider, model)
