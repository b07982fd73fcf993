"""The synchronous client."""

from __future__ import annotations

from collections.abc import Generator
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


class Client:
    """A connection to the router; safe to share between threads. Close it, or use it as a context manager.

    `target` is `host:port`, or any other name that gRPC resolves. `timeout` is in seconds, for each call whole, a
    stream included; None for no limit. `credentials` make the connection TLS (`grpc.ssl_channel_credentials()`);
    without them it is not encrypted, and neither is the API key on its way.

    Every call raises `ModelMuxerError` when it fails.
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
            self._channel = grpc.insecure_channel(target, options=CHANNEL_OPTIONS)
        else:
            self._channel = grpc.secure_channel(target, credentials, options=CHANNEL_OPTIONS)
        self._stub = RouterServiceStub(self._channel)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._target!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; calls under way fail."""
        self._channel.close()

    def route(self, messages: Messages, **options: Unpack[RouteOptions]) -> RoutingDecision:
        """Which model a chat request would go to, and why. Calls no provider."""
        request = build(RouteRequest, messages, options)
        return self._call(self._stub.Route, request).decision

    def classify(self, messages: Messages, **options: Unpack[RequestOptions]) -> IntentPrediction:
        """What kind of request this is. Calls no provider."""
        request = build(ClassifyRequest, messages, options)
        return self._call(self._stub.Classify, request).intent

    def estimate(self, messages: Messages, **options: Unpack[RouteOptions]) -> EstimateResponse:
        """What the request would cost, and take, on every model that could serve it. Calls no provider."""
        request = build(EstimateRequest, messages, options)
        return self._call(self._stub.Estimate, request)

    def chat(self, messages: Messages, **options: Unpack[ChatOptions]) -> ChatCompletionResponse:
        """The answer of the model that the router chooses, with its cost and the decision."""
        request = build(ChatCompletionRequest, messages, options)
        return self._call(self._stub.ChatCompletion, request)

    def stream_chat(
        self, messages: Messages, **options: Unpack[ChatOptions]
    ) -> Generator[StreamChatCompletionResponse, None, None]:
        """The same answer as it is written; usage, cost and decision come last. Leaving the loop ends the call."""
        request = StreamChatCompletionRequest(request=build(ChatCompletionRequest, messages, options))
        call = self._stub.StreamChatCompletion(request, timeout=self._timeout, metadata=self._metadata)
        try:
            with translated_errors():
                yield from call
        finally:
            call.cancel()

    def models(self, *, include_unavailable: bool = False) -> list[Model]:
        """The models that can be asked for, and on request those that cannot be asked for now."""
        request = ListModelsRequest(include_unavailable=include_unavailable)
        return list(self._call(self._stub.ListModels, request).data)

    def _call(self, method: grpc.UnaryUnaryMultiCallable[Request, Response], request: Request) -> Response:
        with translated_errors():
            return method(request, timeout=self._timeout, metadata=self._metadata)
