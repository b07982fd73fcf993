"""What the `model` field asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.core.model_id import parse
from muxer.core.preset import PRESETS
from muxer.errors import BadRequest, MuxerError, Reason

from tests.core.builders import catalog, model

CATALOG = catalog(
    model("groq:openai/gpt-oss-120b"),
    model("groq:qwen3"),
    model("ollama:llama3:8b"),
    model("openai:gpt-6-luna"),
    model("together:Qwen/qwen3"),
    model("together:openai/gpt-oss-120b"),
)


def ids(text: str) -> list[str]:
    return [m.id for m in parse(text, CATALOG).models]


@pytest.mark.parametrize("text", ["", "auto"])
def test_auto_and_nothing_leave_the_choice_open(text: str) -> None:
    target = parse(text, CATALOG)

    assert not target.pinned
    assert not target.preset


@pytest.mark.parametrize("preset", PRESETS)
def test_auto_with_a_preset_leaves_the_choice_open_and_names_the_preset(preset: str) -> None:
    target = parse(f"auto:{preset}", CATALOG)

    assert not target.pinned
    assert target.preset == preset


@pytest.mark.parametrize("text", ["auto:", "auto:cheapest", "auto:Economy", "auto:fast:er"])
def test_an_unknown_preset_is_an_invalid_value_of_the_model_field(text: str) -> None:
    with pytest.raises(BadRequest, match="auto:economy") as caught:
        parse(text, CATALOG)

    assert (caught.value.reason, caught.value.field) == (Reason.INVALID_VALUE, "model")


@pytest.mark.parametrize("model_id", CATALOG.models)
def test_a_full_id_names_that_model_whatever_signs_are_in_it(model_id: str) -> None:
    assert [model_id] == ids(model_id)


def test_a_bare_name_names_the_model_at_its_only_provider() -> None:
    assert ids("gpt-6-luna") == ["openai:gpt-6-luna"]
    assert ids("llama3:8b") == ["ollama:llama3:8b"]


@pytest.mark.parametrize("name", ["gpt-oss-120b", "openai/gpt-oss-120b"])
def test_a_bare_name_names_the_model_at_every_provider_that_serves_it(name: str) -> None:
    assert ids(name) == ["groq:openai/gpt-oss-120b", "together:openai/gpt-oss-120b"]


def test_a_name_in_full_goes_before_the_same_name_in_short() -> None:
    assert ids("qwen3") == ["groq:qwen3"]


@pytest.mark.parametrize("text", ["gpt-6-lunar", "openai/gpt-6-luna", "openai:gpt-6-lun"])
def test_an_unknown_model_is_not_found_and_the_nearest_names_are_told(text: str) -> None:
    with pytest.raises(MuxerError, match="did you mean `openai:gpt-6-luna`") as caught:
        parse(text, CATALOG)

    assert caught.value.reason is Reason.MODEL_NOT_FOUND
    assert caught.value.field == "model"
    assert caught.value.details == {"model": text}


def test_a_model_like_no_other_is_not_found_without_a_guess() -> None:
    with pytest.raises(MuxerError) as caught:
        parse("§§§§§§", CATALOG)

    assert caught.value.message == "model `§§§§§§` is not known"


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused_in_our_own_terms(text: str) -> None:
    reason: Reason | None = None
    try:
        parse(text, CATALOG)
    except MuxerError as error:
        reason = error.reason

    assert reason in (None, Reason.MODEL_NOT_FOUND, Reason.INVALID_VALUE)
