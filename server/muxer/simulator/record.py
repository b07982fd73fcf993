"""What the simulator was asked and what it billed, kept apart from all that the router writes down.

The calls are bounded, oldest out first; the bill is not. Nothing here holds a key: header values that carry one are
replaced by the beginning of their SHA-256.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from muxer.simulator.tokens import Tokens
from muxer.types.catalog import Catalog, DatedPrice, ModelSpec, Rates

_SECRET_HEADERS = frozenset(
    ("authorization", "x-api-key", "api-key", "x-goog-api-key", "proxy-authorization", "cookie")
)


class Call(Struct, kw_only=True):
    """One call. Times are `time.monotonic()` seconds; `aborted` is set when the client went away before the end."""

    serial: int
    provider: str
    method: str
    path: str
    headers: dict[str, str]
    request_id: str
    started_s: float
    operation: str = ""
    model: str = ""
    body: Any = None
    stream: bool = False
    scenario: str = "ok"
    status: int = 0
    error: str = ""
    events_sent: int = 0
    billed: Tokens = Tokens()
    cost_pico_usd: int | None = None
    finished_s: float | None = None
    aborted: bool = False
    aborted_s: float | None = None


class Line(Struct):
    """The bill of one model. `prompt_tokens` includes cached and written ones, `completion_tokens` includes reasoning.
    `cost_pico_usd` is the sum over the calls that had a price; `unpriced_calls` are the others."""

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cost_pico_usd: int = 0
    unpriced_calls: int = 0

    def add(self, billed: Tokens, cost: int | None) -> None:
        """Takes in one call."""
        self.calls += 1
        self.prompt_tokens += billed.prompt
        self.cached_tokens += billed.cached
        self.cache_write_tokens += billed.written
        self.completion_tokens += billed.output
        self.reasoning_tokens += billed.reasoning
        self.cost_pico_usd += cost or 0
        self.unpriced_calls += cost is None


class Bill(Struct):
    """What was billed since the start or the last `clear`, by `provider:model` and in all."""

    models: dict[str, Line]
    total: Line
    price_version: str = ""


class Record:
    """All calls and their bill."""

    def __init__(self, catalog: Catalog | None, today: Callable[[], dt.date], most_calls: int) -> None:
        self._catalog = catalog
        self._today = today
        self._calls: deque[Call] = deque(maxlen=most_calls)
        self._waiting: set[asyncio.Future[None]] = set()
        self._serial = 0
        self._lines: dict[str, Line] = {}
        self._total = Line()

    @property
    def calls(self) -> list[Call]:
        """The calls that are still remembered, oldest first."""
        return list(self._calls)

    @property
    def last(self) -> Call:
        """The latest call. Raises IndexError when there was none."""
        return self._calls[-1]

    @property
    def bill(self) -> Bill:
        """What was billed."""
        return Bill(self._lines, self._total, self._catalog.version if self._catalog else "")

    def clear(self) -> None:
        """Forgets calls and bill."""
        self._calls.clear()
        self._lines = {}
        self._total = Line()

    def begin(self, provider: str, method: str, path: str, headers: Mapping[str, str], now: float) -> Call:
        """Opens the record of a call."""
        self._serial += 1
        call = Call(
            serial=self._serial,
            provider=provider,
            method=method,
            path=path,
            headers={name.lower(): redacted(name.lower(), value) for name, value in headers.items()},
            request_id=f"req_sim_{self._serial:08}",
            started_s=now,
        )
        self._calls.append(call)
        self.changed()
        return call

    def charge(self, call: Call, billed: Tokens) -> None:
        """Bills a call. Once per call."""
        if billed.total == 0:
            return
        name = f"{call.provider}:{call.model}"
        spec = self._catalog.models.get(name) if self._catalog else None
        call.billed = billed
        call.cost_pico_usd = None if spec is None else cost(spec, billed, self._today())
        self._lines.setdefault(name, Line()).add(billed, call.cost_pico_usd)
        self._total.add(billed, call.cost_pico_usd)

    def end(self, call: Call, now: float, *, aborted: bool) -> None:
        """Closes the record of a call."""
        call.finished_s = now
        if aborted:
            call.aborted, call.aborted_s = True, now
        self.changed()

    def changed(self) -> None:
        """Has those who wait for a call look again."""
        while self._waiting:
            future = self._waiting.pop()
            if not future.done():
                future.set_result(None)

    async def wait_for(self, wanted: Callable[[Call], bool]) -> Call:
        """The first remembered call that is as wanted, as soon as there is one. Has no time limit of its own."""
        while True:
            for call in self._calls:
                if wanted(call):
                    return call
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            await future


def redacted(name: str, value: str) -> str:
    """A header's value, or a short hash of it when it carries a key."""
    if name not in _SECRET_HEADERS or not value:
        return value
    return "sha256:" + hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def cost(spec: ModelSpec, billed: Tokens, day: dt.date) -> int:
    """Pico-USD of a call, exactly. A kind of token without a rate of its own costs as much as plain input."""
    price = _price_on(spec, day)
    rates: Rates = price.rates
    for tier in price.tiers:
        if billed.prompt > tier.above_prompt_tokens:
            rates = tier.rates
    cached = rates.input if rates.cached_input is None else rates.cached_input
    write_5m = rates.input if rates.cache_write is None else rates.cache_write
    write_1h = write_5m if rates.cache_write_1h is None else rates.cache_write_1h
    return (
        billed.input * rates.input
        + billed.cached * cached
        + billed.write_5m * write_5m
        + billed.write_1h * write_1h
        + billed.output * rates.output
    )


def _price_on(spec: ModelSpec, day: dt.date) -> DatedPrice:
    return [price for price in spec.prices if price.start <= day][-1]
