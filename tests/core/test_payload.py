"""What an answer that rewrites its input is a share of, and what follows for cost and limits of whole requests."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from muxer.core.payload import Payload, payload
from muxer.core.route import decide, read
from muxer.state.usage import MemoryUsageHistory
from muxer.types.catalog import Capabilities
from muxer.types.chat import ChatRequest, Message, Tool, Usage
from muxer.types.decision import Decision
from muxer.types.money import pico

from tests.core.builders import model, view, with_limit

LONG = "Clause text about liability and indemnity. " * 1_000
SYSTEM = Message("system", "You are a contract lawyer. " + LONG)
SHORT = Message("user", "Translate 'good night' to French")
WORLD = view(model("alpha:plain", (1, 4)), model("alpha:thinks", (1, 4), can=Capabilities(reasoning=True, tools=True)))


def user(text: str) -> Message:
    return Message("user", text)


def brought(*messages: Message) -> Payload:
    request = ChatRequest(messages)
    return payload(request, read(request, WORLD).features)


def test_the_last_user_turn_is_what_it_brings() -> None:
    assert brought(user(f"Translate to French: {LONG}")).tokens == 6_003


def test_system_prompt_and_history_are_no_part_of_it() -> None:
    history = (user(f"Summarise this: {LONG}"), Message("assistant", "It is about liability."))

    assert brought(SYSTEM, SHORT).tokens == brought(*history, SHORT).tokens == 5


def test_a_system_prompt_that_says_what_to_do_with_all_turns_leaves_them_their_length() -> None:
    system = Message("system", "Translate everything that the user writes into German.")

    assert brought(system, user("How are you today?")).tokens == 4


@pytest.mark.parametrize("text", ["Now translate that into Spanish", "and in Spanish?"])
def test_a_follow_up_is_about_the_turn_before_it(text: str) -> None:
    history = (SYSTEM, user("old " * 50), Message("assistant", "word " * 700), user("x " * 900))

    assert brought(*history, Message("assistant", "fine " * 300), user(text)).tokens == 900


def test_a_turn_that_only_says_to_go_on_is_about_the_task_that_goes_on() -> None:
    task = user(f"Translate to French: {LONG}")

    assert brought(SYSTEM, task, Message("assistant", "Texte de clause"), user("continue")).tokens == 6_003


@pytest.mark.parametrize("text", ["Translate the clauses above into Spanish", "Traduis l'article ci-dessus en anglais"])
def test_a_turn_that_says_that_its_text_is_elsewhere_is_about_the_longest(text: str) -> None:
    assert brought(SYSTEM, user(text)).tokens == 6_005


def test_a_turn_with_a_text_of_its_own_is_about_that_whatever_the_text_says() -> None:
    assert brought(SYSTEM, user("Translate into German: the clouds above us")).tokens == 7


def test_a_short_turn_may_mean_another_text_and_only_the_90th_percentile_says_so() -> None:
    assert brought(SYSTEM, user("Extract all parties as JSON")) == Payload(5, 173)
    assert brought(SYSTEM, user("Extract the names: " + "Bob Marsh called. " * 20)).high == 63


def test_what_tools_brought_in_is_part_of_the_turn() -> None:
    page = Message("tool", "word " * 800, tool_call_id="1")

    assert brought(SYSTEM, user("Translate the page at example.org"), Message("assistant"), page).tokens == 800


def test_without_a_user_turn_it_is_the_longest_message() -> None:
    assert brought(SYSTEM, Message("assistant", "yes")).tokens == 6_005
    assert brought() == Payload(0, 0)


def asked(
    *messages: Message, tools: int = 0, limit: str | None = None, history: MemoryUsageHistory | None = None
) -> Decision:
    """The decision on the model that reasons."""
    described = tuple(Tool(f"f{i}", description="Finds the thing. " * 60) for i in range(tools))
    request = ChatRequest(messages, model="alpha:thinks", tools=described)
    world = WORLD if history is None else replace(WORLD, usage=history.snapshot())
    return decide(request if limit is None else with_limit(request, pico(limit)), world)


def test_a_short_translation_is_short_behind_whatever_stands_before_it() -> None:
    alone = asked(SHORT).selected.cost

    for decision in (asked(SYSTEM, SHORT), asked(SHORT, tools=60)):
        assert decision.intent.label == "translation"
        assert decision.selected.cost.output_tokens == alone.output_tokens


def test_a_short_translation_behind_a_long_system_prompt_is_not_refused_for_a_cost_it_never_has() -> None:
    assert asked(SYSTEM, SHORT, limit="0.008").selected.model.name == "thinks"


def test_many_short_translations_do_not_make_a_long_one_look_short() -> None:
    history, long = MemoryUsageHistory(), user("Translate to French: " + "The committee met at nine. " * 2_000)
    before = asked(long, history=history).selected.cost
    for _ in range(64):
        decision = asked(SYSTEM, SHORT, history=history)
        history.observe(
            "alpha:thinks",
            decision.length.kind,
            counted_prompt_tokens=decision.signals.token_length_est,
            expected_output_tokens=decision.length.reasoning,
            usage=Usage(decision.signals.token_length_est, 9),
            cut=False,
        )
    after = asked(long, history=history).selected.cost

    assert asked(SYSTEM, SHORT, history=history).selected.cost.output_tokens < 30
    assert (after.output_tokens, after.output_p90) == (before.output_tokens, before.output_p90)
    assert after.output_tokens > 10_000
