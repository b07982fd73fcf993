"""Plays one call from the request to the last byte: has it read, scripted, priced and delivered."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

from muxer.simulator import bodies, refusals, scenario, script, streams
from muxer.simulator.ask import Ask
from muxer.simulator.exchange import Exchange, Gates, forever
from muxer.simulator.problem import Problem
from muxer.simulator.prompt_cache import PromptCache
from muxer.simulator.record import Call, Record
from muxer.simulator.scenario import Scenario
from muxer.simulator.script import Answer, Choice
from muxer.simulator.tokens import Tokens
from muxer.simulator.traits import Traits, known_traits
from muxer.simulator.vendors import Vendor
from muxer.simulator.wire import Incoming, TokenCounter, Wire, json_bytes
from muxer.types.catalog import Catalog, ModelSpec

_NOT_OF_THE_QUESTION = frozenset(("stream", "stream_options"))
"""Body fields that do not change what is answered."""
_ABSURD = 10**12
_LIES = frozenset(("usage_missing", "usage_absurd", "usage_negative", "usage_contradictory"))
_TIMES = frozenset(("ok", "slow_first_byte", "hang_before_headers", "keepalive_race"))
SCENARIOS = _LIES | _TIMES | refusals.NAMES | script.NAMES | streams.NAMES | bodies.NAMES
"""Every scenario that there is, beside `fail_times`, which stands for another one."""


class _Turn(Struct, frozen=True):
    """A chat request that was understood: who is asked, by whom, for what, and what shall come of it. `caller` is a
    hash of the key."""

    vendor: Vendor
    wire: Wire
    call: Call
    caller: str
    ask: Ask
    due: Scenario


class Player:
    """Plays calls. Remembers what has to outlive one: cached prompts, standing scenarios, how often a key failed."""

    def __init__(
        self, record: Record, gates: Gates, catalog: Catalog | None, traits: Mapping[str, Traits], pace_s: float
    ) -> None:
        self._record = record
        self._gates = gates
        self._catalog = catalog
        self._traits = traits
        self._pace_s = pace_s
        self._cache = PromptCache()
        self._failed: dict[str, int] = {}
        self.standing: dict[str, Scenario] = {}
        self.doomed: set[asyncio.Transport] = set()
        """Connections that break when the next request comes in on them."""

    async def play(self, request: web.BaseRequest, vendor: Vendor, wire: Wire, call: Call) -> web.StreamResponse:
        """Answers a request. Raises `Problem` when the provider refuses it."""
        path = request.path.removeprefix(vendor.prefix)
        headers = {name.lower(): value for name, value in request.headers.items()}
        call.operation = wire.operation(request.method, path)
        if not call.operation:
            raise Problem("not_found", f"Unknown request URL: {request.method} {request.path}", code="unknown_url")
        if not wire.key(headers):
            raise Problem("auth", "You did not provide an API key.")
        if call.operation == "models":
            return _json(wire.models(self._model_names(vendor)), wire.headers(call.request_id))
        if call.operation == "model":
            name = path.split("/models/", 1)[1]
            self._look_up(vendor, name)
            return _json(wire.model(name), wire.headers(call.request_id))
        suffix = ""

        def resolve(name: str) -> tuple[str, Traits]:
            nonlocal suffix
            call.model, _, suffix = name.partition("#")
            return call.model, self._look_up(vendor, call.model)

        call.body = await _read_json(request)
        ask = wire.read(Incoming(path, request.query, headers, call.body, resolve))
        if call.operation == "count" and isinstance(wire, TokenCounter):
            return _json(wire.count(ask.prompt_tokens), wire.headers(call.request_id))
        chosen = scenario.choose(
            vendor.name,
            call.model,
            header=headers.get("x-simulate", ""),
            message=ask.question,
            suffix=suffix,
            standing=self.standing.get(vendor.name),
        )
        call.stream, call.scenario = ask.stream, str(chosen)
        self._record.changed()
        caller = hashlib.sha256(wire.key(headers).encode("utf-8", "surrogateescape")).hexdigest()
        return await self._perform(request, _Turn(vendor, wire, call, caller, ask, self._due(chosen)))

    async def _perform(self, request: web.BaseRequest, turn: _Turn) -> web.StreamResponse:
        """Makes the answer, and delivers it or what the scenario puts in its place."""
        wire, ask, call = turn.wire, turn.ask, turn.call
        if turn.due.name == "hang_before_headers":
            await forever()
        refused = refusals.problem(turn.due, stream=ask.stream)
        if refused is not None:
            raise refused
        answer = self._answer(turn)
        exchange = Exchange(
            request=request,
            record=self._record,
            call=call,
            scenario=turn.due,
            headers=wire.headers(call.request_id),
            billed=answer.billed,
            body=lambda: json_bytes(wire.whole(ask, answer)),
            events=lambda: wire.events(ask, answer),
            failure=wire.failure(refusals.stream_failure(turn.due), call.request_id),
            gates=self._gates,
            pace_s=self._pace_s,
        )
        try:
            await self._delay(exchange, stream=ask.stream)
            deliver = bodies.no_answer(turn.due.name) or (streams.deliver if ask.stream else bodies.deliver)
            return await deliver(exchange)
        finally:
            self._record.charge(call, exchange.due)

    async def _delay(self, exchange: Exchange, *, stream: bool) -> None:
        """Makes the client wait for the first byte. A provider finishes a whole answer even when nobody waits."""
        if exchange.scenario.name == "keepalive_race":
            self.doomed.add(exchange.transport)
        if exchange.scenario.name != "slow_first_byte":
            return
        exchange.complete = not stream
        if exchange.scenario.text("gate"):
            await self._gates.passed(exchange.scenario.text("gate"))
        await asyncio.sleep(exchange.scenario.seconds("seconds"))

    def _answer(self, turn: _Turn) -> Answer:
        vendor, model = turn.vendor.name, turn.call.model
        digest = _digest(vendor, model, turn.call.body)
        choices = script.compose(turn.ask, f"{vendor}:{model}", digest, turn.due)
        billed = _with_output(self._prompt(turn), choices)
        created = script.EPOCH + int.from_bytes(digest[:4], "big") % 86_400
        return Answer(digest.hex(), created, choices, billed, _reported(billed, turn.due))

    def _prompt(self, turn: _Turn) -> Tokens:
        """What the prompt costs. Raises `Problem` when it does not fit into the model."""
        vendor, model, ask = turn.vendor, turn.call.model, turn.ask
        total = ask.prompt_tokens
        traits, spec = self._look_up(vendor, model), self._spec(vendor, model)
        window = traits.context_window or (spec.context_window if spec else 0)
        most_input = (spec.max_input_tokens if spec else 0) or window
        if (most_input and total > most_input) or (window and total + (ask.max_tokens or 0) > window):
            message = f"prompt is too long: {total} tokens > {most_input or window} maximum"
            raise Problem("context", message, param="messages")
        scope = f"{vendor.name}:{model}:{turn.caller}"
        match turn.wire.prompt_cache():
            case "automatic":
                return self._cache.automatic(scope, ask.segments, bills_writes=traits.cache_breakpoints)
            case "explicit":
                return self._cache.explicit(scope, ask.segments, minimum=traits.cache_minimum)
            case _:
                return Tokens(input=total)

    def _due(self, chosen: Scenario) -> Scenario:
        """The scenario itself, or what `fail_times` amounts to this time. Raises `Problem` for an unknown one: a
        misspelt fault must not pass for a success."""
        if chosen.name == "fail_times":
            key = chosen.text("key")
            self._failed[key] = self._failed.get(key, 0) + 1
            if self._failed[key] > chosen.integer("fail_times", 1):
                return scenario.OK
            chosen = Scenario(chosen.text("status", "500"), chosen.params)
        if chosen.name not in SCENARIOS:
            raise Problem("server", f"The simulator knows no scenario '{chosen.name}'.", status=501)
        return chosen

    def _spec(self, vendor: Vendor, model: str) -> ModelSpec | None:
        return self._catalog.models.get(f"{vendor.name}:{model}") if self._catalog else None

    def _look_up(self, vendor: Vendor, model: str) -> Traits:
        """What a model accepts. Raises `Problem` for one that a catalogue was given without."""
        if self._catalog and self._spec(vendor, model) is None:
            message = f"The model `{model}` does not exist or you do not have access to it."
            raise Problem("not_found", message)
        return self._traits.get(f"{vendor.name}:{model}") or known_traits(vendor.name, model)

    def _model_names(self, vendor: Vendor) -> list[str]:
        if self._catalog is None:
            return ["simulated-model"]
        return [spec.name for spec in self._catalog.models.values() if spec.provider == vendor.name]


async def _read_json(request: web.BaseRequest) -> Any:
    try:
        return msgspec.json.decode(await request.read())
    except web.HTTPRequestEntityTooLarge:
        raise Problem("too_large", "Request exceeds the maximum size.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem("invalid", "We could not parse the JSON body of your request.") from None


def _digest(provider: str, model: str, body: Mapping[str, Any]) -> bytes:
    """A hash of what makes the answer: the request without the fields that only change how it is delivered."""
    asked = {key: value for key, value in body.items() if key not in _NOT_OF_THE_QUESTION}
    normalised = msgspec.json.encode([provider, model, asked], order="deterministic")
    return hashlib.blake2b(normalised, digest_size=16).digest()


def _with_output(prompt: Tokens, choices: tuple[Choice, ...]) -> Tokens:
    output = sum(choice.output_tokens for choice in choices)
    return msgspec.structs.replace(prompt, output=output, reasoning=sum(len(choice.reasoning) for choice in choices))


def _reported(billed: Tokens, due: Scenario) -> Tokens | None:
    """What the answer says that it used."""
    match due.name:
        case "usage_missing":
            return None
        case "usage_absurd":
            return Tokens(input=_ABSURD, output=_ABSURD)
        case "usage_negative":
            return Tokens(input=-billed.prompt, output=-billed.output)
        case "usage_contradictory":
            return Tokens(input=-billed.prompt, cached=2 * billed.prompt, output=1, reasoning=billed.output + 1_000)
        case _:
            return billed


def _json(body: Any, headers: dict[str, str]) -> web.Response:
    return web.Response(body=json_bytes(body), headers={**headers, "content-type": "application/json"})
