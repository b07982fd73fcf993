"""What the measuring process and those that generate load tell one another, and what a client must be able to do."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct


class Job(Struct, frozen=True):
    """Load to generate: `concurrency` requests at a time for so many seconds, each followed by the next at once.

    With a `method` they are gRPC calls of it, else POST /v1/chat/completions. `warm_up` requests go before. A streamed
    answer must have at least `messages` messages over gRPC, and end with `[DONE]` over HTTP; 0: it is not streamed.
    """

    port: int
    body: bytes
    messages: int
    concurrency: int
    seconds: float
    warm_up: int
    method: str = ""


class Sample(Struct, frozen=True):
    """What came of it. Latencies are milliseconds; `first_ms` is until the first byte of the answer's body."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    first_p50_ms: float


class Failed(Struct, frozen=True):
    """The load could not be generated, or an answer was not what it should be."""

    text: str


class Client(Protocol):
    """Sends the request of a job, with a connection for each request at a time, or one for all."""

    async def exchange(self, slot: int) -> float:
        """Returns when the answer is complete, and tells when its first byte came, in seconds of `time.perf_counter`.

        `slot` says which of the requests at a time it is. Raises `RuntimeError` for anything but a whole answer.
        """
        ...

    async def close(self) -> None:
        """Closes the connections."""
        ...
