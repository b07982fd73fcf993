"""Estimates that have learned from answers hold for the next ones, as often as they say."""

from __future__ import annotations

import random

import pytest
from muxer.core.answer_length import answer_length
from muxer.core.estimate import cost_on, prompt_on
from muxer.core.payload import Payload
from muxer.core.prepared import prepared
from muxer.state.usage import MemoryUsageHistory
from muxer.types.chat import Usage
from muxer.types.decision import Policy

from tests.core.builders import TODAY, ask, catalog, model


@pytest.mark.parametrize("truth", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("sigma", [0.3, 0.9])
def test_some_nine_bills_in_ten_are_within_the_90th_percentile_and_their_sum_is_as_expected(truth, sigma):
    dice = random.Random(f"{truth} {sigma}")
    spec = model("p:m", (1.0, 4.0), factor=1.1)
    ready, history = prepared(catalog(spec), TODAY)["p:m"], MemoryUsageHistory()
    length = answer_length(ask(), "chat_lite", Payload(200, 200), Policy())
    within, expected, billed = [], 0, 0
    for number in range(1_000):
        known = history.snapshot().get("p:m")
        prompt, longest = prompt_on(ready, 200, known)
        estimate = cost_on(ready, prompt, longest, *length.on(ready, known)[1:])
        usage = Usage(round(200 * dice.gauss(1.4, 0.1)), round(150 * truth * dice.lognormvariate(0, sigma)))
        bill = usage.prompt_tokens * 1_000_000 + usage.completion_tokens * 4_000_000
        if number >= 100:
            within.append(bill <= estimate.p90)
            expected, billed = expected + estimate.expected, billed + bill
        history.observe(
            "p:m",
            length.kind,
            counted_prompt_tokens=200,
            expected_output_tokens=length.plain * spec.token_factor,
            usage=usage,
            cut=False,
        )

    assert 0.85 < sum(within) / len(within) < 0.99
    assert billed / expected == pytest.approx(1.0, abs=0.2)
