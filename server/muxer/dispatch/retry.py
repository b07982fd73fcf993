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


class Next(Struct, frozen=True):
    """Try `candidate` after `delay_s` seconds."""

    candidate: Candidate
    delay_s: float


def next_attempt(
    plan: Sequence[Candidate],
    current: Candidate,
    failures: Sequence[ProviderFailed],
    remaining_s: float,
    jitter: float,
) -> Next | None:
    """The next attempt, or None to give up.

    Another model of the plan goes before a repetition: it can be tried at once. `failures` holds every failure of
    this request, the newest last; `jitter` is a random number from 0 to 1.
    """
    failure = failures[-1]
    if sum(was_called(f) for f in failures) >= MAX_ATTEMPTS:
        return None
    if failure.failover:
        position = next(i for i, c in enumerate(plan) if c is current)
        for candidate in plan[position + 1 :]:
            if _may_succeed(candidate, current, failures):
                return Next(candidate, 0.0)
    if failure.retryable:
        delay = _backoff_s(len(failures), failure.retry_after_s, jitter)
        if delay < remaining_s and delay <= MAX_BACKOFF_S:
            return Next(current, delay)
    return None


def was_called(failure: ProviderFailed) -> bool:
    """Whether the provider was asked at all; not when its protocol cannot say what the request has to say."""
    return failure.reason is not Reason.UNSUPPORTED_PARAMETER


def _may_succeed(candidate: Candidate, current: Candidate, failures: Sequence[ProviderFailed]) -> bool:
    """Whether the failures so far leave hope for this candidate."""
    shared = {f.provider for f in failures if f.reason in _PROVIDER_WIDE}
    if candidate.model.provider in shared:
        return False
    if failures[-1].reason is Reason.CONTEXT_LENGTH_EXCEEDED:
        return _room(candidate) > _room(current)
    return True


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
