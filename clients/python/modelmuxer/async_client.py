"""The asynchronous client."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self, TypeVar, Unpack

import grpc

from modelmuxer.connection import CHANNEL_OPTIONS, TARGET, TIMEOUT, identity
from modelmuxer.errors import translated_errors
from modelmuxer.requests import ChatOptions, Messages, RequestOptions, RouteOptions, build
from modelmuxer.v1.model_pb2 import Model
from modelmuxer.v1.router_service_pb2 import (
    ChatCompletionRequest,
    ChatCompletionResponse,
    ClassifyRequest,
    EstimateRequest,
    EstimateResponse,
    ListModelsRequest,
    RouteRequest,
    StreamChatCompletionRequest,
    StreamChatCompletionResponse,
)
from modelmuxer.v1.router_service_pb2_grpc import RouterServiceStub
from modelmuxer.v1.routing_pb2 import IntentPrediction, RoutingDecision

Request = TypeVar("Request")
Response = TypeVar("Response")


class AsyncClient:
    """A connection to the router, as `Client`, for one event loop: make it where that runs.

    Its arguments and methods are those of `Client`. Every call raises `ModelMuxerError` when it fails.
    """

    def __init__(
        self,
        target: str = TARGET,
        *,
        api_key: str | None = None,
        timeout: float | None = TIMEOUT,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self._target = target
        self._timeout = timeout
        self._metadata = identity(api_key)
        if credentials is None:
            self._channel = grpc.aio.insecure_channel(target, options=CHANNEL_OPTIONS)
        else:
            self._channel = grpc.aio.secure_channel(target, credentials, options=CHANNEL_OPTIONS)
        self._stub = RouterServiceStub(self._channel)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._target!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connection; calls under way fail."""
        await self._channel.close()

    async def route(self, messages: Messages, **options: Unpack[RouteOptions]) -> RoutingDecision:
        """Which model a chat request would go to, and why. Calls no provider."""
        request = build(RouteRequest, messages, options)
        return (await self._call(self._stub.Route, request)).decision

    async def classify(self, messages: Messages, **options: Unpack[RequestOptions]) -> IntentPrediction:
        """What kind of request this is. Calls no provider."""
        request = build(ClassifyRequest, messages, options)
        return (await self._call(self._stub.Classify, request)).intent

    async def estimate(self, messages: Messages, **options: Unpack[RouteOptions]) -> EstimateResponse:
        """What the request would cost, and take, on every model that could serve it. Calls no provider."""
        request = build(EstimateRequest, messages, options)
        return await self._call(self._stub.Estimate, request)

    async def chat(self, messages: Messages, **options: Unpack[ChatOptions]) -> ChatCompletionResponse:
        """The answer of the model that the router chooses, with its cost and the decision."""
        request = build(ChatCompletionRequest, messages, options)
        return await self._call(self._stub.ChatCompletion, request)

    async def stream_chat(
        self, messages: Messages, **options: Unpack[ChatOptions]
    ) -> AsyncGenerator[StreamChatCompletionResponse, None]:
        """The same answer as it is written; usage, cost and decision come last. Leaving the loop ends the call."""
        request = StreamChatCompletionRequest(request=build(ChatCompletionRequest, messages, options))
        call = self._stub.StreamChatCompletion(request, timeout=self._timeout, metadata=self._metadata)
        try:
            with translated_errors():
                async for chunk in call:
                    yield chunk
        finally:
            call.cancel()

    async def models(self, *, include_unavailable: bool = False) -> list[Model]:
        """The models that can be asked for, and on request those that cannot be asked for now."""
        request = ListModelsRequest(include_unavailable=include_unavailable)
        return list((await self._call(self._stub.ListModels, request)).data)

    async def _call(self, method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request) -> Response:
        with translated_errors():
            return await method(request, timeout=self._timeout, metadata=self._metadata)
