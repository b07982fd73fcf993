"""Together's flavour of Chat Completions: ignores what it does not know, ends with `eos`, and always streams usage."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from muxer.simulator.ask import Ask
from muxer.simulator.problem import Problem
from muxer.simulator.script import Answer, Choice
from muxer.simulator.tokens import Tokens
from muxer.simulator.wire import Event, Incoming
from muxer.simulator.wires.openai_chat import DONE, OpenAIChat, chunk, error
from muxer.simulator.wires.openai_chat_rules import Rules


class Together(OpenAIChat):
    """The protocol as Together speaks it."""

    owner = "Together"
    rules = Rules(
        fields=None,
        roles=("system", "user", "assistant", "tool"),
        user_parts=("text", "image_url", "video_url", "audio_url"),
        limits=("max_tokens",),
        legacy_limit="",
        single_stop=False,
        json_word=False,
        counted_logprobs=True,
        effort_ignored=True,
    )

    def prompt_cache(self) -> str:
        """Nothing is reported as cached."""
        return ""

    def read(self, incoming: Incoming) -> Ask:
        """Reasoning is always shown."""
        return msgspec.structs.replace(super().read(incoming), show_reasoning=True)

    def headers(self, request_id: str) -> dict[str, str]:
        """Limits of requests and tokens apart."""
        return {
            "x-request-id": request_id,
            "x-ratelimit-limit": "10",
            "x-ratelimit-remaining": "9",
            "x-ratelimit-reset": "1",
            "x-tokenlimit-limit": "30000",
            "x-tokenlimit-remaining": "29000",
            "x-tokenlimit-reset": "1",
        }

    def whole(self, ask: Ask, answer: Answer) -> dict[str, Any]:
        """A `chat.completion` with an empty `prompt`."""
        return {**super().whole(ask, answer), "prompt": []}

    def frame(self, ask: Ask, answer: Answer, kind: str) -> dict[str, Any]:
        """Together's ids have no prefix."""
        return {"id": answer.id, "object": kind, "created": answer.created, "model": ask.model}

    def message(self, answer: Answer, choice: Choice) -> dict[str, Any]:
        """Reasoning is a member of its own, tool calls are always a list; there are no refusals."""
        calls = [self.call(answer, choice, n, call) for n, call in enumerate(choice.calls)]
        message: dict[str, Any] = {"role": "assistant", "content": "".join(choice.text), "tool_calls": calls}
        if choice.reasoning:
            message["reasoning"] = "".join(choice.reasoning)
        return message

    def finish(self, choice: Choice) -> str:
        """A model that is done says `eos`."""
        done = choice.finish in ("stop", "content_filter") and choice.stop_sequence is None
        return "eos" if done else choice.finish

    def usage(self, used: Tokens) -> dict[str, Any]:
        """Three counts."""
        return {"prompt_tokens": used.prompt, "completion_tokens": used.output, "total_tokens": used.total}

    def logprobs(self, ask: Ask, text: Sequence[str]) -> dict[str, Any] | None:
        """Tokens and their log probabilities side by side."""
        full = super().logprobs(ask, text)
        if full is None:
            return None
        return {"tokens": list(text), "token_logprobs": [entry["logprob"] for entry in full["content"]]}

    def events(self, ask: Ask, answer: Answer) -> Iterator[Event]:
        """Usage comes with the chunk that ends the last choice."""
        frame = self.frame(ask, answer, "chat.completion.chunk")
        for choice in answer.choices:
            for delta, text, worth in self.deltas(answer, choice):
                yield chunk(frame, choice, delta, logprobs=self.logprobs(ask, (text,)) if text else None, tokens=worth)
        for choice in answer.choices:
            last = choice is answer.choices[-1] and answer.usage is not None
            used = {"usage": self.usage(answer.usage)} if last and answer.usage is not None else {}
            ending = {"role": "assistant", "content": "", "token_id": 2}
            yield chunk({**frame, **used}, choice, ending, finish=self.finish(choice), reports_usage=last)
        yield DONE

    def deltas(self, answer: Answer, choice: Choice) -> Iterator[tuple[dict[str, Any], str, int]]:
        """Every delta names the role and the token."""
        for piece in choice.reasoning:
            yield {"role": "assistant", "content": "", "reasoning": piece, "token_id": _token_id(piece)}, "", 1
        for piece in choice.text:
            yield {"role": "assistant", "content": piece, "token_id": _token_id(piece)}, piece, 1
        yield from self.call_deltas(answer, choice)

    def error_body(self, problem: Problem, request_id: str) -> dict[str, Any]:
        """The id of the request stands beside the error."""
        return {"id": request_id, "error": error(problem)}

    def models(self, names: Sequence[str]) -> Any:
        """A bare array."""
        return [{**self.model(name), "type": "chat", "context_length": 131_072} for name in names]


def _token_id(piece: str) -> int:
    return zlib.crc32(piece.encode()) % 128_000
