"""One streamed answer: passes chunks on as they arrive, falls back as long as nothing of substance was passed on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from muxer.dispatch.run import Run
from muxer.dispatch.settlement import Settled, estimated_usage
from muxer.errors import ProviderFailed
from muxer.ports import Clock
from muxer.types.chat import ChatChunk, ChunkChoice, Usage
from muxer.types.decision import Candidate


class StreamedAnswer:
    """Iterating gives the chunks, all of one network read together. Afterwards `settled` has the bill.

    A failure before the first text, reasoning or tool call leads to the next attempt, and a caller may then see a
    second role chunk. A failure after it is raised: text that was passed on is never begun anew.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._batches = self._read()
        self._settled: Settled | None = None

    def __aiter__(self) -> AsyncIterator[Sequence[ChatChunk]]:
        return self._batches

    @property
    def candidate(self) -> Candidate:
        """The model that is being asked."""
        return self._run.candidate

    @property
    def dropped(self) -> tuple[str, ...]:
        """What that model was not told of the request."""
        return self._run.dropped()

    @property
    def settled(self) -> Settled:
        """The bill. Only after the last chunk."""
        if self._settled is None:
            raise RuntimeError("the answer is not complete")
        return self._settled

    async def close(self) -> None:
        """Ends the call to the provider, if it is still running."""
        await self._batches.aclose()

    async def _read(self) -> AsyncGenerator[Sequence[ChatChunk], None]:
        run = self._run
        env = run.env
        while True:
            timeouts = run.begin()
            meter = _Meter(env.clock, run.candidate, env.count_tokens)
            try:
                with env.tracer.span("provider.call", run.span(), remote=True):
                    async with env.client.stream(run.request, run.provider(), run.candidate.model, timeouts) as batches:
                        async for batch in batches:
                            meter.take(batch)
                            yield batch
            except ProviderFailed as failure:
                run.failed(failure, meter.partial(), meter.seconds())
                if meter.first_token_s is not None:
                    raise
                await run.next()
            except (asyncio.CancelledError, GeneratorExit):
                run.cancelled(meter.partial(), meter.seconds())
                raise
            else:
                self._settled = run.succeeded(meter.complete(), meter.seconds(), meter.first_token_s, cut=meter.cut)
                return


class _Meter:
    """Watches one attempt go by: when its first token came, its text, whether a limit on its length cut it, and the
    usage that it reports."""

    def __init__(self, clock: Clock, candidate: Candidate, count_tokens: Callable[[str], int]) -> None:
        self._clock = clock
        self._candidate = candidate
        self._count_tokens = count_tokens
        self._started = clock.monotonic()
        self._texts: list[str] = []
        self._usage: Usage | None = None
        self.first_token_s: float | None = None
        self.cut = False

    def take(self, batch: Sequence[ChatChunk]) -> None:
        for chunk in batch:
            if chunk.usage is not None:
                self._usage = chunk.usage
            for choice in chunk.choices:
                self._choice(choice)

    def seconds(self) -> float:
        return self._clock.monotonic() - self._started

    def complete(self) -> Usage:
        """The usage of a complete answer: reported, else counted."""
        return self._usage or self._counted()

    def partial(self) -> Usage | None:
        """The usage of an answer that broke off. What was reported before the text came does not cover the text."""
        if self.first_token_s is None:
            return self._usage
        counted = self._counted()
        reported = self._usage
        if reported is None:
            return counted
        return Usage(
            prompt_tokens=reported.prompt_tokens,
            completion_tokens=max(reported.completion_tokens, counted.completion_tokens),
            cached_tokens=reported.cached_tokens,
            cache_write_tokens=reported.cache_write_tokens,
            reasoning_tokens=reported.reasoning_tokens,
            estimated=True,
        )

    def _counted(self) -> Usage:
        return estimated_usage(["".join(self._texts)], self._candidate, self._count_tokens)

    def _choice(self, choice: ChunkChoice) -> None:
        delta = choice.delta
        self.cut = self.cut or choice.finish_reason == "length"
        if delta.content:
            self._texts.append(delta.content)
        if delta.reasoning:
            self._texts.append(delta.reasoning)
        for call in delta.tool_calls:
            self._texts.append(call.name + call.arguments)
        if self.first_token_s is None and (
            delta.content or delta.reasoning or delta.tool_calls or delta.refusal or choice.finish_reason
        ):
            self.first_token_s = self.seconds()
