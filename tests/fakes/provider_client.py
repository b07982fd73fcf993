"""A provider client that does as its script says, and a telemetry that remembers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from muxer.errors import ProviderFailed
from muxer.ports import ProviderSpec, Timeouts
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk, ChatRequest, ChatResponse

Step = ChatResponse | ProviderFailed | Sequence[Any]
"""What a call gives: an answer, a failure, or for a stream its batches, failures and events to wait for."""


class ScriptedClient:
    """Implements `ProviderClient`. Each call takes the next step of its model's script."""

    def __init__(self, scripts: dict[str, list[Step]]) -> None:
        self._scripts = scripts
        self.calls: list[tuple[str, Timeouts]] = []
        self.closed: list[str] = []

    def dropped(self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec) -> tuple[str, ...]:
        return ()

    async def complete(
        self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, timeouts: Timeouts
    ) -> ChatResponse:
        step = self._next(model, timeouts)
        if isinstance(step, ProviderFailed):
            raise step
        if isinstance(step, asyncio.Event):
            await step.wait()
        assert isinstance(step, ChatResponse)
        return step

    @asynccontextmanager
    async def stream(
        self, request: ChatRequest, provider: ProviderSpec, model: ModelSpec, timeouts: Timeouts
    ) -> AsyncIterator[AsyncIterator[Sequence[ChatChunk]]]:
        step = self._next(model, timeouts)
        if isinstance(step, ProviderFailed):
            raise step
        try:
            yield self._batches(step)
        finally:
            self.closed.append(model.id)

    async def _batches(self, steps: Any) -> AsyncIterator[Sequence[ChatChunk]]:
        for step in steps:
            if isinstance(step, ProviderFailed):
                raise step
            if isinstance(step, asyncio.Event):
                await step.wait()
                continue
            yield step

    def _next(self, model: ModelSpec, timeouts: Timeouts) -> Any:
        self.calls.append((model.id, timeouts))
        return self._scripts[model.id].pop(0)


class RememberingTelemetry:
    """Implements `Telemetry`: every call as a tuple of its name and arguments."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        def tell(*args: Any, **named: Any) -> None:
            self.told.append((name, *args, *named.values()))

        return tell

    def of(self, name: str) -> list[tuple[Any, ...]]:
        """What was told under this name."""
        return [entry[1:] for entry in self.told if entry[0] == name]
