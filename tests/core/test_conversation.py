"""Which conversation a request continues, and that it tends to stay with the model that has read it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core.conversation import KEY_BYTES, READ_CHARS, is_continued, key, readable_tokens
from muxer.core.route import decide
from muxer.errors import MuxerError
from muxer.types.catalog import DatedPrice, ModelSpec, Rates, Tier
from muxer.types.chat import ChatRequest, Message, Usage
from muxer.types.decision import Decision, View, WarmPrompt

from tests.core.builders import PICTURE, TODAY, ask, model, requests, view, views

OPENING = (Message("system", "Be brief."), Message("user", "Hello"))
roles = st.sampled_from(("user", "assistant", "tool", "system", "developer"))
later = st.lists(st.builds(Message, role=roles, content=st.text(max_size=20)), max_size=6).map(tuple)


def caching(model_id: str, price: float, cached: float) -> ModelSpec:
    """A model with a price for what it reads from cache, both in dollars per million tokens."""
    plain = model(model_id, price)
    rates = replace(plain.prices[0].rates, cached_input=int(cached * 1_000_000))
    return replace(plain, prices=(replace(plain.prices[0], rates=rates),))


def turns(*contents: str) -> ChatRequest:
    """A conversation of a user and an assistant who take turns."""
    return ChatRequest(tuple(Message("user" if i % 2 == 0 else "assistant", text) for i, text in enumerate(contents)))


@given(later, later)
def test_a_conversation_keeps_its_key_as_it_grows(one: tuple[Message, ...], other: tuple[Message, ...]) -> None:
    assert key(ChatRequest(OPENING + one), "t") == key(ChatRequest(OPENING + other), "t")
    assert len(key(ChatRequest(OPENING + one), "t")) == KEY_BYTES


def test_tenant_instructions_and_opening_tell_conversations_apart() -> None:
    system, user = OPENING
    long = "a" * READ_CHARS
    openings = [
        OPENING,
        (user,),
        (replace(system, content="Be long."), user),
        (replace(system, role="developer"), user),
        (system, replace(user, content="Hello!")),
        (system, replace(user, content="", parts=ask("Hello", PICTURE).messages[0].parts)),
        (system, replace(user, content=long)),
        (system, replace(user, content=long + "b")),
        (system, replace(user, content="\ud800")),
    ]
    keys = [key(ChatRequest(opening), "t") for opening in openings] + [key(ChatRequest(OPENING), "u")]

    assert len(set(keys)) == len(keys)


def test_without_a_user_there_is_no_conversation() -> None:
    assert key(ChatRequest((Message("system", "Be brief."),)), "t") == b""


def test_a_conversation_goes_on_once_it_was_answered() -> None:
    assert not is_continued(turns("Hello"))
    assert is_continued(turns("Hello", "Hi", "How are you?"))


@pytest.mark.parametrize(
    ("provider", "usage", "tokens"),
    [
        ("openai", Usage(prompt_tokens=1_023), 0),
        ("openai", Usage(prompt_tokens=1_024), 1_024),
        ("openai", Usage(prompt_tokens=2_000), 1_920),
        ("openai", Usage(prompt_tokens=2_000, estimated=True), 1_920),
        ("anthropic", Usage(prompt_tokens=2_000), 0),
        ("anthropic", Usage(prompt_tokens=2_000, cached_tokens=1_000, cache_write_tokens=500), 1_500),
        ("anthropic", Usage(prompt_tokens=2_000, cached_tokens=1_500, cache_write_tokens=1_500), 2_000),
        ("anthropic", Usage(prompt_tokens=-1, cached_tokens=-5, cache_write_tokens=-5), 0),
        ("someone", Usage(prompt_tokens=2_000), 0),
    ],
)
def test_what_can_be_read_again_is_what_usage_tells_or_what_is_cached_by_itself(
    provider: str, usage: Usage, tokens: int
) -> None:
    assert readable_tokens(caching(f"{provider}:a", 1, 0.1), usage, TODAY) == tokens


def test_where_reading_again_is_no_cheaper_nothing_counts_as_cached() -> None:
    plain = model("openai:a")
    dear_when_long = replace(
        caching("openai:a", 1, 0.1), prices=(DatedPrice(TODAY, Rates(1, 1, 1), (Tier(1_500, Rates(2, 2)),)),)
    )

    assert readable_tokens(plain, Usage(2_000), TODAY) == 0
    assert readable_tokens(dear_when_long, Usage(2_000), TODAY) == 0
    assert readable_tokens(dear_when_long, Usage(1_500), TODAY) == 1_408


LONG = "word " * 20_000
NEAR, FAR = caching("alpha:near", 1.0, 0.9), caching("beta:far", 1.2, 0.05)


def warm(world: View, request: ChatRequest, model_id: str, tokens: int) -> View:
    """The world in which this model holds so much of the request's conversation."""
    return replace(world, warm={key(request, world.tenant): WarmPrompt(model_id, tokens)})


def test_a_conversation_stays_where_its_prompt_is_cached() -> None:
    request = turns(LONG, "I see.", "Who was it?")
    world = view(NEAR, FAR)
    cold, kept = decide(request, world), decide(request, warm(world, request, "beta:far", 19_000))

    assert (cold.selected.model.id, kept.selected.model.id) == ("alpha:near", "beta:far")
    assert kept.selected.cost.cached_tokens == 19_000
    assert kept.reason.endswith("; keeps the conversation's prompt cache")
    assert "prompt cache" not in cold.reason


def test_a_cache_that_makes_no_difference_is_not_mentioned() -> None:
    request = turns(LONG, "I see.", "Who was it?")

    decision = decide(request, warm(view(NEAR, FAR), request, "alpha:near", 19_000))

    assert decision.selected.cost.cached_tokens == 19_000
    assert "prompt cache" not in decision.reason


def test_the_first_turn_of_a_new_conversation_that_begins_like_another_owes_it_nothing() -> None:
    request = turns(LONG)
    world = view(NEAR, FAR)

    assert decide(request, warm(world, request, "beta:far", 19_000)) == decide(request, world)


def test_no_more_counts_as_cached_than_the_prompt_has() -> None:
    request = turns("Hello", "Hi", "How are you?")

    chosen = decide(replace(request, model="beta:far"), warm(view(FAR), request, "beta:far", 10**6)).selected

    assert chosen.cost.cached_tokens == chosen.cost.input_tokens < 100


def decided(request: ChatRequest, world: View) -> Decision | None:
    try:
        return decide(request, world)
    except MuxerError:
        return None


@given(requests(), views(), st.integers(0, 8), st.integers(1, 10_000))
def test_a_warm_cache_makes_one_model_cheaper_and_touches_no_other(
    request: ChatRequest, world: View, which: int, tokens: int
) -> None:
    opened = replace(request, messages=(*request.messages, Message("assistant", "Yes."), Message("user", "Go on.")))
    ids = list(world.catalog.models)
    holder = ids[which % len(ids)]
    cold, kept = decided(opened, world), decided(opened, warm(world, opened, holder, tokens))

    assert (cold is None) == (kept is None)
    if cold and kept:
        before = {c.model.id: c.cost for c in cold.candidates}
        after = {c.model.id: c.cost for c in kept.candidates}
        assert {i: c for i, c in before.items() if i != holder} == {i: c for i, c in after.items() if i != holder}
        assert after[holder].expected <= before[holder].expected
        assert (after[holder].p90, after[holder].ceiling) == (before[holder].p90, before[holder].ceiling)
        assert kept.selected.model.id in (holder, cold.selected.model.id)
