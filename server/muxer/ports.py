"""What the floors above ask of the wings below: Protocols only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from muxer.errors import ProviderFailed
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk, ChatRequest, ChatResponse, Usage
from muxer.types.decision import Candidate, LatencyPrior, UsagePrior, WarmPrompt


class ProviderSpec(Struct, frozen=True, eq=False):
    """One provider as configured. `base_url` has no trailing slash; `api_key` never leaves `providers/`. Equal to
    itself alone, so that what follows from it can be remembered."""

    name: str
    dialect: str
    base_url: str
    api_key: str = ""
    headers: Mapping[str, str] = {}
    quirks: Mapping[str, object] = {}

    def __repr__(self) -> str:
        return f"ProviderSpec({self.name!r}, {self.dialect!r}, {self.base_url!r})"


class HttpRequest(Struct, frozen=True):
    """One HTTP request to a provider. `url` is absolute."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"HttpRequest({self.method!r}, {self.url!r})"


class Timeouts(Struct, frozen=True):
    """Seconds: to connect, until the answer's first byte, between two bytes, and in all."""

    connect: float = 5.0
    first_byte: float = 120.0
    idle: float = 30.0
    total: float = 600.0


class HttpResponse(Protocol):
    """An answer whose head has arrived and whose body has not been read. Header names are lower case."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        ...

    async def read(self, limit: int) -> bytes:
        """The whole body. Raises `TransportFailed` when it is larger than `limit` bytes, or cut short."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives, without read-ahead. Raises `TransportFailed` when it is cut short or stalls."""
        ...


class TransportFailed(Exception):
    """No whole answer. `kind`: connect, first_byte, idle, total, cut, too_large, protocol. `sent`: the request may
    have reached the provider."""

    def __init__(self, kind: str, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.kind = kind
        self.sent = sent


class Transport(Protocol):
    """Does all HTTP to providers: no redirects, no decompression, no retries, no cookies. Leaving the context, also
    by cancellation, closes the connection unless the body was read to its end."""

    def send(self, request: HttpRequest, timeouts: Timeouts) -> AbstractAsyncContextManager[HttpResponse]:
        """Sends the request; entering gives the answer once its head has arrived. Raises `TransportFailed`."""
        ...

    async def close(self) -> None:
        """Closes all connections."""
        ...


class StreamDecoder(Protocol):
    """Bytes of a streamed answer in, chunks out; the same chunks for every way of splitting the bytes."""

    @property
    def done(self) -> bool:
        """Whether more bytes are of no use, because the terminator or a failure has come: `close` tells which."""
        ...

    @property
    def usage(self) -> Usage | None:
        """What the provider has reported so far. The chunks tell it once, at the end of a whole answer."""
        ...

    def feed(self, data: bytes) -> Sequence[ChatChunk]:
        """Chunks that these bytes complete. Raises `ProviderFailed` for an error event or an illegal one."""
        ...

    def close(self) -> Sequence[ChatChunk]:
        """Chunks that the end of the body completes. Raises `ProviderFailed` when the terminator is missing. To be
        called until there are none: a failure is raised after the chunks before it."""
        ...


class Dialect(Protocol):
    """One wire protocol, without I/O."""

    @property
    def unary_max_tokens(self) -> int | None:
        """The largest `max_tokens` for which an answer may be asked for in one piece; above it, only as a stream."""
        ...

    def encode(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, *, stream: bool) -> HttpRequest:
        """The HTTP request. Raises `MuxerError` UNSUPPORTED_PARAMETER for what the protocol cannot say."""
        ...

    def dropped(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> tuple[str, ...]:
        """The fields that `encode` leaves out, by OpenAI's names: hints that the protocol or the model does not know.
        Cheap, and raises as `encode` does."""
        ...

    def decode(self, body: bytes, provider: ProviderSpec, model: ModelSpec) -> ChatResponse:
        """The answer in a 200's body. Raises `ProviderFailed` when it is not one."""
        ...

    def decode_error(
        self, status: int, headers: Mapping[str, str], body: bytes, provider: ProviderSpec, model: ModelSpec
    ) -> ProviderFailed:
        """The error in any other answer; never raises, whatever the body is."""
        ...

    def stream_decoder(self, provider: ProviderSpec, model: ModelSpec) -> StreamDecoder:
        """A decoder for one streamed answer."""
        ...


class ProviderClient(Protocol):
    """Asks one model once: a dialect over a transport. Every failure is a `ProviderFailed`; cancelling either call
    closes the connection to the provider."""

    def dropped(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> tuple[str, ...]:
        """The fields that the model is not told of, by OpenAI's names: hints that it does not know."""
        ...

    async def complete(
        self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, timeouts: Timeouts
    ) -> ChatResponse:
        """The whole answer."""
        ...

    def stream(
        self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, timeouts: Timeouts
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[ChatChunk]]]:
        """The answer as it arrives: all chunks of one network read together. Entering sends the request."""
        ...


class Clock(Protocol):
    """Time, so that tests can own it."""

    def now(self) -> float:
        """Seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Waits without blocking."""
        ...


class LatencyPriors(Protocol):
    """Remembers how fast models were lately."""

    def snapshot(self) -> Mapping[str, LatencyPrior]:
        """What is known now, by `provider:model`."""
        ...

    def observe(
        self, model_id: str, *, first_token_s: float | None, writing_s: float | None, output_tokens: float
    ) -> None:
        """Takes in one successful answer: the time to its first token, and from there to its end. Either is None when
        the answer does not tell it."""
        ...


class UsageHistory(Protocol):
    """Remembers what reported usage has taught of models."""

    def snapshot(self) -> Mapping[str, UsagePrior]:
        """What is known now, by `provider:model`."""
        ...

    def observe(
        self,
        model_id: str,
        kind: str,
        *,
        counted_prompt_tokens: int,
        expected_output_tokens: float,
        usage: Usage,
        cut: bool,
    ) -> None:
        """Takes in one answer to a request of this kind, with the usage that its provider reported.

        `counted_prompt_tokens` are of o200k_base, 0 when they cannot be compared. `expected_output_tokens` is what was
        expected of the model before it had a history, 0 when unknown. An answer that was `cut` would have been longer.
        """
        ...


class Conversations(Protocol):
    """Remembers which provider can read a running conversation from its prompt cache."""

    def snapshot(self) -> Mapping[bytes, WarmPrompt]:
        """What is warm now, by the conversation's key. Reading it later tells what is known by then of what was warm
        at this moment; iterating over it is slow."""
        ...

    def remember(self, conversation: bytes, model_id: str, tokens: int) -> None:
        """Takes in an answer of this model: so many tokens of the prompt can be read from cache next time."""
        ...


class PriceShares(Protocol):
    """Calibrates the share of the strongest model's price on recent decisions."""

    def snapshot(self, tenant: str) -> tuple[tuple[float, float], ...]:
        """This tenant's weight on cost by share, in rising order of the shares; empty while too little is known."""
        ...

    def observe(self, tenant: str, plan: Sequence[Candidate], share: float) -> None:
        """Takes in the models of a decision for this tenant that the knob made for this share."""
        ...
