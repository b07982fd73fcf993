"""The dialect `anthropic`: Anthropic Messages."""

from __future__ import annotations

from collections.abc import Mapping

from muxer.errors import ProviderFailed
from muxer.ports import HttpRequest, ProviderSpec, StreamDecoder
from muxer.providers.anthropic_answer import whole_answer
from muxer.providers.anthropic_conversation import conversation
from muxer.providers.anthropic_request import api_version, parameters
from muxer.providers.anthropic_stream import AnthropicStreamReader
from muxer.providers.error_body import status_failure
from muxer.providers.event_stream import EventStreamDecoder
from muxer.providers.request_body import bearer, post
from muxer.providers.whole_body import whole_body
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, ChatResponse


class AnthropicMessages:
    """`POST {base_url}/v1/messages`."""

    unary_max_tokens = 21_333
    """As in the official SDK: more would take over ten minutes at 128,000 tokens an hour."""

    def encode(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, *, stream: bool) -> HttpRequest:
        """See `Dialect.encode`."""
        body, hints = parameters(request, provider, model)
        system, turns = conversation(request, provider, model)
        fields = {"model": model.name, "messages": turns, **body.fields}
        if system or hints:
            fields["system"] = "\n\n".join([*system, *hints])
        if stream:
            fields["stream"] = True
        headers = {"anthropic-version": api_version(request, provider, model)}
        return post(provider, "/v1/messages", fields, bearer(provider), headers)

    def dropped(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> tuple[str, ...]:
        """See `Dialect.dropped`."""
        return tuple(parameters(request, provider, model)[0].dropped)

    def decode(self, body: bytes, provider: ProviderSpec, model: ModelSpec) -> ChatResponse:
        """See `Dialect.decode`."""
        return whole_body(whole_answer, body, provider, model)

    def decode_error(
        self, status: int, headers: Mapping[str, str], body: bytes, provider: ProviderSpec, model: ModelSpec
    ) -> ProviderFailed:
        """See `Dialect.decode_error`."""
        return status_failure(status, headers, body, provider, model)

    def stream_decoder(self, provider: ProviderSpec, model: ModelSpec) -> StreamDecoder:
        """See `Dialect.stream_decoder`."""
        return EventStreamDecoder(AnthropicStreamReader(provider, model), provider, model)
