"""The dialect `openai`: OpenAI Chat Completions, and everyone who speaks it. Differences are rows of data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from muxer.errors import ProviderFailed
from muxer.ports import HttpRequest, ProviderSpec, StreamDecoder
from muxer.providers.error_body import error_object, report_of
from muxer.providers.event_stream import EventStreamDecoder
from muxer.providers.failures import classify, failed
from muxer.providers.openai_answer import whole_answer
from muxer.providers.openai_quirks import openai_quirks
from muxer.providers.openai_request import messages, parameters
from muxer.providers.openai_stream import OpenAIStreamReader
from muxer.providers.request_body import bearer, post
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, ChatResponse


class OpenAIChat:
    """`POST {base_url}/chat/completions`."""

    def encode(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, *, stream: bool) -> HttpRequest:
        """See `Dialect.encode`."""
        fields: dict[str, Any] = {"model": model.name, "messages": messages(request, provider)}
        fields.update(parameters(request, provider, model).fields)
        if stream:
            fields["stream"] = True
            accepted = openai_quirks(provider).fields
            if accepted is None or "stream_options" in accepted:
                fields["stream_options"] = {"include_usage": True}
        return post(provider, "/chat/completions", fields, bearer(provider))

    def dropped(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> tuple[str, ...]:
        """See `Dialect.dropped`."""
        return tuple(parameters(request, provider, model).dropped)

    def must_stream(self, request: ChatRequest) -> bool:
        """See `Dialect.must_stream`."""
        return False

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
        return EventStreamDecoder(OpenAIStreamReader(provider, model), provider, model)
