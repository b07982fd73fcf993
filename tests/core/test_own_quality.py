"""What the operator says of how well models do."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core.own_quality import by_model
from muxer.core.prepared import prepared
from muxer.core.quality import DIFFICULTY, OPERATOR, PRICE_AND_CLASS, predict
from muxer.core.route import decide
from muxer.types.decision import View

from tests.core.builders import TODAY, ask, catalog, model, view

CATALOG = catalog(model("groq:openai/gpt-oss-120b"), model("openai:gpt-6-luna"), model("openai:gpt-6-sol"))
CODE = "Write a Python function that parses ISO 8601 dates, with unit tests."


def told(world: View, **quality: float) -> View:
    """The same world, in which the operator has said this of the model `p:m`."""
    return replace(world, catalog=replace(world.catalog, own_quality={"p:m": quality}))


def test_an_entry_names_a_model_by_its_id() -> None:
    assert by_model({"openai:gpt-6-sol": {"code_gen": Decimal("0.7")}}, CATALOG) == {
        "openai:gpt-6-sol": {"code_gen": 0.7}
    }


def test_a_glob_names_all_models_that_it_fits_and_later_entries_go_first() -> None:
    entries = {"openai:*": {"code_gen": 0.6, "vision": 0.5}, "*sol": {"code_gen": 0.9}}

    assert by_model(entries, CATALOG) == {
        "openai:gpt-6-luna": {"code_gen": 0.6, "vision": 0.5},
        "openai:gpt-6-sol": {"code_gen": 0.9, "vision": 0.5},
    }


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"openai:gpt-6-lunar": {}}, "openai:gpt-6-lunar: fits no model .* did you mean `openai:gpt-6-luna`"),
        ({"gpt-6-luna": {}}, "gpt-6-luna: fits no model .* did you mean `openai:gpt-6-luna`"),
        ({"nobody:*": {}}, r"nobody:\*: fits no model of the catalogue$"),
        ({"openai:*": {"coding": 0.5}}, r"openai:\*\.quality\.coding: there is no such intent; there are chat_lite"),
        ({"openai:*": {"unknown": 0.5}}, r"openai:\*\.quality\.unknown: there is no such intent"),
        ({"openai:*": {"code_gen": 72}}, r"openai:\*\.quality\.code_gen: 72 is not a share"),
        ({"openai:*": {"code_gen": "good"}}, "good is not a share"),
        ({"openai:*": {"code_gen": Decimal("NaN")}}, "NaN is not a share"),
        ({"openai:*": {"code_gen": None}}, "None is not a share"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_key(entries: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        by_model(entries, CATALOG)


@given(st.floats(0.01, 0.99))
def test_a_share_is_the_quality_that_is_predicted_for_a_usual_request(share: float) -> None:
    ready = prepared(replace(catalog(model("p:m")), own_quality={"p:m": {"code_gen": share}}), TODAY)["p:m"]
    able = ready.ability + ready.specialities["code_gen"].extra

    assert math.isclose(share, predict(able, DIFFICULTY["code_gen"]))
    assert ready.specialities["code_gen"].source == OPERATOR


def test_what_the_operator_says_decides_and_is_named_as_the_source() -> None:
    world = view(model("p:m", 0.5), model("q:m", 0.5))
    candidates = {c.model.id: c for c in decide(ask(CODE), told(world, code_gen=0.99)).candidates}

    assert candidates["p:m"].status == "selected"
    assert candidates["p:m"].quality > 0.95 > candidates["q:m"].quality
    assert (candidates["p:m"].ability_source, candidates["q:m"].ability_source) == (OPERATOR, PRICE_AND_CLASS)


def test_it_holds_for_its_intent_alone() -> None:
    world = view(model("p:m", 0.5), model("q:m", 0.5))
    candidates = {c.model.id: c for c in decide(ask("Hello, how are you?"), told(world, code_gen=0.99)).candidates}

    assert candidates["p:m"].quality == candidates["q:m"].quality
    assert candidates["p:m"].ability_source == PRICE_AND_CLASS
