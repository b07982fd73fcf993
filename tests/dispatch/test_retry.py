"""What is tried next: every path of the policy, and its laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.dispatch.retry import MAX_ATTEMPTS, MAX_BACKOFF_S, final_error, next_attempt
from muxer.errors import ProviderFailed, Reason

from tests.dispatch.plans import candidate, failure

CHEAP = candidate("openai:cheap", max_input=1000)
SAME_PROVIDER = candidate("openai:large", max_input=9000)
OTHER = candidate("anthropic:other", max_input=500)
PLAN = (CHEAP, SAME_PROVIDER, OTHER)


def test_another_model_of_the_plan_is_tried_at_once():
    of_the_model = failure("openai", Reason.MODEL_NOT_FOUND)
    chosen = next_attempt(PLAN, [CHEAP], [of_the_model], remaining_s=10, jitter=0.5)

    assert chosen is not None
    assert (chosen.candidate, chosen.delay_s) == (SAME_PROVIDER, 0.0)


OF_THE_PROVIDER = [
    Reason.RATE_LIMIT_EXCEEDED,
    Reason.PROVIDER_UNAVAILABLE,
    Reason.PROVIDER_ERROR,
    Reason.DEADLINE_EXCEEDED,
]


@pytest.mark.parametrize("reason", OF_THE_PROVIDER)
def test_after_a_failure_of_a_provider_as_such_the_next_model_is_another_providers(reason):
    chosen = next_attempt(PLAN, [CHEAP], [failure("openai", reason, retryable=True)], remaining_s=10, jitter=0.5)

    assert chosen is not None
    assert (chosen.candidate, chosen.delay_s) == (OTHER, 0.0)


@pytest.mark.parametrize("reason", OF_THE_PROVIDER)
def test_the_failing_providers_other_models_stand_by_in_their_order(reason):
    third = candidate("openai:third")
    plan = (*PLAN, third)
    failures = [failure("openai", reason, retryable=True), failure("anthropic")]

    alone = next_attempt((CHEAP, SAME_PROVIDER, third), [CHEAP], failures[:1], remaining_s=10, jitter=0.5)
    assert alone is not None
    assert (alone.candidate, alone.delay_s) == (SAME_PROVIDER, 0.0)
    assert next_attempt(plan, [CHEAP, OTHER], failures, remaining_s=10, jitter=0.5).candidate is SAME_PROVIDER


@given(
    st.permutations([candidate(f"{p}:{n}") for p in ("openai", "anthropic", "groq") for n in "ab"]),
    st.lists(st.sampled_from([*OF_THE_PROVIDER, Reason.MODEL_NOT_FOUND, Reason.INSUFFICIENT_QUOTA]), max_size=2),
)
def test_no_model_is_tried_twice_and_no_failing_provider_before_another(plan, reasons):
    tried, failures = [plan[0]], []
    for reason in reasons:
        failures.append(failure(tried[-1].model.provider, reason))
        chosen = next_attempt(plan, tried, failures, remaining_s=10, jitter=0.5)
        assert chosen is not None
        assert not any(chosen.candidate is each for each in tried)
        failing = {f.provider for f in failures if f.reason is not Reason.MODEL_NOT_FOUND}
        if chosen.candidate.model.provider in failing:
            assert all(c.model.provider in failing for c in plan if not any(c is each for each in tried))
        tried.append(chosen.candidate)


@pytest.mark.parametrize("reason", [Reason.PROVIDER_AUTH_FAILED, Reason.INSUFFICIENT_QUOTA])
def test_a_failure_of_the_whole_provider_rules_out_its_other_models(reason):
    chosen = next_attempt(PLAN, [CHEAP], [failure("openai", reason)], remaining_s=10, jitter=0.5)

    assert chosen is not None
    assert chosen.candidate is OTHER


def test_a_prompt_that_is_too_long_goes_only_to_a_model_with_more_room():
    failed = failure("openai", Reason.CONTEXT_LENGTH_EXCEEDED)

    assert next_attempt((CHEAP, OTHER, SAME_PROVIDER), [CHEAP], [failed], 10, 0.5).candidate is SAME_PROVIDER
    assert next_attempt((CHEAP, OTHER), [CHEAP], [failed], 10, 0.5) is None


def test_a_pinned_model_is_repeated_after_a_random_pause():
    chosen = next_attempt((CHEAP,), [CHEAP], [failure("openai", retryable=True)], remaining_s=10, jitter=0.5)

    assert chosen is not None
    assert (chosen.candidate, chosen.delay_s) == (CHEAP, 0.125)


def test_the_pause_that_the_provider_asks_for_is_kept():
    failed = failure("openai", Reason.RATE_LIMIT_EXCEEDED, retryable=True, retry_after_s=3.0)

    assert next_attempt((CHEAP,), [CHEAP], [failed], remaining_s=10, jitter=0.5).delay_s == 3.0


@pytest.mark.parametrize(("retry_after", "remaining"), [(5.0, 4.0), (MAX_BACKOFF_S + 1, 1000.0)])
def test_nothing_is_repeated_that_would_come_too_late(retry_after, remaining):
    failed = failure("openai", Reason.RATE_LIMIT_EXCEEDED, retryable=True, retry_after_s=retry_after)

    assert next_attempt((CHEAP,), [CHEAP], [failed], remaining, jitter=0.5) is None


def test_a_failure_that_is_neither_retryable_nor_worth_another_model_ends_it():
    failed = failure("openai", Reason.CONTENT_FILTER, failover=False)

    assert next_attempt(PLAN, [CHEAP], [failed], 10, 0.5) is None


@given(st.integers(MAX_ATTEMPTS, MAX_ATTEMPTS + 5), st.booleans(), st.booleans())
def test_there_are_never_more_attempts_than_allowed(count, retryable, failover):
    failures = [failure("openai", retryable=retryable, failover=failover)] * count

    assert next_attempt(PLAN, [CHEAP] * count, failures, 100, 0.5) is None


@given(st.integers(1, MAX_ATTEMPTS - 1), st.floats(0, 1), st.floats(0.001, 100))
def test_a_pause_always_ends_before_the_deadline(count, jitter, remaining):
    chosen = next_attempt((CHEAP,), [CHEAP] * count, [failure("openai", retryable=True)] * count, remaining, jitter)

    assert chosen is None or chosen.delay_s < remaining


def test_when_all_are_rate_limits_the_soonest_is_told():
    limits = [failure("openai", Reason.RATE_LIMIT_EXCEEDED, retry_after_s=s) for s in (None, 7.0, 2.0, 9.0)]

    assert final_error(limits).retry_after_s == 2.0


def test_a_failure_that_waiting_does_not_mend_is_told_before_a_rate_limit():
    broken = failure("anthropic", Reason.PROVIDER_ERROR)

    assert final_error([broken, failure("openai", Reason.RATE_LIMIT_EXCEEDED)]) is broken


@given(st.lists(st.sampled_from([Reason.PROVIDER_ERROR, Reason.RATE_LIMIT_EXCEEDED]), min_size=1, max_size=5))
def test_the_error_told_is_one_that_happened(reasons):
    failures: list[ProviderFailed] = [failure("openai", reason) for reason in reasons]

    assert final_error(failures) in failures


def test_what_could_not_be_asked_does_not_count_as_an_attempt():
    unsaid = failure("openai", Reason.UNSUPPORTED_PARAMETER)

    chosen = next_attempt(PLAN, [CHEAP] * MAX_ATTEMPTS, [unsaid] * MAX_ATTEMPTS, 10, 0.5)

    assert chosen is not None
    assert chosen.candidate is SAME_PROVIDER


def test_an_answer_is_told_before_what_could_not_be_asked():
    broken = failure("anthropic", Reason.PROVIDER_ERROR)

    assert final_error([broken, failure("openai", Reason.UNSUPPORTED_PARAMETER)]) is broken
