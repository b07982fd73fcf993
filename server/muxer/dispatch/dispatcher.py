"""Asks the models of a decision's plan until one answers, within the deadline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from muxer.dispatch.run import Environment, Run
from muxer.dispatch.settlement import Attempt, Settled, answer_usage
from muxer.dispatch.streamed import StreamedAnswer
from muxer.errors import ProviderFailed
from muxer.types.chat import ChatRequest, ChatResponse
from muxer.types.decision import Candidate, Decision


class Answer(Struct, frozen=True):
    """A whole answer, who gave it, and its bill."""

    response: ChatResponse
    candidate: Candidate
    settled: Settled


class Dispatcher:
    """Asks the models of a plan, in their order."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    async def complete(
        self, request: ChatRequest, decision: Decision, deadline: float, before: Sequence[Attempt] = ()
    ) -> Answer:
        """The whole answer. `deadline` is in the clock's monotonic seconds; `before` are the calls made for deciding.

        Raises `MuxerError` when no attempt succeeds.
        """
        run = Run(self._env, request, decision, deadline, before)
        while True:
            timeouts = run.begin()
            started = self._env.clock.monotonic()
            try:
                with self._env.tracer.span("provider.call", run.span(), remote=True):
                    response = await self._env.client.complete(request, run.provider(), run.candidate.model, timeouts)
            except ProviderFailed as failure:
                run.failed(failure, None, self._env.clock.monotonic() - started)
                await run.next()
            except asyncio.CancelledError:
                run.cancelled(None, self._env.clock.monotonic() - started)
                raise
            else:
                usage = answer_usage(response, run.candidate, self._env.count_tokens)
                cut = any(choice.finish_reason == "length" for choice in response.choices)
                settled = run.succeeded(usage, self._env.clock.monotonic() - started, None, cut=cut)
                return Answer(response, run.candidate, settled)

    @asynccontextmanager
    async def stream(
        self, request: ChatRequest, decision: Decision, deadline: float, before: Sequence[Attempt] = ()
    ) -> AsyncIterator[StreamedAnswer]:
        """The answer as it is written, with the parameters of `complete`. Leaving the context ends the call to the
        provider and settles it."""
        answer = StreamedAnswer(Run(self._env, request, decision, deadline, before))
        try:
            yield answer
        finally:
            await answer.close()
