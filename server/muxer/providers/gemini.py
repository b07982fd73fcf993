"""The dialect `gemini`: Google's `generateContent`."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from muxer.errors import ProviderFailed
from muxer.ports import HttpRequest, ProviderSpec, StreamDecoder
from muxer.providers.event_stream import EventStreamDecoder
from muxer.providers.gemini_answer import GeminiReader, whole_answer
from muxer.providers.gemini_conversation import conversation
from muxer.providers.gemini_error import reported_failure
from muxer.providers.gemini_request import gemini_quirks, parameters
from muxer.providers.request_body import post
from muxer.providers.whole_body import whole_body
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, ChatResponse


class Gemini:
    """`POST {base_url}/{version}/models/{model}:generateContent`, or `:streamGenerateContent?alt=sse`."""

    unary_max_tokens = None

    def encode(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, *, stream: bool) -> HttpRequest:
        """See `Dialect.encode`."""
        system, contents = conversation(request, provider, model)
        fields = {"contents": contents, **parameters(request, provider, model).fields}
        if system:
            fields["systemInstruction"] = {"parts": [{"text": "\n\n".join(system)}]}
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        path = f"/{gemini_quirks(provider).version}/models/{quote(model.name, safe='')}:{method}"
        return post(provider, path, fields, {"x-goog-api-key": provider.api_key})

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
        return reported_failure(status, headers, body, provider, model)

    def stream_decoder(self, provider: ProviderSpec, model: ModelSpec) -> StreamDecoder:
        """See `Dialect.stream_decoder`."""
        return EventStreamDecoder(GeminiReader(provider, model), provider, model)
