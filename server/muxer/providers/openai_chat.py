"""The dialect `openai`: OpenAI Chat Completions, and everyone who speaks it. Differences are rows of data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from muxer.errors import ProviderFailed
from muxer.ports import HttpRequest, ProviderSpec, StreamDecoder
from muxer.providers.error_body import status_failure
from muxer.providers.event_stream import EventStreamDecoder
from muxer.providers.openai_answer import whole_answer
from muxer.providers.openai_conversation import messages
from muxer.providers.openai_passthrough import is_utf8, passed_through, takes_everything
from muxer.providers.openai_quirks import openai_quirks
from muxer.providers.openai_request import parameters
from muxer.providers.openai_stream import OpenAIStreamReader
from muxer.providers.request_body import bearer, post
from muxer.providers.whole_body import whole_body
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, ChatResponse


class OpenAIChat:
    """`POST {base_url}/chat/completions`."""

    unary_max_tokens = None

    def encode(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, *, stream: bool) -> HttpRequest:
        """See `Dialect.encode`."""
        quirks = openai_quirks(provider)
        fields: dict[str, Any] = {"model": model.name, "messages": messages(request, provider, quirks)}
        fields.update(parameters(request, provider, model).fields)
        fields = passed_through(fields, request, quirks)
        if stream:
            fields["stream"] = True
            if quirks.fields is None or "stream_options" in quirks.fields:
                fields["stream_options"] = {"include_usage": True}
        return post(provider, "/chat/completions", fields, bearer(provider))

    def dropped(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> tuple[str, ...]:
        """See `Dialect.dropped`."""
        return tuple(parameters(request, provider, model).dropped)

    def decode(self, body: bytes, provider: ProviderSpec, model: ModelSpec) -> ChatResponse:
        """See `Dialect.decode`."""
        answer = whole_body(whole_answer, body, provider, model)
        as_it_is = takes_everything(openai_quirks(provider)) and _is_plain(answer) and is_utf8(body)
        return structs.replace(answer, raw=body) if as_it_is else answer

    def decode_error(
        self, status: int, headers: Mapping[str, str], body: bytes, provider: ProviderSpec, model: ModelSpec
    ) -> ProviderFailed:
        """See `Dialect.decode_error`."""
        return status_failure(status, headers, body, provider, model)

    def stream_decoder(self, provider: ProviderSpec, model: ModelSpec) -> StreamDecoder:
        """See `Dialect.stream_decoder`."""
        return EventStreamDecoder(
            OpenAIStreamReader(provider, model, as_it_is=takes_everything(openai_quirks(provider))), provider, model
        )


def _is_plain(answer: ChatResponse) -> bool:
    """Whether the answer's body is in OpenAI's own words throughout."""
    return answer.usage is not None and all(c.native_finish_reason == c.finish_reason for c in answer.choices)
