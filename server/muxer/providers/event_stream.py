"""The part of every stream decoder that does not depend on the dialect: events, the terminator, and failures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from muxer.errors import ProviderFailed
from muxer.ports import ProviderSpec
from muxer.providers.failures import ODD_ANSWER, SERVER, FailureClass, failed
from muxer.providers.sse import SseDecoder
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk, Usage


class EventReader(Protocol):
    """Reads the events of one answer."""

    @property
    def complete(self) -> bool:
        """Whether the stream may end here."""
        ...

    @property
    def terminated(self) -> bool:
        """Whether nothing of use can follow."""
        ...

    @property
    def usage(self) -> Usage | None:
        """What has been reported so far."""
        ...

    def read(self, event: bytes) -> Iterable[ChatChunk]:
        """Chunks of one event, but for the last ones.

        Raises `ProviderFailed` for a reported failure, `msgspec.DecodeError` for rubbish.
        """
        ...

    def end(self) -> Iterable[ChatChunk]:
        """The last chunks of an answer that is whole."""
        ...


class EventStreamDecoder:
    """A `StreamDecoder` over server-sent events.

    A failure is held back until the chunks before it were handed out, so that cutting the bytes differently changes
    nothing.
    """

    def __init__(self, reader: EventReader, provider: ProviderSpec, model: ModelSpec) -> None:
        self._reader = reader
        self._provider = provider
        self._model = model
        self._sse = SseDecoder()
        self._failure: ProviderFailed | None = None
        self._ended = False  # the last chunks were handed out

    @property
    def done(self) -> bool:
        """Whether further bytes are of no use: the terminator or a failure has come."""
        return self._ended or self._failure is not None

    @property
    def usage(self) -> Usage | None:
        """What the provider has reported so far."""
        return self._reader.usage

    def feed(self, data: bytes) -> Sequence[ChatChunk]:
        """See `StreamDecoder.feed`."""
        self._raise_failure()
        return () if self._ended else self._read(self._sse.feed(data))

    def close(self) -> Sequence[ChatChunk]:
        """See `StreamDecoder.close`."""
        self._raise_failure()
        if self._ended:
            return ()
        chunks = self._read(self._sse.close())
        if not self._ended and self._failure is None:
            if self._reader.complete:
                chunks.extend(self._end())
            elif not chunks:
                self._fail(SERVER, "incomplete stream")
                self._raise_failure()
        return chunks

    def _read(self, events: Sequence[bytes]) -> list[ChatChunk]:
        chunks: list[ChatChunk] = []
        for event in events:
            try:
                chunks.extend(self._reader.read(event))
                if self._reader.terminated:
                    chunks.extend(self._end())
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self._fail(ODD_ANSWER, "an event of the stream is invalid")
            except ProviderFailed as failure:
                self._failure = failure
            if self.done:
                break
        if self._sse.too_large and not self.done:
            self._fail(ODD_ANSWER, "an event of the stream is too large")
        if not chunks:
            self._raise_failure()
        return chunks

    def _end(self) -> Iterable[ChatChunk]:
        self._ended = True
        return self._reader.end()

    def _fail(self, failure: FailureClass, detail: str) -> None:
        self._failure = failed(failure, self._provider, self._model, detail=detail)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
