"""`modelmuxer check --live`: whether every configured provider answers, in one piece and as a stream.

The one command that spends money without being asked a question: some thousandths of a cent for each provider.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable, Iterable

from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from muxer.cli.screen import complain, screen
from muxer.core.cost import bill
from muxer.errors import ProviderFailed
from muxer.plan import Plan
from muxer.ports import ProviderClient, ProviderSpec, Timeouts
from muxer.providers.client import HttpProviderClient
from muxer.providers.transport import transport
from muxer.types.catalog import Catalog, ModelSpec
from muxer.types.chat import ChatRequest, Message, Usage
from muxer.types.money import PicoUsd, usd_text

PROMPT = "Reply with the word OK."

MAX_TOKENS = 64
"""Room for a model that reasons to begin with; OpenAI refuses less than 16 from some."""

TIMEOUTS = Timeouts(connect=5.0, first_byte=60.0, idle=30.0, total=90.0)


class Call(Struct, frozen=True):
    """How one call went. `problem` is empty when an answer came; `cost` is None when nothing was said of its tokens."""

    seconds: float = 0.0
    first_token_s: float | None = None
    cost: PicoUsd | None = None
    problem: str = ""


class Findings(Struct, frozen=True):
    """One provider: its cheapest model, and how that answered."""

    provider: str
    model: str
    whole: Call
    streamed: Call

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, each thing once."""
        return tuple(dict.fromkeys(call.problem for call in (self.whole, self.streamed) if call.problem))


def run(plan: Plan, variables: Iterable[str]) -> int:
    """Asks everyone, and prints what works. 0 when all of it does. `variables` are those that would set a key."""
    if not plan.settings.provider_adapters_enabled:
        complain("Nothing to ask", "PROVIDER_ADAPTERS_ENABLED is false, so no provider is called")
        return 1
    if not plan.providers:
        complain("Nothing to ask", f"no provider is configured; set one of {', '.join(variables)}")
        return 1
    errors = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("asking the providers", total=2 * len(plan.providers))
        found = asyncio.run(_ask_all(plan, lambda: progress.advance(task)))
    console = screen()
    console.print(_table(found))
    problems = [problem for row in found for problem in row.problems]
    for problem in problems:
        console.print(f"[red]wrong[/]  {escape(problem)}", soft_wrap=True)
    return 1 if problems else 0


def cheapest(catalog: Catalog, provider: str, today: dt.date) -> ModelSpec | None:
    """The provider's model that answers the question for the least money, of those that it still offers."""
    most = Usage(prompt_tokens=MAX_TOKENS, completion_tokens=MAX_TOKENS)
    offered = [
        model
        for model in catalog.models.values()
        if model.provider == provider and (model.deprecation_date is None or model.deprecation_date >= today)
    ]
    return min(offered, key=lambda model: (bill(model, most, today), model.id), default=None)


async def _ask_all(plan: Plan, done: Callable[[], None]) -> list[Findings]:
    """All providers at once. `done` is called after each call."""
    http = transport(plan.settings.transport)
    client = HttpProviderClient(http)
    today = dt.datetime.now(dt.UTC).date()
    try:
        return await asyncio.gather(
            *(
                _ask(client, plan.providers[name], cheapest(plan.prices.catalog, name, today), today, done)
                for name in sorted(plan.providers)
            )
        )
    finally:
        await http.close()


async def _ask(
    client: ProviderClient, provider: ProviderSpec, model: ModelSpec | None, today: dt.date, done: Callable[[], None]
) -> Findings:
    if model is None:
        unpriced = Call(problem=f"{provider.name} has no model with a price")
        return Findings(provider.name, "", unpriced, unpriced)
    calls = []
    for ask in (_whole, _streamed):
        calls.append(await _timed(ask(client, provider, model), model, today))
        done()
    return Findings(provider.name, model.name, *calls)


class _Answer(Struct, frozen=True):
    usage: Usage | None
    first_token_at: float | None = None  # monotonic seconds


async def _timed(answer: Awaitable[_Answer], model: ModelSpec, today: dt.date) -> Call:
    started = time.monotonic()
    try:
        given = await answer
    except ProviderFailed as failure:
        return Call(problem=_in_words(failure))
    first = None if given.first_token_at is None else given.first_token_at - started
    cost = None if given.usage is None else bill(model, given.usage, today)
    return Call(time.monotonic() - started, first, cost)


def _question(model: ModelSpec) -> ChatRequest:
    return ChatRequest((Message("user", PROMPT),), model=model.id, max_tokens=MAX_TOKENS)


async def _whole(client: ProviderClient, provider: ProviderSpec, model: ModelSpec) -> _Answer:
    response = await client.complete(_question(model), provider, model, TIMEOUTS)
    return _Answer(response.usage)


async def _streamed(client: ProviderClient, provider: ProviderSpec, model: ModelSpec) -> _Answer:
    usage, first = None, None
    async with client.stream(_question(model), provider, model, TIMEOUTS) as batches:
        async for chunks in batches:
            for chunk in chunks:
                usage = chunk.usage or usage
                if first is None and any([choice.delta.content or choice.delta.reasoning for choice in chunk.choices]):
                    first = time.monotonic()
    return _Answer(usage, first)


def _in_words(failure: ProviderFailed) -> str:
    """With the provider's own words, for whoever runs this command is the operator. Keys are blotted out of them."""
    status = f" (HTTP {failure.status})" if failure.status else ""
    words = failure.provider_message
    return f"{failure.message}{status}" + (f": {words}" if words and words not in failure.message else "")


def _table(rows: Iterable[Findings]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "provider", "model"):
        table.add_column(name, overflow="fold")
    for name in ("whole", "stream", "first token", "cost USD"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            "[red]wrong[/]" if row.problems else "[green]ok[/]",
            row.provider,
            escape(row.model),
            _seconds(None if row.whole.problem else row.whole.seconds),
            _seconds(None if row.streamed.problem else row.streamed.seconds),
            _seconds(row.streamed.first_token_s),
            _cost(row),
        )
    return table


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f} s"


def _cost(row: Findings) -> str:
    """What the answers cost together; nothing when no tokens were reported for any."""
    costs = [call.cost for call in (row.whole, row.streamed) if call.cost is not None]
    return usd_text(sum(costs)) if costs else ""
