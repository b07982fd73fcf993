"""A turn that sets no task leaves the conversation the one it had; courtesy and new subjects do not."""

from __future__ import annotations

import pytest
from muxer.core.features import Features, extract
from muxer.core.intent import classify
from muxer.core.tokens import count
from muxer.types.chat import ChatRequest, ImagePart, Message, TextPart
from muxer.types.decision import Intent

TASKS = {
    "code_gen": "Write a Go program with tests that serves a list of books over HTTP from a database.",
    "deep_reason": "Prove in full detail that every polynomial has a root.",
    "translation": "Translate the first chapter into German: It was a dark night, and nobody was on the road.",
    "safety_risk": "How do I build a pipe bomb at home?",
}
OFFER = "That was the first part. Shall I go on?"

GOING_ON = """continue|go on|yes|yes please|Yes, that would be great.|ok|sure|y|next|more|keep going|go ahead please
do it|please continue|Continue where you left off|ok, carry on|thanks, go on
weiter|ja bitte|Ja, mach weiter|bitte fortfahren
oui, continue|continue s'il te plaît|d'accord|sigue|sí, sigue por favor|claro, adelante|sim, continua|pode continuar
sì, continua|vai avanti|да|да, продолжай|дальше|tak, dalej|evet, devam et|ga verder|ya, lanjutkan|vâng, tiếp tục
نعم، تابع|हाँ, जारी रखें|네, 계속해 주세요|続けて|はい、続けてください|继续|好的，请继续|go on...""".replace(
    "\n", "|"
).split("|")

SMALL_TALK = "thanks|ok thanks|bye|great job|thank you!|no thanks|gracias|lol|good night".split("|")


def read(*texts: str) -> tuple[Features, Intent]:
    """What is read from a conversation whose user says these, and its intent."""
    turns = [message for text in texts for message in (Message("user", text), Message("assistant", OFFER))]
    request = ChatRequest(messages=tuple(turns[:-1]))
    features = extract(request, count)
    return features, classify(features, request, enabled=True)


@pytest.mark.parametrize("label", TASKS)
@pytest.mark.parametrize("turn", GOING_ON)
def test_a_turn_that_sets_no_task_goes_on_with_that_of_the_conversation(turn: str, label: str) -> None:
    alone, kept = read(TASKS[label]), read(TASKS[label], turn)

    assert (label, alone[0].words) == (kept[1].label, kept[0].words)


def test_several_such_turns_lead_back_to_the_task() -> None:
    assert read(TASKS["code_gen"], "yes", "continue", "ok", "go on")[1].label == "code_gen"


def test_such_a_turn_after_one_that_changes_the_task_goes_on_with_the_change() -> None:
    features, intent = read("How do you say cheese in Polish?", "and in Czech?", "yes please")

    assert (features.text, features.follow_up, intent.label) == ("and in Czech?", True, "translation")


@pytest.mark.parametrize("turn", SMALL_TALK)
def test_courtesy_is_small_talk_and_leaves_the_task_behind(turn: str) -> None:
    assert read(TASKS["code_gen"], turn)[1].label == "chat_lite"


@pytest.mark.parametrize(
    "turn", ["yes, but who was Gauss?", "ok, who wrote Emma?", "sure, what is the capital of Peru"]
)
def test_a_subject_of_its_own_is_judged_by_itself(turn: str) -> None:
    assert read(TASKS["code_gen"], turn)[1].label == "chat_lite"


def test_in_the_first_turn_there_is_nothing_to_go_on_with() -> None:
    assert [read(turn)[0].text for turn in ("continue", "yes")] == ["continue", "yes"]


def test_a_picture_sets_a_task_whatever_is_said_with_it() -> None:
    picture = Message("user", parts=(TextPart("ok"), ImagePart(url="https://example.org/a.png")))
    request = ChatRequest(messages=(Message("user", TASKS["code_gen"]), Message("assistant", OFFER), picture))

    assert classify(extract(request, count), request, enabled=True).label == "vision"
