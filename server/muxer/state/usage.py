"""What the usage that providers report teaches of models: how many tokens their vocabularies make of a prompt, and how
long their answers are. In memory, by model."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from muxer.core.answer_length import MEDIAN_FACTOR, P90_FACTOR
from muxer.types.chat import Usage
from muxer.types.decision import LengthPrior, UsagePrior

CAPACITY = 64
"""Answers kept per model and kind of request."""

MEMORY = 50
"""Prompts after which an older one counts ever less: an exponential average of this many, and until then the mean."""

LEAST_FACTOR, GREATEST_FACTOR = 0.7, 2.5
"""Bounds of what is believed of a vocabulary: wider than those of all that are known (1.0 to 2.05)."""

LEAST_PROMPT = 32
"""Tokens that a prompt must have to say something of the vocabulary: in shorter ones the framing dominates."""

SHORTEST, LONGEST = 0.03, 30.0
"""Bounds of what is believed of an answer's length, in expected lengths."""


class MemoryUsageHistory:
    """Keeps, for each model, an average over prompts and the last `CAPACITY` answers to each kind of request.

    Summaries are made when an answer arrives, so that a decision only reads them.
    """

    def __init__(self) -> None:
        self._models: dict[str, _Model] = {}
        self._summary: Mapping[str, UsagePrior] = MappingProxyType({})

    def snapshot(self) -> Mapping[str, UsagePrior]:
        """What is known now, by `provider:model`. The mapping is never changed afterwards."""
        return self._summary

    def observe(
        self,
        model_id: str,
        kind: str,
        *,
        counted_prompt_tokens: int,
        expected_output_tokens: float,
        usage: Usage,
        cut: bool,
    ) -> None:
        """Takes in one answer whose usage its provider reported; see `UsageHistory`."""
        model = self._models.setdefault(model_id, _Model())
        if counted_prompt_tokens >= LEAST_PROMPT and usage.prompt_tokens > 0:
            model.take_prompt(usage.prompt_tokens / counted_prompt_tokens)
        if expected_output_tokens > 0 and usage.completion_tokens > 0:
            model.take_answer(kind, usage.completion_tokens / expected_output_tokens, cut)
        self._summary = MappingProxyType({**self._summary, model_id: model.prior()})


class _Model:
    """What was seen of one model."""

    def __init__(self) -> None:
        self._factor = 0.0
        self._prompts = 0
        self._answers: dict[str, _Answers] = {}
        self._lengths: Mapping[str, LengthPrior] = MappingProxyType({})

    def take_prompt(self, factor: float) -> None:
        self._prompts += 1
        bounded = min(max(factor, LEAST_FACTOR), GREATEST_FACTOR)
        self._factor += (bounded - self._factor) / min(self._prompts, MEMORY)

    def take_answer(self, kind: str, multiple: float, cut: bool) -> None:
        answers = self._answers.get(kind)
        if answers is None:
            answers = self._answers[kind] = _Answers()
        answers.append(min(max(multiple, SHORTEST), LONGEST), cut)
        self._lengths = MappingProxyType({**self._lengths, kind: answers.summary()})

    def prior(self) -> UsagePrior:
        return UsagePrior(self._factor, self._prompts, self._lengths)


class _Answers:
    """The lengths of the last answers to one kind of request, by age and by size, each with whether it was cut."""

    def __init__(self) -> None:
        self._by_age: deque[tuple[float, bool]] = deque()
        self._by_size: list[tuple[float, bool]] = []
        self._cut = 0

    def append(self, multiple: float, cut: bool) -> None:
        if len(self._by_age) == CAPACITY:
            oldest = self._by_age.popleft()
            del self._by_size[bisect_left(self._by_size, oldest)]
            self._cut -= oldest[1]
        self._by_age.append((multiple, cut))
        insort(self._by_size, (multiple, cut))
        self._cut += cut

    def summary(self) -> LengthPrior:
        """Median and 90th percentile. As many samples as answers that were not cut."""
        ordered, count = self._by_size, len(self._by_size)
        if self._cut:
            return _product_limit(ordered)
        # The same without a walk: after so many of the answers the share that is longer is at most a half, or a tenth.
        return LengthPrior(ordered[-(-count // 2) - 1][0], ordered[-(-9 * count // 10) - 1][0], count)


def _product_limit(ordered: Sequence[tuple[float, bool]]) -> LengthPrior:
    """Median and 90th percentile of answers some of which were cut, and so tell only what they would at least have had:
    those of the product-limit estimate of Kaplan and Meier (1958).

    Where so many were cut that a quantile lies beyond all that was seen, it is taken to be the default's, or what was
    seen if that is more.
    """
    reached: dict[float, float] = {}
    surviving, remaining, whole = 1.0, len(ordered), 0
    for multiple, cut in ordered:
        if not cut:
            surviving *= 1 - 1 / remaining
            whole += 1
            for share in (0.5, 0.1):
                if surviving <= share + 1e-9 and share not in reached:
                    reached[share] = multiple
        remaining -= 1
    most = ordered[-1][0]
    median = reached.get(0.5, max(most, MEDIAN_FACTOR))
    return LengthPrior(median, max(median, reached.get(0.1, max(most, P90_FACTOR))), whole)
