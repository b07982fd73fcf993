"""What to try next when a call to a provider failed. Pure, so that every path can be tested without a network."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from muxer.errors import MuxerError, ProviderFailed, Reason
from muxer.types.decision import Candidate

MAX_ATTEMPTS = 3
"""Calls per request, the first one included. Google's SRE book, «Handling Overload»: three attempts per request."""

FIRST_BACKOFF_S = 0.25
MAX_BACKOFF_S = 4.0
"""Full jitter, `random(0, min(MAX, FIRST * 2**n))`: AWS Architecture Blog, «Exponential Backoff And Jitter»."""

_PROVIDER_WIDE = frozenset({Reason.PROVIDER_AUTH_FAILED, Reason.INSUFFICIENT_QUOTA})
"""Failures that every other model of the same provider would share."""

_OF_THE_PROVIDER = frozenset(
    {
        Reason.RATE_LIMIT_EXCEEDED,
        Reason.PROVIDER_UNAVAILABLE,
        Reason.PROVIDER_ERROR,
        Reason.DEADLINE_EXCEEDED,
    }
)
"""Failures that the other models of the same provider may well share: it is down, overloaded or slow, or limits our
rate. Rates are often limited per model, so they come last and are not given up."""


class Next(Struct, frozen=True):
    """Try `candidate` after `delay_s` seconds."""

    candidate: Candidate
    delay_s: float


def next_attempt(
    plan: Sequence[Candidate],
    tried: Sequence[Candidate],
    failures: Sequence[ProviderFailed],
    remaining_s: float,
    jitter: float,
) -> Next | None:
    """The next attempt, or None to give up.

    Another model of the plan goes before a repetition: it can be tried at once. The models of other providers go first
    when a provider has failed as such; otherwise the order is that of the plan. `tried` and `failures` hold every
    attempt of this request and how it failed, the newest last; `jitter` is a random number from 0 to 1.
    """
    failure = failures[-1]
    if sum(was_called(f) for f in failures) >= MAX_ATTEMPTS:
        return None
    if failure.failover and (hopeful := [c for c in plan if _may_succeed(c, tried, failures)]):
        failing = {f.provider for f in failures if f.reason in _OF_THE_PROVIDER}
        return Next(next((c for c in hopeful if c.model.provider not in failing), hopeful[0]), 0.0)
    if failure.retryable:
        delay = _backoff_s(len(failures), failure.retry_after_s, jitter)
        if delay < remaining_s and delay <= MAX_BACKOFF_S:
            return Next(tried[-1], delay)
    return None


def was_called(failure: ProviderFailed) -> bool:
    """Whether the provider was asked at all; not when its protocol cannot say what the request has to say."""
    return failure.reason is not Reason.UNSUPPORTED_PARAMETER


def _may_succeed(candidate: Candidate, tried: Sequence[Candidate], failures: Sequence[ProviderFailed]) -> bool:
    """Whether this candidate has not been tried, and the failures so far leave hope for it."""
    if any(candidate is each for each in tried):
        return False
    if any(f.reason in _PROVIDER_WIDE and f.provider == candidate.model.provider for f in failures):
        return False
    too_small = (c for c, f in zip(tried, failures, strict=True) if f.reason is Reason.CONTEXT_LENGTH_EXCEEDED)
    return all(_room(candidate) > _room(each) for each in too_small)


def _room(candidate: Candidate) -> int:
    return candidate.model.max_input_tokens or candidate.model.context_window


def _backoff_s(failures: int, retry_after_s: float | None, jitter: float) -> float:
    if retry_after_s is not None:
        return retry_after_s
    return jitter * min(MAX_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** (failures - 1))


def final_error(failures: Sequence[ProviderFailed]) -> MuxerError:
    """What the caller is told when every attempt failed.

    What a provider answered goes before what could not even be asked. When all answers were rate limits: the one that
    can be retried soonest. Else the last failure that is not a rate limit, since waiting would not mend that one.
    """
    failures = [f for f in failures if was_called(f)] or failures
    limited = [f for f in failures if f.reason is Reason.RATE_LIMIT_EXCEEDED]
    if len(limited) == len(failures):
        return min(limited, key=lambda f: float("inf") if f.retry_after_s is None else f.retry_after_s)
    return next(f for f in reversed(failures) if f.reason is not Reason.RATE_LIMIT_EXCEEDED)
