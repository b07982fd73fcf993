"""The two faces of the product behind one form, so that a test can be put to both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import grpc
from modelmuxer.v1 import router_service_pb2 as pb
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub
from msgspec import Struct
from openai import OpenAI


class Answer(Struct, frozen=True):
    """What a test looks at in an answer."""

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    model: str  # provider:model
    cost_pico_usd: int


class Piece(Struct, frozen=True):
    """A piece of a stream. The last one has the usage."""

    text: str
    finish_reason: str = ""
    completion_tokens: int | None = None


class Face(Protocol):
    """How to ask. Options are named as in the OpenAI API; `schema` is a JSON Schema that the answer must meet."""

    def complete(self, model: str, prompt: str, *, schema: Mapping[str, Any] | None = None, **options: Any) -> Answer:
        """The whole answer."""

    def stream(self, model: str, prompt: str, **options: Any) -> Any:
        """A context manager with the pieces; leaving it early cancels the call."""


class Rest:
    """The official openai client over HTTP/JSON through Envoy."""

    def __init__(self, client: OpenAI) -> None:
        self._client = client

    def complete(self, model: str, prompt: str, *, schema: Mapping[str, Any] | None = None, **options: Any) -> Answer:
        if schema is not None:
            options["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        done = self._client.chat.completions.create(model=model, messages=_conversation(prompt), **options)
        assert done.usage is not None
        routing = done.model_extra["router_metadata"]
        return Answer(
            text=done.choices[0].message.content or "",
            finish_reason=done.choices[0].finish_reason,
            prompt_tokens=done.usage.prompt_tokens,
            completion_tokens=done.usage.completion_tokens,
            model=f"{routing['selected_provider']}:{routing['selected_model']}",
            cost_pico_usd=routing["actual_cost_pico_usd"],
        )

    @contextmanager
    def stream(self, model: str, prompt: str, **options: Any) -> Iterator[Iterator[Piece]]:
        with self._client.chat.completions.create(
            model=model,
            messages=_conversation(prompt),
            stream=True,
            stream_options={"include_usage": True},
            **options,
        ) as chunks:
            yield (
                Piece(
                    "".join(choice.delta.content or "" for choice in chunk.choices),
                    "".join(choice.finish_reason or "" for choice in chunk.choices),
                    chunk.usage and chunk.usage.completion_tokens,
                )
                for chunk in chunks
            )


class Grpc:
    """The typed API over gRPC."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._router = RouterServiceStub(channel)

    def complete(self, model: str, prompt: str, *, schema: Mapping[str, Any] | None = None, **options: Any) -> Answer:
        if schema is not None:
            options["response_format"] = {"type": "json_schema", "name": "answer", "schema": json.dumps(schema)}
        done = self._router.ChatCompletion(_request(model, prompt, options))
        return Answer(
            text=done.choices[0].message.content,
            finish_reason=done.choices[0].finish_reason,
            prompt_tokens=done.usage.prompt_tokens,
            completion_tokens=done.usage.completion_tokens,
            model=f"{done.decision.selected_provider}:{done.decision.selected_model}",
            cost_pico_usd=done.cost.pico_usd,
        )

    @contextmanager
    def stream(self, model: str, prompt: str, **options: Any) -> Iterator[Iterator[Piece]]:
        request = pb.StreamChatCompletionRequest(request=_request(model, prompt, options))
        call = self._router.StreamChatCompletion(request)
        try:
            yield (
                Piece(
                    "".join(choice.delta.content for choice in piece.choices),
                    "".join(choice.finish_reason for choice in piece.choices),
                    piece.usage.completion_tokens if piece.HasField("usage") else None,
                )
                for piece in call
            )
        finally:
            call.cancel()


def _conversation(prompt: str) -> Any:
    return [{"role": "user", "content": prompt}]


def _request(model: str, prompt: str, options: Mapping[str, Any]) -> pb.ChatCompletionRequest:
    return pb.ChatCompletionRequest(model=model, messages=_conversation(prompt), **options)
