"""Asks a language model for the intent of a request that the classifier is unsure of.

A request never fails, and hardly waits, because of it: the question has a short time of its own, which is a part of
the request's; what was asked lately is remembered, and what is being asked is not asked twice; a model that keeps
failing is left alone for a while. Whenever there is no answer, the classifier's own stands.
"""

from __future__ import annotations

import asyncio

from msgspec import Struct, structs

from muxer.core.cost import bill
from muxer.core.features import Features
from muxer.core.tokens import prompt_tokens
from muxer.dispatch.failure_pause import FailurePause
from muxer.dispatch.intent_question import key, label_in, question
from muxer.dispatch.run import CONNECT_TIMEOUT_S, Environment, finished
from muxer.dispatch.settlement import Attempt
from muxer.errors import ProviderFailed
from muxer.ports import Timeouts
from muxer.state.recent import Recent
from muxer.telemetry.port import QuestionOutcome
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, ChatResponse, Usage
from muxer.types.decision import Decision, Intent
from muxer.types.money import PicoUsd

CONFIDENCE = 0.75
"""Of a model's label. Not measured: what a small model says of a request that the learned classifier is unsure of is
right more often than not, and a word has no probability with it. It is above the default of INTENT_MIN_CONF_FOR_DIRECT,
so that the answer counts, and below what the rules and a sure classifier say."""

REMEMBERED = 10_000
REMEMBERED_S = 3600.0
"""A label does not age, but the model behind a name may be replaced by a better one."""

SHARE_OF_TIME = 0.25
"""Of the time that a request has left, at most: most of it is for the answer."""

SHARE_OF_LIMIT = 0.05
"""Of what a request may cost, at most: the rest is for the answer. An estimate is further off than that, so what asking
takes of a limit rules out next to nothing."""

LEAST_S = 0.1
"""With less time than this no provider answers."""

PROMPT_MARGIN = 1.5
"""By which a count of ours may fall short of the provider's, also for scripts that models cut up differently."""

UNSAFE = "safety_risk"


class Advice(Struct, frozen=True):
    """What came of asking: an intent, unless there is none to be had, and the call that it took, if it took one, with
    what that could cost at most."""

    intent: Intent | None = None
    attempts: tuple[Attempt, ...] = ()
    ceiling: PicoUsd = PicoUsd(0)

    @property
    def cost(self) -> PicoUsd:
        """What the call takes of the request's limit: what it cost, but never more than it can have cost. A provider
        that reports absurd usage must not make the request too dear."""
        return PicoUsd(min(self.ceiling, sum(attempt.cost for attempt in self.attempts)))


NO_ADVICE = Advice()


def affordable(limit: PicoUsd | None, needed: PicoUsd) -> PicoUsd | None:
    """What a question may cost at most, of a limit that leaves room for `needed`. None: no limit."""
    return None if limit is None else PicoUsd(min(limit - needed, int(SHARE_OF_LIMIT * limit)))


class IntentAsker:
    """Asks one model, about requests whose intent has less than `low_confidence`, for at most `timeout_s` seconds."""

    def __init__(self, env: Environment, model: ModelSpec, *, timeout_s: float, low_confidence: float) -> None:
        self._env = env
        self._model = model
        self._timeout_s = timeout_s
        self._low_confidence = low_confidence
        self._labels: Recent[bytes, str] = Recent(REMEMBERED, REMEMBERED_S, env.clock)
        self._underway: dict[bytes, asyncio.Future[str]] = {}
        self._pause = FailurePause(env.clock)

    def is_worth_asking(self, decision: Decision) -> bool:
        """Whether an answer could improve this decision.

        Not when a rule has settled the intent, nor when the caller has named the model. What the classifier calls
        unsafe stays so: its text could talk a language model out of it.
        """
        intent = decision.intent
        return (
            intent.confidence < self._low_confidence
            and intent.method == "model"
            and intent.label != UNSAFE
            and not decision.pinned
        )

    async def ask(self, features: Features, *, tenant: str, allowance: PicoUsd | None, deadline: float) -> Advice:
        """The model's opinion. Never raises, except when it is cancelled.

        `allowance` is what the question may be estimated to cost at most, None for no limit; `deadline` is that of the
        request, in the clock's monotonic seconds.
        """
        asked = question(features, self._model)
        known_as = key(asked, self._model, tenant)
        known = self._labels.get(known_as)
        if known is not None:
            return self._advice(known, "remembered" if known else "nonsense")
        time_s = min(self._timeout_s, SHARE_OF_TIME * (deadline - self._env.clock.monotonic()))
        if time_s < LEAST_S:
            return self._advice("", "no_time")
        underway = self._underway.get(known_as)
        if underway is not None:
            done, _ = await asyncio.wait((underway,), timeout=time_s)
            label = underway.result() if done else ""
            return self._advice(label, "remembered" if label else "failed")
        ceiling = self._dearest(asked)
        if allowance is not None and ceiling > allowance:
            return self._advice("", "too_dear")
        if not self._pause.may_try():
            return self._advice("", "paused")
        return await self._ask_once(asked, known_as, time_s, ceiling)

    async def _ask_once(self, asked: ChatRequest, known_as: bytes, time_s: float, ceiling: PicoUsd) -> Advice:
        """Asks, and tells those who want to know the same."""
        underway = self._underway[known_as] = asyncio.get_running_loop().create_future()
        label = ""
        try:
            answer, attempt = await self._call(asked, time_s)
            if answer is not None:
                label = label_in(answer)
                self._labels.put(known_as, label)
        finally:
            del self._underway[known_as]
            underway.set_result(label)
        if label:
            self._pause.succeeded()
        else:
            self._pause.failed()
        outcome: QuestionOutcome = "answered" if label else "failed" if answer is None else "nonsense"
        return structs.replace(self._advice(label, outcome), attempts=(attempt,), ceiling=ceiling)

    async def _call(self, asked: ChatRequest, time_s: float) -> tuple[ChatResponse | None, Attempt]:
        env, model = self._env, self._model
        timeouts = Timeouts(connect=min(CONNECT_TIMEOUT_S, time_s), first_byte=time_s, idle=time_s, total=time_s)
        began = env.clock.monotonic()
        outcome, usage, answer = "cancelled", None, None
        try:
            with env.tracer.span("intent.question", {"gen_ai.request.model": model.name}, remote=True):
                answer = await env.client.complete(asked, env.providers[model.provider], model, timeouts)
            outcome, usage = "ok", self._usage(asked, answer)
        except ProviderFailed as failure:
            outcome = failure.reason.value
        finally:
            attempt = finished(env, model, outcome, usage, env.clock.monotonic() - began, purpose="intent")
        return answer, attempt

    def _usage(self, asked: ChatRequest, answer: ChatResponse) -> Usage:
        """As reported, else as counted."""
        if answer.usage is not None:
            return answer.usage
        said = "".join(choice.message.content + choice.message.reasoning for choice in answer.choices)
        return self._counted(asked, round(self._env.count_tokens(said) * self._model.token_factor))

    def _counted(self, asked: ChatRequest, answer_tokens: int) -> Usage:
        prompt = round(prompt_tokens(asked, self._env.count_tokens) * self._model.token_factor)
        return Usage(prompt_tokens=prompt, completion_tokens=answer_tokens, estimated=True)

    def _dearest(self, asked: ChatRequest) -> PicoUsd:
        """What the question costs at most: with an answer as long as it may be, and more of a prompt than counted."""
        counted = self._counted(asked, asked.max_tokens or 0)
        most = structs.replace(counted, prompt_tokens=round(PROMPT_MARGIN * counted.prompt_tokens))
        return bill(self._model, most, self._env.today())

    def _advice(self, label: str, outcome: QuestionOutcome) -> Advice:
        self._env.telemetry.intent_asked(outcome)
        return Advice(Intent(label, CONFIDENCE, "llm") if label else None)
