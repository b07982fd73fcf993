"""What the floors above tell telemetry. No metrics or tracing library is known here, so every floor may import it.

Everywhere, `route` is the bare name of the RPC, such as `ChatCompletion`; `model` is the id `provider:model`; `code` is
the name of the gRPC status, such as `OK`. None of the calls raises, waits, or keeps what it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType, TracebackType
from typing import Literal, Protocol

from muxer.types.chat import Usage
from muxer.types.decision import Intent
from muxer.types.money import PicoUsd

BudgetReason = Literal["request_limit", "server_limit", "tenant_budget"]
"""Whose limit no model could keep: the one in the request, the operator's per request, or what is left of a budget."""

EstimateKind = Literal["cost", "output_tokens", "prompt_tokens", "latency"]
"""What is estimated of an answer, and known after it: pico-dollars, tokens, and milliseconds to its end."""

DropKind = Literal["log_line", "span", "decision"]
"""What can be lost when the place it goes to is slow or gone."""

AttributeValue = str | int | float | bool
Attributes = Mapping[str, AttributeValue]

NO_ATTRIBUTES: Attributes = MappingProxyType({})


QuestionOutcome = Literal["answered", "remembered", "nonsense", "failed", "paused", "no_time", "too_dear"]
"""What came of wanting to ask a model for an intent: its label, now or from memory; something that is none; no answer;
or no question, because the model keeps failing, or the request has no time or no money for it."""


class Telemetry(Protocol):
    """Counts what happens. A label value that configuration does not know counts as `other`."""

    def request_started(self, route: str) -> None:
        """A request came in. Each one needs exactly one `request_finished`."""
        ...

    def request_finished(self, route: str, code: str, seconds: float) -> None:
        """The answer, or the last message of the stream, has been handed over."""
        ...

    def decided(self, route: str, seconds: float) -> None:
        """Choosing a model took this long."""
        ...

    def cost_estimated(self, route: str, model: str, cost: PicoUsd, *, within_budget: bool) -> None:
        """A request is expected to cost this much on the model chosen; or on the cheapest one, when none will do."""
        ...

    def budget_exceeded(self, route: str, reason: BudgetReason) -> None:
        """No admissible model is cheap enough."""
        ...

    def intent_classified(self, intent: Intent) -> None:
        """A request is of this kind."""
        ...

    def intent_asked(self, outcome: QuestionOutcome) -> None:
        """The classifier was unsure of a request, and this came of asking a model."""
        ...

    def attempt_finished(self, model: str, outcome: str, seconds: float) -> None:
        """One call to a provider ended: `ok`, or the value of the `Reason` why not."""
        ...

    def first_token(self, model: str, seconds: float) -> None:
        """A stream's first content arrived this long after the call to the provider began."""
        ...

    def fell_back(self, model: str, reason: str) -> None:
        """This model was given up for the next one, for the value of this `Reason`."""
        ...

    def answered(self, model: str, usage: Usage, cost: PicoUsd) -> None:
        """An answer, whole or cut short, used these tokens and cost this much."""
        ...

    def estimate_compared(
        self, model: str, kind: EstimateKind, actual: float, expected: float, quantiles: Mapping[str, float]
    ) -> None:
        """An answer came to `actual`, where `expected` was expected; `quantiles` are the others that were estimated, by
        their name, such as `p90`."""
        ...

    def dropped(self, kind: DropKind, count: int = 1) -> None:
        """Telemetry itself lost this many records."""
        ...


class Span(Protocol):
    """One timed step of a request. Attributes hold neither prompts nor keys."""

    def set(self, name: str, value: AttributeValue) -> None:
        """Adds an attribute."""
        ...


class Tracer(Protocol):
    """Times the steps of the request in progress."""

    def span(
        self, name: str, attributes: Attributes = NO_ATTRIBUTES, *, remote: bool = False
    ) -> AbstractContextManager[Span]:
        """A step below the RPC's span; `remote` says that another system does the work.

        It is not made the current span, so it may be held open across the yields of an async generator. An exception
        that leaves it marks it as failed, by its kind and without its message, which might quote a prompt.
        """
        ...

    def annotate(self, attributes: Attributes) -> None:
        """Adds attributes to the RPC's own span."""
        ...

    def trace_id(self) -> str:
        """The trace that this request is recorded in, as 32 hex digits; empty when it is not recorded."""
        ...


class RequestLog(Protocol):
    """Writes one line for each finished request."""

    def request_finished(
        self,
        request_id: str,
        route: str,
        code: str,
        seconds: float,
        *,
        model: str = "",
        cost: PicoUsd | None = None,
        attempts: int = 0,
        trace_id: str = "",
    ) -> None:
        """Queues the line. Empty and zero values, and an unknown cost, are left out of it."""
        ...


class LineLog(Protocol):
    """Keeps lines, such as one for each decision, in a file."""

    def write(self, line: Callable[[], bytes], size: int) -> None:
        """Queues a line, with its line break, for another thread to make and to write. `size` is about how many bytes
        it keeps waiting."""
        ...


class _NoSpan:
    """A step that nobody watches."""

    def set(self, name: str, value: AttributeValue) -> None:
        """Nothing."""

    def __enter__(self) -> Span:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None


class _NoTracing:
    """Tracing switched off: no object is made for a step."""

    def span(
        self,
        name: str,  # noqa: ARG002 - the port's signature
        attributes: Attributes = NO_ATTRIBUTES,  # noqa: ARG002
        *,
        remote: bool = False,  # noqa: ARG002
    ) -> AbstractContextManager[Span]:
        return NO_SPAN

    def annotate(self, attributes: Attributes) -> None:
        """Nothing."""

    def trace_id(self) -> str:
        return ""


NO_SPAN = _NoSpan()
"""What a tracer hands out for a request that is not sampled."""

NO_TRACING: Tracer = _NoTracing()
"""The tracer when tracing is off."""
