"""Groq's flavour of Chat Completions: one choice, shown reasoning, and an `x_groq` member that has the usage of
streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from muxer.simulator.ask import Ask
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.script import EPOCH, Answer, Choice
from muxer.simulator.tokens import Tokens
from muxer.simulator.wire import Event, Incoming, json_bytes
from muxer.simulator.wires.openai_chat import DONE, OpenAIChat, chunk, error
from muxer.simulator.wires.openai_chat_rules import Rules

_FIELDS = """
    model messages frequency_penalty function_call functions max_completion_tokens max_tokens n parallel_tool_calls
    presence_penalty reasoning_effort reasoning_format include_reasoning response_format search_settings seed
    service_tier stop stream stream_options temperature tool_choice tools top_p user documents citation_options
    compound_custom disable_tool_validation logit_bias logprobs top_logprobs metadata store
"""
_CAPACITY_EXCEEDED = 498
_WITH_GENERATION = ("tool_use_failed", "json_validate_failed")


class Groq(OpenAIChat):
    """The protocol as Groq speaks it."""

    owner = "Groq"
    rules = Rules(
        fields=frozenset(_FIELDS.split()),
        refused=("logit_bias", "logprobs", "top_logprobs", "metadata", "store"),
        message_names=False,
        user_parts=("text", "image_url"),
        legacy_limit="",
        most_choices=1,
    )

    def read(self, incoming: Incoming) -> Ask:
        """Reasoning is shown unless `reasoning_format` or `include_reasoning` says otherwise."""
        ask = super().read(incoming)
        body = Fields(incoming.body)
        form = body.text("reasoning_format", choices=("hidden", "raw", "parsed"))
        if form and "include_reasoning" in body:
            raise body.wrong("reasoning_format", "cannot specify both 'reasoning_format' and 'include_reasoning'", None)
        if form == "raw" and (ask.tools or ask.json):
            raise body.wrong("reasoning_format", "'raw' is not supported with tools or JSON mode", None)
        shown = form != "hidden" and body.flag("include_reasoning") is not False
        return msgspec.structs.replace(ask, show_reasoning=shown)

    def headers(self, request_id: str) -> dict[str, str]:
        """Requests are limited per day, tokens per minute."""
        return {
            "x-request-id": request_id,
            "x-ratelimit-limit-requests": "14400",
            "x-ratelimit-limit-tokens": "250000",
            "x-ratelimit-remaining-requests": "14370",
            "x-ratelimit-remaining-tokens": "249000",
            "x-ratelimit-reset-requests": "2m59.56s",
            "x-ratelimit-reset-tokens": "7.66s",
        }

    def refusal(self, problem: Problem, request_id: str) -> tuple[dict[str, str], Any]:
        """`retry-after` in seconds alone."""
        headers, body = super().refusal(problem, request_id)
        headers.pop("retry-after-ms", None)
        return headers, body

    def whole(self, ask: Ask, answer: Answer) -> dict[str, Any]:
        """A `chat.completion` with `x_groq`."""
        return {**super().whole(ask, answer), "x_groq": _mark(answer)}

    def frame(self, ask: Ask, answer: Answer, kind: str) -> dict[str, Any]:
        """Groq's tier has another name."""
        return {**super().frame(ask, answer, kind), "service_tier": "on_demand"}

    def message(self, answer: Answer, choice: Choice) -> dict[str, Any]:
        """Reasoning is a member of its own; there are no refusals."""
        message = super().message(answer, choice)
        if choice.refused:
            message["content"] = message["refusal"]
        if choice.reasoning and choice.shows_reasoning:
            message["reasoning"] = "".join(choice.reasoning)
        return {key: value for key, value in message.items() if key not in ("refusal", "annotations")}

    def finish(self, choice: Choice) -> str:
        """Whole answers are never filtered."""
        return "stop" if choice.finish == "content_filter" else choice.finish

    def usage(self, used: Tokens) -> dict[str, Any]:
        """Counts, and seconds that are the same for every answer."""
        usage: dict[str, Any] = {
            "queue_time": 0.01,
            "prompt_tokens": used.prompt,
            "prompt_time": 0.002,
            "completion_tokens": used.output,
            "completion_time": 0.1,
            "total_tokens": used.total,
            "total_time": 0.102,
            "prompt_tokens_details": {"cached_tokens": used.cached},
        }
        if used.reasoning:
            usage["completion_tokens_details"] = {"reasoning_tokens": used.reasoning}
        return usage

    def events(self, ask: Ask, answer: Answer) -> Iterator[Event]:
        """The first chunk has the id of the request, the last one the usage, both in `x_groq`."""
        choice = answer.choices[0]
        frame = self.frame(ask, answer, "chat.completion.chunk")
        marked = {**frame, "x_groq": _mark(answer)}
        for delta, _, worth in self.deltas(answer, choice):
            yield chunk(marked if "role" in delta else frame, choice, delta, tokens=worth)
        used = {} if answer.usage is None else {"usage": self.usage(answer.usage)}
        ending = {**frame, "x_groq": _mark(answer) | used}
        yield chunk(ending, choice, {}, finish=self.finish(choice), reports_usage=bool(used))
        if ask.stream_usage and used:
            yield Event(json_bytes({**frame, "choices": [], **used}), reports_usage=True)
        yield DONE

    def deltas(self, answer: Answer, choice: Choice) -> Iterator[tuple[dict[str, Any], str, int]]:
        """Reasoning comes before the text when it is shown."""
        shown = choice.reasoning if choice.shows_reasoning else ()
        yield {"role": "assistant", "content": ""}, "", len(choice.reasoning) - len(shown)
        for piece in shown:
            yield {"reasoning": piece}, "", 1
        for piece in choice.text:
            yield {"content": piece}, piece, 1
        yield from self.call_deltas(answer, choice)

    def failure(self, problem: Problem, request_id: str) -> Event:
        """A chunk without choices whose `x_groq` says what happened."""
        mark = {"id": request_id, "error": problem.message}
        head = {"id": "chatcmpl-failed", "object": "chat.completion.chunk", "created": EPOCH, "model": ""}
        return Event(json_bytes({**head, "choices": [], "x_groq": mark}))

    def error_body(self, problem: Problem, request_id: str) -> dict[str, Any]:  # noqa: ARG002 - it is in a header
        """What the model wrote comes along when that was the error."""
        body = error(problem)
        if problem.status == _CAPACITY_EXCEEDED:
            body["code"] = problem.code or "capacity_exceeded"
        if problem.code in _WITH_GENERATION:
            body["failed_generation"] = "<function=look>{"
        return {"error": body}


def _mark(answer: Answer) -> dict[str, Any]:
    return {"id": f"req_{answer.id[:26]}"}
