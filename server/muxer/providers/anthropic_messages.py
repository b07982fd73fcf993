"""The dialect `anthropic`: Anthropic Messages."""

from __future__ import annotations

from collections.abc import Mapping

from muxer.errors import ProviderFailed
from muxer.ports import HttpRequest, ProviderSpec, StreamDecoder
from muxer.providers.anthropic_answer import whole_answer
from muxer.providers.anthropic_conversation import conversation
from muxer.providers.anthropic_request import api_version, parameters
from muxer.providers.anthropic_stream import AnthropicStreamReader
from muxer.providers.error_body import error_object, report_of
from muxer.providers.event_stream import EventStreamDecoder
from muxer.providers.failures import classify, failed
from muxer.providers.request_body import bearer, post
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, ChatResponse

UNARY_MAX_TOKENS = 21_333
"""The official SDK refuses to ask for more in one piece: at 128,000 tokens an hour it would take over ten minutes."""


class AnthropicMessages:
    """`POST {base_url}/v1/messages`."""

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

    def must_stream(self, request: ChatRequest) -> bool:
        """See `Dialect.must_stream`."""
        return (request.max_tokens or 0) > UNARY_MAX_TOKENS

    def decode(self, body: bytes, provider: ProviderSpec, model: ModelSpec) -> ChatResponse:
        """See `Dialect.decode`."""
        return whole_answer(body, provider, model)

    def decode_error(
        self, status: int, headers: Mapping[str, str], body: bytes, provider: ProviderSpec, model: ModelSpec
    ) -> ProviderFailed:
        """See `Dialect.decode_error`."""
        report = report_of(error_object(body), headers)
        return failed(classify(status, report), provider, model, report=report, status=status)

    def stream_decoder(self, provider: ProviderSpec, model: ModelSpec) -> StreamDecoder:
        """See `Dialect.stream_decoder`."""
        return EventStreamDecoder(AnthropicStreamReader(provider, model), provider, model)
