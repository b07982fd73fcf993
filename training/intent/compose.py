"""Composes the training prompts from the hand-written corpus: templates, slots and single prompts, drawn by seed.

A corpus file holds sections `== label`, whose lines are prompts. `\\n` is a line break; `<S>`, `<U>` and `<A>` begin a
system message, a user turn and an assistant's; `@name = a | b` or `@name:` with indented lines under it defines a slot,
which `{name}` uses; one of the same name further down replaces it. `4| text` draws a template four times,
`4*name| text` four times for each value of the slot, all of it `DRAWS` times; `{name+ing}` is the value with its verb
as a gerund. A label that begins with `!` means «anything but».
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

CORPUS = Path(__file__).parent / "corpus"
SEED = 20261123

DRAWS = 2
"""How often what a template asks for is drawn. Of a single draw, chance decides much: from one seed to the next, false
alarms on look-alikes went from 0.055 to 0.093. Drawn three times, templates begin to drown what is written out."""

SHARE_IN_CONTEXT = 0.06
PLAIN_SYSTEM_PROMPTS = (
    "You are a helpful assistant.",
    "You are a helpful, honest and harmless assistant. Answer as well as you can.",
    "You are a friendly assistant of the company. Be polite and brief.",
    "Answer in the language of the user.",
    "You are ChatBot, a large language model. Knowledge cutoff: 2024-06. Current date: 2025-03-01.",
    "Follow the user's instructions carefully. Respond using markdown.",
    "You are an AI assistant. Think before you answer. If you don't know, say so.",
)

_SLOT = re.compile(r"\{(\w+)(\+ing)?\}")
_DRAW = re.compile(r"(\d+)(?:\*(\w+))?\| (.*)")
_TURN = re.compile(r"<([SUA])>")
_ROLES = {"S": "system", "U": "user", "A": "assistant"}

Slots = Mapping[str, list[str]]


class Prompt(Struct, frozen=True):
    """One composed prompt: its turns as (role, text), and the family of wordings that it belongs to."""

    label: str
    language: str
    family: str
    turns: tuple[tuple[str, str], ...]


class Line(Struct, frozen=True):
    """One line of a section, with the slots that are defined above it."""

    label: str
    number: int
    text: str
    slots: Slots


def compose() -> list[Prompt]:
    """All prompts of the corpus, the same ones every time, without doubles."""
    shared = {**_slots("slots.txt"), "payload": _payloads()}
    seen: dict[tuple[tuple[str, str], ...], Prompt] = {}
    for path in sorted(CORPUS.glob("*.txt")):
        if path.name in ("slots.txt", "payloads.txt"):
            continue
        language = path.stem.rpartition(".")[2]
        for line in _lines(path, shared):
            dice = random.Random(zlib.crc32(f"{SEED} {path.name} {line.number} {line.text}".encode()))  # noqa: S311
            for text in _draws(line, dice):
                turns = _turns(_restyle(text, language, dice))
                family = f"{path.stem}/{line.label}/{line.number}"
                seen.setdefault(turns, Prompt(line.label, language, family, turns))
    prompts = list(seen.values())
    return prompts + list(_in_context(prompts))


def _in_context(prompts: list[Prompt]) -> Iterator[Prompt]:
    """Some prompts again, after a system prompt or an exchange that have nothing to do with them: their label stays."""
    dice = random.Random(SEED)  # noqa: S311
    alone = [prompt for prompt in prompts if len(prompt.turns) == 1 and len(prompt.turns[0][1]) > 20]
    for prompt in alone:
        if dice.random() < SHARE_IN_CONTEXT:
            before: tuple[tuple[str, str], ...] = (("system", dice.choice(PLAIN_SYSTEM_PROMPTS)),)
            if dice.random() < 0.5:
                before = (*dice.choice(alone).turns, ("assistant", "..."))
            family = prompt.family + "/in-context"
            yield Prompt(prompt.label, prompt.language, family, before + prompt.turns)


def _payloads() -> list[str]:
    lines = (CORPUS / "payloads.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "=="))]


def _slots(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for _ in _read(CORPUS / name, found):
        pass
    return found


def _lines(path: Path, shared: Slots) -> Iterator[Line]:
    slots: dict[str, list[str]] = dict(shared)
    for _ in _read(path, slots):  # a slot may be used above its definition
        pass
    label = ""
    for number, text in _read(path, slots):
        if text.startswith("== "):
            label = text[3:].strip()
        else:
            yield Line(label, number, text, dict(slots))


def _read(path: Path, slots: dict[str, list[str]]) -> Iterator[tuple[int, str]]:
    """Numbered lines of a file that are not comments; definitions go into `slots` as they are met."""
    block: list[str] | None = None
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if block is not None and text.startswith("  "):
            block.append(text.strip())
            continue
        block = None
        if text.startswith("@"):
            name, sign, values = text[1:].partition(" = ")
            if sign:
                slots[name] = [value.strip() for value in values.split(" | ")]
            else:
                block = slots[text[1:].rstrip(":")] = []
        elif text and not text.startswith("# "):
            yield number, text


def _draws(line: Line, dice: random.Random) -> Iterator[str]:
    drawn = _DRAW.fullmatch(line.text)
    if drawn is None:
        yield _fill(line.text, line.slots, dice)
        return
    times, slot, text = DRAWS * int(drawn[1]), drawn[2], drawn[3]
    for value in line.slots[slot] if slot else [""]:
        fixed = {**line.slots, slot: [value]} if slot else line.slots
        for _ in range(times):
            yield _fill(text, fixed, dice)


def _fill(text: str, slots: Slots, dice: random.Random) -> str:
    """The text with its slots filled, the slots' slots too; braces that name no slot stay."""

    def value(hit: re.Match[str]) -> str:
        if hit[1] not in slots:
            return hit[0]
        filled = _fill(dice.choice(slots[hit[1]]), slots, dice)
        return _gerund(filled) if hit[2] else filled

    return _SLOT.sub(value, text)


def _gerund(act: str) -> str:
    """`make a plan` as `making a plan`."""
    verb, blank, rest = act.partition(" ")
    if verb in _DOUBLED:
        verb += verb[-1]
    elif verb.endswith("ie"):
        verb = verb[:-2] + "y"
    elif verb.endswith("e") and not verb.endswith("ee"):
        verb = verb[:-1]
    return f"{verb}ing{blank}{rest}"


_DOUBLED = frozenset(
    "beg bid chat commit con cut dig drag drop drug get grab hit hop hug jam jog knit log mop mug nap pin plan plug "
    "put quit rig rob run scam set ship shop sip skim skip snap spot stab stop strip swat swim tap trap trim win "
    "wrap".split()
)
"""Verbs of the corpus that double their last letter."""

_BEFORE = ("Please help me: ", "please ", "pls ", "Can you help? ", "Hey, ", "Hi! ", "Could you please help: ", "so, ")
_AFTER = (" Thank you!", " thanks", " Thanks in advance.", " please", " pls", " Thank you very much", " asap", " :)")
_MARKS = ("??", "!", " ?", " ...", "!!")


def _restyle(text: str, language: str, dice: random.Random) -> str:
    """Some prompts as people type them: in lower case, politely, without the full stop, with a slip of the finger."""
    if "<" in text or "\\n" in text or len(text) > 160:
        return text
    luck = dice.random()
    if luck < 0.20:
        return text.lower().rstrip(_STOPS)
    if luck < 0.26 and language in ("en", "zh"):
        return dice.choice(_BEFORE) + text
    if luck < 0.32 and language in ("en", "zh"):
        return text + dice.choice(_AFTER)
    if luck < 0.36 and len(text) > 12:
        at = dice.randrange(2, len(text) - 2)
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if luck < 0.39:
        return text.rstrip(_STOPS) + dice.choice(_MARKS)
    if luck < 0.40:
        return text.upper()
    return text


_STOPS = ".?!\uff1f\u3002\uff01 "
"""Full stops, Latin and Chinese."""


def _turns(text: str) -> tuple[tuple[str, str], ...]:
    pieces = _TURN.split(text.replace("\\n", "\n"))
    if len(pieces) == 1:
        return (("user", pieces[0]),)
    return tuple((_ROLES[mark], piece) for mark, piece in zip(pieces[1::2], pieces[2::2], strict=True))
