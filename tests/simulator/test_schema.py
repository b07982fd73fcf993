"""What the simulator makes out of a JSON Schema conforms to it, as pydantic sees it."""

from __future__ import annotations

import datetime as dt
import enum
import json
import uuid
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Gt, Le, Lt, MultipleOf
from hypothesis import given
from hypothesis import strategies as st
from muxer.simulator.schema import sample
from muxer.simulator.schema_check import loose_object, malformed
from pydantic import BaseModel, Field, TypeAdapter


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Leaf(BaseModel):
    name: str = Field(min_length=3, max_length=6)
    count: int = Field(ge=10, lt=12)


class Tree(BaseModel):
    leaf: Leaf
    children: list[Tree]
    parent: Tree | None = None
    colour: Colour
    born: dt.date
    at: dt.datetime
    id: uuid.UUID
    kind: Literal["tree"]
    pair: tuple[int, str]
    tags: set[str] = Field(min_length=2)
    extra: dict[str, int]
    either: int | str
    limit: float = 2.5


@pytest.mark.parametrize(
    "kind",
    [
        Tree,
        list[Leaf],
        dict[str, Leaf],
        int | None,
        Annotated[list[int], Field(min_length=3, max_length=3)],
        Annotated[float, Gt(0), Lt(1)],
        Annotated[float, Ge(-2), Le(-1)],
        Annotated[int, Gt(5), MultipleOf(4)],
        Annotated[int, Lt(-5)],
        bool,
        None,
        Literal[3],
        dt.time,
    ],
    ids=str,
)
def test_a_sample_validates_against_the_type_that_the_schema_is_of(kind: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    adapter.validate_json(json.dumps(sample(adapter.json_schema(), ["Oslo", "Bergen"])))


_LEAVES = st.one_of(
    st.just({"type": "string"}),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.builds(
        lambda low, size: {"type": "integer", "minimum": low, "maximum": low + size}, st.integers(), st.integers(0, 9)
    ),
    st.builds(lambda values: {"enum": values}, st.lists(st.text() | st.integers(), min_size=1)),
)
_SCHEMAS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 3)),
        st.builds(
            lambda properties: {"type": "object", "properties": properties, "required": sorted(properties)},
            st.dictionaries(st.text(max_size=4), inner, max_size=4),
        ),
        st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=12,
)


def conforms(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value conforms to one of the schemas above; written apart from what makes the samples."""
    if "anyOf" in schema:
        return any(conforms(value, option) for option in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    match schema["type"]:
        case "array":
            return len(value) >= schema["minItems"] and all(conforms(item, schema["items"]) for item in value)
        case "object":
            return set(schema["required"]) <= set(value) and all(
                conforms(item, schema["properties"][key]) for key, item in value.items()
            )
        case "integer":
            return isinstance(value, int) and schema["minimum"] <= value <= schema["maximum"]
        case kind:
            return isinstance(value, {"string": str, "boolean": bool, "null": type(None)}[kind])


@given(_SCHEMAS)
def test_any_sample_conforms(schema: dict[str, Any]) -> None:
    assert conforms(sample(schema), schema)


@given(_SCHEMAS)
def test_a_sample_is_always_the_same(schema: dict[str, Any]) -> None:
    assert sample(schema, ["a", "b"]) == sample(schema, ["a", "b"])


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "default": "x"}, "x"),
        ({"const": 4}, 4),
        ({"type": ["null", "integer"]}, 3),
        ({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}, {"a": 1, "b": 2}),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"const": "found"}}}, "found"),
        ({"type": "object", "required": ["free"]}, {"free": "example"}),
        ({"type": "ARRAY", "items": {"type": "STRING"}}, ["example"]),
        ({"type": "array"}, []),
        (True, "example"),
    ],
    ids=str,
)
def test_samples_follow_what_the_schema_prefers(schema: Any, expected: Any) -> None:
    assert sample(schema) == expected


def test_words_are_used_one_after_the_other() -> None:
    schema = {"type": "object", "properties": {"from": {"type": "string"}, "to": {"type": "string"}}}

    assert sample(schema, ["Oslo", "Bergen"]) == {"from": "Oslo", "to": "Bergen"}


def test_a_schema_that_refers_to_itself_comes_to_an_end() -> None:
    schema = {"$defs": {"n": {"type": "object", "properties": {"next": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"}

    assert str(sample(schema)).count("next") == 12


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        ({"type": "object", "properties": {}, "additionalProperties": False}, None),
        ({"type": "object"}, "the top level"),
        ({"type": "string"}, None),
        (
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["a"],
                "properties": {"a": {"type": "array", "items": {"type": "object"}}},
            },
            "a.items",
        ),
        (
            {"type": "object", "additionalProperties": False, "required": [], "properties": {"a": {"type": "string"}}},
            "the top level",
        ),
    ],
    ids=str,
)
def test_strict_mode_finds_the_first_loose_object(schema: dict[str, Any], where: str | None) -> None:
    assert loose_object(schema) == where


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        ({"type": "object", "properties": {"a": {"type": "STRING", "minLength": 2}}}, None),
        ({}, None),
        ([], "the top level"),
        ({"type": "text"}, "type"),
        ({"type": []}, "type"),
        ({"properties": {"a": {"enum": []}}}, "a.enum"),
        ({"properties": True}, "properties"),
        ({"anyOf": [{"required": "a"}]}, "anyOf.required"),
        ({"items": {"minItems": -1}}, "items.minItems"),
        ({"items": {"minimum": "1"}}, "items.minimum"),
        ({"multipleOf": 0}, "multipleOf"),
        ({"$ref": 1}, "$ref"),
        ({"$defs": {"a": 3}}, "a"),
    ],
    ids=str,
)
def test_what_is_no_schema_is_found(schema: Any, where: str | None) -> None:
    assert malformed(schema) == where
