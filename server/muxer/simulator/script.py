"""Decides what a simulated model says: text, tool calls, JSON, thoughts or a refusal. Knows no wire.

The answer is a function of the request alone: everything that looks like chance is drawn from a hash of it.
"""

from __future__ import annotations

import hashlib
import re

import msgspec
from msgspec import Struct

from muxer.simulator import schema, tokens
from muxer.simulator.ask import Ask, ToolSpec
from muxer.simulator.scenario import Scenario, without_markers

EPOCH = 1_795_392_000
"""2026-11-23T00:00:00Z. Answers are dated in the day that begins here, so that they never depend on the clock."""

CALL_TOKENS = 8
"""What a tool call counts for, beside its arguments."""

_SENTENCES = tuple(
    tuple(tokens.split(" " + sentence))
    for sentence in (
        "This text was written by a local program, not by a language model.",
        "It is here so that applications can be built and tested without a network.",
        "The same request always gets the same answer.",
        "Its length is chosen from the request, as are its sentences.",
        "Token counts and costs are reported just as the real provider would report them.",
        "Nothing in this answer should be taken as advice.",
        "A real model would have thought about the question.",
        "Streaming, tools and structured output work in the same way.",
        "Failures can be scripted, one by one, for every provider.",
        "No money was spent on these words.",
        "The wire format is the real one, down to the order of the events.",
        "Set an API key to talk to the provider itself.",
    )
)
_THOUGHTS = tuple(
    tokens.split(
        "Simulated reasoning. The request was read and its last message found. A local program chooses sentences by a"
        " hash of the request, and counts what it chose. "
    )
)
_EFFORT_TOKENS = {"none": 0, "minimal": 8, "low": 24, "medium": 48, "high": 96, "xhigh": 160, "max": 256, "default": 48}
NAMES = frozenset(("refusal", "content_filter", "long_stream", "say", "unicode", "lone_surrogate"))
"""The scenarios that change what is said."""
_UNICODE = " Grüße aus Zürich, 東京 and Ελλάδα: 👩‍🚀🇳🇴 naïve café, ¡señor! 🎉"
LONE_SURROGATE = "\ue000"
"""Stands for half of a surrogate pair, which a Python text cannot be encoded with; put on the wire as an escape."""
_WORD = re.compile(r"[A-Za-z][\w'-]*")


class Call(Struct, frozen=True):
    """A tool call. `complete` is False when the token limit cut its arguments."""

    tool: ToolSpec
    arguments: str
    complete: bool = True


class Choice(Struct, frozen=True):
    """One answer. `finish` is stop, length, tool_calls or content_filter."""

    index: int
    finish: str
    text: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    reasoning: tuple[str, ...] = ()
    refused: bool = False
    stop_sequence: str | None = None
    shows_reasoning: bool = False

    @property
    def output_tokens(self) -> int:
        """All tokens that this choice is billed for."""
        called = sum(CALL_TOKENS + tokens.count(call.arguments) for call in self.calls)
        return len(self.text) + len(self.reasoning) + called


class Answer(Struct, frozen=True):
    """What a call is answered with. `usage` is what the answer says of itself: the truth unless a scenario lies, and
    None when nothing is said; `billed` is the truth."""

    id: str
    """32 hexadecimal digits; every wire makes its ids of them."""
    created: int
    choices: tuple[Choice, ...]
    billed: tokens.Tokens
    usage: tokens.Tokens | None


def compose(ask: Ask, identity: str, digest: bytes, scenario: Scenario) -> tuple[Choice, ...]:
    """The choices that a request gets. `identity` is `provider:model`."""
    made = (_choice(ask, identity, _branch(digest, index), scenario, index) for index in range(ask.choices))
    return tuple(msgspec.structs.replace(choice, shows_reasoning=ask.show_reasoning) for choice in made)


def _branch(digest: bytes, index: int) -> bytes:
    return digest if index == 0 else hashlib.blake2b(digest + bytes([index]), digest_size=16).digest()


def _choice(ask: Ask, identity: str, digest: bytes, scenario: Scenario, index: int) -> Choice:
    if scenario.name in ("refusal", "content_filter"):
        return _refusal(identity, scenario, index)
    reasoning = _reasoning(ask, digest)
    room = None if ask.max_tokens is None else ask.max_tokens - len(reasoning)
    if room is not None and room < 0:
        return Choice(index, "length", reasoning=reasoning[: ask.max_tokens])
    called = _called_tools(ask)
    if called:
        return _calls(ask, called, reasoning, room, index)
    text, stop_sequence = _text(ask, identity, digest, scenario)
    if room is not None and len(text) > room:
        return Choice(index, "length", text[:room], reasoning=reasoning)
    return Choice(index, "stop", text, reasoning=reasoning, stop_sequence=stop_sequence)


def _refusal(identity: str, scenario: Scenario, index: int) -> Choice:
    text = tuple(tokens.split(f"Simulated refusal by {identity}: I cannot help with that."))
    if scenario.name == "refusal":
        return Choice(index, "stop", text, refused=True)
    return Choice(index, "content_filter", text[:4])


def _reasoning(ask: Ask, digest: bytes) -> tuple[str, ...]:
    wanted = _EFFORT_TOKENS.get(ask.effort, 0)
    if not wanted:
        return ()
    wanted += digest[2] % 16
    return (_THOUGHTS * (wanted // len(_THOUGHTS) + 1))[:wanted]


def _called_tools(ask: Ask) -> tuple[ToolSpec, ...]:
    """Forced tools, or those that the last message names; the model is done when it ends with results."""
    allowed = ask.callable_tools
    question = ask.question.lower()
    named = tuple(tool for tool in allowed if _mentions(question, tool.name))
    if ask.tool_mode == "required":
        named = named or allowed[:1]
    elif ask.results:
        named = ()
    return named if ask.parallel else named[:1]


def _mentions(question: str, name: str) -> bool:
    name = name.lower()
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", question) is not None or (
        "_" in name and name.replace("_", " ") in question
    )


def _calls(ask: Ask, called: tuple[ToolSpec, ...], reasoning: tuple[str, ...], room: int | None, index: int) -> Choice:
    names = " and ".join(tool.name for tool in called)
    text = tuple(tokens.split(f"Simulated: I will call {names}.")) if ask.tool_mode == "auto" else ()
    if room is not None and len(text) >= room:
        return Choice(index, "length", text[:room], reasoning=reasoning)
    made: list[Call] = []
    used = len(text)
    for tool in called:
        call = Call(tool, _arguments(ask, tool))
        pieces = tokens.split(call.arguments)
        if room is not None and used + CALL_TOKENS + len(pieces) > room:
            left = room - used - CALL_TOKENS
            cut = [Call(tool, "".join(pieces[:left]), complete=False)] if left > 0 else []
            return Choice(index, "length", text, (*made, *cut), reasoning)
        used += CALL_TOKENS + len(pieces)
        made.append(call)
    return Choice(index, "tool_calls", text, tuple(made), reasoning)


def _arguments(ask: Ask, tool: ToolSpec) -> str:
    if tool.custom:
        return f"Simulated input for {tool.name}: {gist(ask.question)}"
    return msgspec.json.encode(schema.sample(tool.schema or {"type": "object"}, _topics(ask))).decode()


def _topics(ask: Ask) -> list[str]:
    """Words of the question that may stand as values: names first, else the longest words, never a tool's name."""
    tools = {part for tool in ask.tools for part in tool.name.lower().split("_")} | {t.name.lower() for t in ask.tools}
    words = [word for word in _WORD.findall(without_markers(ask.question)) if word.lower() not in tools]
    names = [word for word in words[1:] if word[0].isupper()]
    return names or sorted(words, key=len, reverse=True)[:3]


def gist(question: str, most: int = 80) -> str:
    """The beginning of a message, on one line and cut at a word."""
    text = " ".join(without_markers(question[: 4 * most + 200]).split())
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0] + " ..."


def _text(ask: Ask, identity: str, digest: bytes, scenario: Scenario) -> tuple[tuple[str, ...], str | None]:
    if scenario.name == "say":
        return tuple(tokens.split(scenario.text("text"))), None
    if scenario.name == "long_stream":
        return _long(identity, scenario.integer("events", 1_000)), None
    if ask.json:
        made = schema.sample(ask.schema, _topics(ask)) if ask.schema is not None else _plain_object(ask, identity)
        return tuple(tokens.split(msgspec.json.encode(made).decode())), None
    opening = f"Simulated answer by {identity} (no provider was called)."
    if ask.results:
        opening += f' The tool returned: "{" / ".join(gist(result, 200) for result in ask.results)}".'
    elif ask.question:
        opening += f' You asked: "{gist(ask.question)}".'
    if scenario.name in ("unicode", "split_bytes", "truncated_utf8"):
        opening += _UNICODE
    elif scenario.name == "lone_surrogate":
        opening += f" half a character {LONE_SURROGATE} here."
    pieces = tokens.split(opening)
    wanted = 30 + digest[0] % 91
    start = digest[1]
    for step in range(wanted // 6):
        sentence = _SENTENCES[(start + 5 * step) % len(_SENTENCES)]
        if len(pieces) + len(sentence) > wanted:
            break
        pieces.extend(sentence)
    return _stopped(pieces, ask.stop)


def _stopped(pieces: list[str], stops: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    if stops:
        text = "".join(pieces)
        found = [(text.index(stop), stop) for stop in stops if stop and stop in text]
        if found:
            at, stop = min(found)
            return tuple(tokens.split(text[:at])), stop
    return tuple(pieces), None


def _long(identity: str, events: int) -> tuple[str, ...]:
    opening = tokens.split(f"Simulated long answer by {identity} (no provider was called):")
    numbers = (f" {step % 1_000}" for step in range(len(opening), events))
    return (*opening[:events], *numbers)


def _plain_object(ask: Ask, identity: str) -> dict[str, object]:
    return {"simulated": True, "answered_by": identity, "question": gist(ask.question)}
