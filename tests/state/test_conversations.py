"""Which provider holds which conversation in its prompt cache."""

from __future__ import annotations

from muxer.state.conversations import CAPACITY, LIFETIME_S, MemoryConversations
from muxer.types.decision import WarmPrompt

from tests.fakes.clock import ManualClock

ONE, OTHER = b"one conversation", b"another one....."
WARM = WarmPrompt("openai:a", 2_000)


def test_what_was_answered_is_warm_for_the_life_of_a_cache_and_no_longer() -> None:
    clock = ManualClock()
    memory = MemoryConversations(clock)
    memory.remember(ONE, "openai:a", 2_000)

    clock.advance(LIFETIME_S)
    assert memory.snapshot().get(ONE) == WARM
    clock.advance(0.001)
    assert memory.snapshot().get(ONE) is None


def test_an_answer_keeps_the_cache_warm() -> None:
    clock = ManualClock()
    memory = MemoryConversations(clock)
    memory.remember(ONE, "openai:a", 1_024)

    clock.advance(LIFETIME_S - 1)
    memory.remember(ONE, "openai:a", 2_000)
    clock.advance(LIFETIME_S - 1)

    assert memory.snapshot().get(ONE) == WARM


def test_a_view_judges_ages_by_its_own_moment() -> None:
    clock = ManualClock()
    memory = MemoryConversations(clock)
    memory.remember(ONE, "openai:a", 2_000)
    taken = memory.snapshot()

    clock.advance(2 * LIFETIME_S)

    assert (dict(taken), dict(memory.snapshot())) == ({ONE: WARM}, {})
    assert (len(taken), len(memory.snapshot())) == (1, 0)


def test_another_model_takes_over_only_with_a_cache_of_its_own() -> None:
    memory = MemoryConversations(ManualClock())
    memory.remember(ONE, "openai:a", 2_000)

    memory.remember(ONE, "cohere:b", 0)
    assert memory.snapshot().get(ONE) == WARM
    memory.remember(ONE, "google:c", 1_024)
    assert memory.snapshot().get(ONE) == WarmPrompt("google:c", 1_024)


def test_what_is_no_conversation_is_not_remembered() -> None:
    memory = MemoryConversations(ManualClock())

    memory.remember(b"", "openai:a", 2_000)

    assert memory.snapshot().get(b"") is None


def test_the_conversation_that_was_answered_longest_ago_goes_first() -> None:
    memory = MemoryConversations(ManualClock())
    memory.remember(ONE, "openai:a", 2_000)
    memory.remember(OTHER, "openai:a", 2_000)
    memory.remember(ONE, "openai:a", 2_000)

    for number in range(CAPACITY - 1):
        memory.remember(number.to_bytes(16, "big"), "openai:a", 2_000)

    kept = memory.snapshot()
    assert (len(kept), kept.get(ONE), kept.get(OTHER)) == (CAPACITY, WARM, None)
