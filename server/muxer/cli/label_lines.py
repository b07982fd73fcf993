"""`modelmuxer classify --in FILE`: labels prompts in bulk, one JSON line for each, in their order.

A line is judged as the server judges a request with these messages, and by nothing else: the optional language model
is not asked, so the same lines always get the same labels. It needs nothing but the server's packages.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from msgspec import Struct, structs

from muxer.cli import line_by_line
from muxer.cli.line_by_line import Job
from muxer.core.features import extract
from muxer.core.intent import classify
from muxer.learn.conversation import Conversation, RecordedMessage
from muxer.types.chat import ChatRequest, ImagePart, Message, TextPart

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


def run(source: Path, target: Path, *, enabled: bool, config: Path | None = None) -> int:
    """Labels all lines of `source`; returns the exit code. `config` is the configuration that `enabled` is from."""
    return line_by_line.run(Job(source, target, "Cannot label", (config,)), Prompt, partial(_label, enabled=enabled))


def _label(prompt: Prompt, request: ChatRequest, *, enabled: bool) -> Label:
    intent = classify(extract(request, len), request, enabled=enabled)  # no label depends on a count of tokens
    return Label(prompt.id, intent.label, round(intent.confidence, 6))


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
