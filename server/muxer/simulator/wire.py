"""What a wire dialect of the simulator is: it reads requests of its protocol and writes answers in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from muxer.simulator.ask import Ask
from muxer.simulator.problem import Problem
from muxer.simulator.script import LONE_SURROGATE, Answer
from muxer.simulator.traits import Traits

_encode = msgspec.json.Encoder().encode
_LONE = LONE_SURROGATE.encode()


class Incoming(Struct, frozen=True):
    """One request as it came: `path` is below the provider's prefix, header names are lower case. `resolve` turns the
    name of a model into the one to answer as, and what that model accepts; it raises `Problem` for an unknown one."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: object
    resolve: Callable[[str], tuple[str, Traits]]


class Event(Struct, frozen=True):
    """One event of a stream. `tokens` are the output tokens that it brings; `reports_usage` that it carries usage."""

    data: bytes
    name: str = ""
    tokens: int = 0
    reports_usage: bool = False

    def frame(self, newline: bytes = b"\n") -> bytes:
        """The event as server-sent events write it."""
        head = b"event: " + self.name.encode() + newline if self.name else b""
        return head + b"data: " + self.data + newline + newline


class Wire(Protocol):
    """One protocol. Operations are `chat`, `count`, `models` and `model`."""

    def operation(self, method: str, path: str) -> str:
        """What a request is for, or empty when the provider has no such address."""
        ...

    def key(self, headers: Mapping[str, str]) -> str:
        """The API key that a request carries, or empty."""
        ...

    def read(self, incoming: Incoming) -> Ask:
        """What a chat request asks for. Raises `Problem` for one that the provider would refuse."""
        ...

    def prompt_cache(self) -> str:
        """How the provider caches prompts: `automatic`, `explicit` or empty for not at all."""
        ...

    def headers(self, request_id: str) -> dict[str, str]:
        """Headers of every answer."""
        ...

    def whole(self, ask: Ask, answer: Answer) -> dict[str, Any]:
        """The body of an answer that is not streamed."""
        ...

    def events(self, ask: Ask, answer: Answer) -> Iterator[Event]:
        """The events of a streamed answer, the terminator included."""
        ...

    def refusal(self, problem: Problem, request_id: str) -> tuple[dict[str, str], Any]:
        """Headers and body of a refusal."""
        ...

    def failure(self, problem: Problem, request_id: str) -> Event:
        """A failure in the midst of a stream."""
        ...

    def models(self, names: Sequence[str]) -> Any:
        """The list of models."""
        ...

    def model(self, name: str) -> Any:
        """One model of that list."""
        ...


@runtime_checkable
class TokenCounter(Protocol):
    """A wire that has the operation `count`."""

    def count(self, tokens: int) -> Any:
        """The answer to a request to count tokens."""
        ...


def bearer(headers: Mapping[str, str]) -> str:
    """The bearer token of a request, or empty."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def json_bytes(value: object) -> bytes:
    """JSON, with the stand-in for a lone surrogate put as the escape that it stands for."""
    encoded = _encode(value)
    return encoded.replace(_LONE, b"\\ud83d") if _LONE in encoded else encoded
