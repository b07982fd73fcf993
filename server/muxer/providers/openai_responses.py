"""The dialect `responses`: OpenAI Responses, on which the newest models take tools together with reasoning."""

from __future__ import annotations

from collections.abc import Mapping

from muxer.errors import ProviderFailed
from muxer.ports import HttpRequest, ProviderSpec, StreamDecoder
from muxer.providers.error_body import status_failure
from muxer.providers.event_stream import EventStreamDecoder
from muxer.providers.request_body import bearer, post
from muxer.providers.responses_answer import whole_answer
from muxer.providers.responses_conversation import conversation
from muxer.providers.responses_request import parameters
from muxer.providers.responses_stream import ResponsesStreamReader
from muxer.providers.whole_body import whole_body
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, ChatResponse


class OpenAIResponses:
    """`POST {base_url}/responses`. Nothing is stored at the provider: the whole conversation goes along."""

    unary_max_tokens = None

    def encode(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, *, stream: bool) -> HttpRequest:
        """See `Dialect.encode`."""
        fields = {
            "model": model.name,
            "input": conversation(request, provider, model),
            "store": False,
            **parameters(request, provider, model).fields,
        }
        if stream:
            fields["stream"] = True
        return post(provider, "/responses", fields, bearer(provider))

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
        return status_failure(status, headers, body, provider, model)

    def stream_decoder(self, provider: ProviderSpec, model: ModelSpec) -> StreamDecoder:
        """See `Dialect.stream_decoder`."""
        return EventStreamDecoder(ResponsesStreamReader(provider, model), provider, model)
