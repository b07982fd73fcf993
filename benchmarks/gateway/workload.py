"""What is sent and what comes back: the same conversation as JSON and as protobuf, and the provider's canned answers.

Texts are plain English of realistic words, because a decision reads them; everything is the same in every run.
"""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
from modelmuxer.v1 import chat_pb2, router_service_pb2
from msgspec import Struct

EVENTS = 52
"""Data events of a streamed answer, `[DONE]` not counted: role, 49 pieces of text, finish reason, usage."""

PAUSES = tuple((number * 0.618_034) % 1 + 0.5 for number in range(1009))
"""Pauses between events in shares of the mean one, spread evenly from 0.5 to 1.5 (by the golden ratio), so that streams
that began together do not stay in step."""

ANSWER_CHARS = 1_000
TURN_CHARS = 1_500
"""Longer conversations have more turns, not longer ones."""

_SENTENCES = (
    "Our office has three printers, and the one on the second floor jams whenever the paper is recycled.",
    "The technician cleaned the rollers last week and said that the humidity might be to blame.",
    "Since then it has worked in the mornings, but in the afternoon it begins to pull two sheets at once.",
    "I have tried a lighter paper, a new tray and the settings for labels, without a lasting difference.",
    "Please explain what could cause this, how I can find out, and what you would try first.",
    "A colleague thinks that the separation pad is worn, though the machine is hardly two years old.",
    "We print about four hundred pages a day, mostly letters, and now and then a batch of envelopes.",
)


class Workload(Struct, frozen=True):
    """A kind of request. `chars` is the length of the conversation; `events` is 0 for an answer that comes whole."""

    name: str
    chars: int
    events: int = 0

    @property
    def stream(self) -> bool:
        """Whether the answer is streamed."""
        return self.events > 0

    def json(self) -> bytes:
        """The request as OpenAI's clients send it."""
        body: dict[str, Any] = {"model": "auto", "messages": [{"role": r, "content": c} for r, c in self._turns()]}
        if self.stream:
            body["stream"] = True
        return msgspec.json.encode(body)

    def protobuf(self) -> bytes:
        """The request of `RouterService`."""
        messages = [chat_pb2.ChatMessage(role=role, content=content) for role, content in self._turns()]
        request = router_service_pb2.ChatCompletionRequest(model="auto", messages=messages)
        if not self.stream:
            return request.SerializeToString()
        return router_service_pb2.StreamChatCompletionRequest(request=request).SerializeToString()

    def _turns(self) -> list[tuple[str, str]]:
        """The conversation: users and assistants in turn, the last turn a user's."""
        count = max(1, self.chars // TURN_CHARS) | 1
        text = prose(self.chars)
        size = len(text) // count
        return [("user" if i % 2 == 0 else "assistant", text[i * size : (i + 1) * size]) for i in range(count)]


UNARY_1K = Workload("unary 1 kB", 1_000)
UNARY_30K = Workload("unary 30 kB", 30_000)
STREAM = Workload(f"stream of {EVENTS} events", 1_000, EVENTS)
WORKLOADS = (UNARY_1K, UNARY_30K, STREAM)


def prose(chars: int) -> str:
    """So many characters of English."""
    sentences = itertools.cycle(_SENTENCES)
    text = ""
    while len(text) < chars:
        text += next(sentences) + " "
    return text[:chars]


def whole_answer() -> bytes:
    """A provider's answer that comes whole."""
    message: dict[str, Any] = {"role": "assistant", "content": prose(ANSWER_CHARS), "refusal": None}
    return msgspec.json.encode(
        {
            **_head("chat.completion"),
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": _USAGE,
        }
    )


def answer_events() -> list[bytes]:
    """A provider's answer as server-sent events, `[DONE]` behind the last of them."""
    pieces = prose(EVENTS * 8).split(" ")[: EVENTS - 3]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": f"{p} "} for p in pieces)]
    events = [_event([{"index": 0, "delta": d, "logprobs": None, "finish_reason": None}], None) for d in deltas]
    events.append(_event([{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}], None))
    events.append(_event([], _USAGE) + b"data: [DONE]\n\n")
    return events


_USAGE = {
    "prompt_tokens": 210,
    "completion_tokens": 190,
    "total_tokens": 400,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}


def _head(kind: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-Bb2n0XYVJ8yNqPSr6kf5mWzD1aUhE",
        "object": kind,
        "created": 1_790_000_000,
        "model": "canned",
        "system_fingerprint": "fp_a7d06e42a7",
        "service_tier": "default",
    }


def _event(choices: list[dict[str, Any]], usage: dict[str, Any] | None) -> bytes:
    shaped = {**_head("chat.completion.chunk"), "choices": choices, "usage": usage}
    return b"data: " + msgspec.json.encode(shaped) + b"\n\n"
