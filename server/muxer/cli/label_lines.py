"""`modelmuxer classify --in FILE`: labels prompts in bulk, one JSON line for each, in their order.

A line is judged as the server judges a request with these messages, and by nothing else: the optional language model
is not asked, so the same lines always get the same labels. It needs nothing but the server's packages.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct, structs

from muxer.cli.plans import BAD_CONFIGURATION, REFUSED
from muxer.cli.screen import complain
from muxer.core.features import extract
from muxer.core.intent import classify
from muxer.learn.conversation import Conversation, RecordedMessage, decode
from muxer.learn.watched_lines import watched
from muxer.types.chat import ChatRequest, ImagePart, Message, TextPart

STANDARD = Path("-")
"""Stands for standard input or output."""

TOLD = 10
"""Bad lines that are told one by one; of the rest the number is told."""

ATTACHED = ImagePart("attached:")
"""Stands for a picture of which it is only known that it was there."""


class Prompt(Struct, frozen=True):
    """One line to label. `messages`, as in a chat request, win over `text`; `has_image` says that a picture is
    attached to the last user turn, whatever the messages show."""

    id: str | int
    text: str | None = None
    messages: list[RecordedMessage] | None = None
    has_image: bool | None = None

    def request(self) -> ChatRequest:
        """The same as a request. Raises `ValueError` when nothing is given that could be labelled."""
        if self.text is None and self.messages is None and not self.has_image:
            raise ValueError("neither `text` nor `messages` is given")
        request = Conversation(prompt=self.text or "", messages=self.messages).request()
        return _with_picture(request) if self.has_image else request


class Label(Struct, frozen=True):
    """One labelled line. The label is one of the seven, or `unknown` where classification is switched off."""

    id: str | int
    label: str
    confidence: float


def run(source: Path, target: Path, *, enabled: bool) -> int:
    """Labels all lines of `source`. Lines that cannot be read are told of on stderr and left out; returns the exit
    code, `REFUSED` when there were such."""
    bad = 0
    try:
        with ExitStack() as files:
            lines: BinaryIO = sys.stdin.buffer if source == STANDARD else files.enter_context(source.open("rb"))
            if STANDARD not in (source, target) and target.exists() and source.samefile(target):
                complain("Cannot label", f"{target} would be written over while it is read")
                return BAD_CONFIGURATION
            labels: BinaryIO = sys.stdout.buffer if target == STANDARD else files.enter_context(target.open("wb"))
            for found in _labelled(watched(lines), enabled=enabled):
                if isinstance(found, Label):
                    labels.write(msgspec.json.encode(found) + b"\n")
                    continue
                bad += 1
                if bad <= TOLD:
                    complain("Left out", found)
            labels.flush()
    except OSError as error:
        complain("Cannot label", str(error))
        return BAD_CONFIGURATION
    if bad > TOLD:
        complain("Left out", f"{bad - TOLD} lines more")
    return REFUSED if bad else 0


def _labelled(lines: Iterable[bytes], *, enabled: bool) -> Iterator[Label | str]:
    """The label of each line that is not blank, or what is wrong with it: never what stands in it."""
    decoder = msgspec.json.Decoder(Prompt)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            prompt = decode(line, decoder)
            request = prompt.request()
        except (ValueError, RecursionError) as error:
            yield f"line {number}: {error}"
            continue
        intent = classify(extract(request, len), request, enabled=enabled)  # no label depends on a count of tokens
        yield Label(prompt.id, intent.label, round(intent.confidence, 6))


def _with_picture(request: ChatRequest) -> ChatRequest:
    """The same with a picture attached to its last user turn; to one of its own when there is none."""
    messages = list(request.messages)
    for at in range(len(messages) - 1, -1, -1):
        turn = messages[at]
        if turn.role == "user":
            parts = turn.parts or ((TextPart(turn.content),) if turn.content else ())
            messages[at] = structs.replace(turn, content="", parts=(*parts, ATTACHED))
            break
    else:
        messages.append(Message("user", parts=(ATTACHED,)))
    return structs.replace(request, messages=tuple(messages))
