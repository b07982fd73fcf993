"""Abilities are read with their sources, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from muxer.core import abilities
from muxer.core.abilities import AbilitiesInvalid

SOURCES = [
    {"benchmark": "GPQA diamond", "date": "2025-08-05", "score": 0.801, "source": "https://www.example.org/card/"},
    {"benchmark": "MMLU-Pro", "date": "2025-08-07", "score": 0.9, "source": "https://www.example.org/card/"},
    {"benchmark": "Arena text", "date": "2026-10-02", "score": 1352.0, "source": "https://arena.example"},
]


def row(**keys: Any) -> dict[str, Any]:
    return {"general": 2.5, "by_intent": {"code_gen": 2.7}, "sources": SOURCES} | keys


def encoded(**keys: Any) -> bytes:
    return json.dumps({"groq:openai/gpt-oss-120b": row(**keys)}).encode()


def test_a_row_becomes_an_ability() -> None:
    found = abilities.parse(encoded())["groq:openai/gpt-oss-120b"]

    assert (found.general, dict(found.by_intent)) == (2.5, {"code_gen": 2.7})


def test_the_source_names_each_place_once_with_its_figures_and_month() -> None:
    found = abilities.parse(encoded())["groq:openai/gpt-oss-120b"]

    assert found.source == (
        "GPQA diamond 0.801, MMLU-Pro 0.9 (example.org/card, 2025-08); Arena text 1352 (arena.example, 2026-10)"
    )


def test_a_file_without_models_is_one_of_no_abilities() -> None:
    assert dict(abilities.parse(b"{}")) == {}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "truncated"),
        (b"[]", "object"),
        (json.dumps({"gpt-4o": row()}).encode(), "provider:model"),
        (encoded(general=None), "general"),
        (encoded(general=99.0), "general"),
        (encoded(by_intent={"code_gen": "much"}), "by_intent"),
        (encoded(sources=[]), "sources"),
        (encoded(sources=[{**SOURCES[0], "source": ""}]), "source"),
        (encoded(sources=[{**SOURCES[0], "date": "last year"}]), "date"),
        (encoded(generall=1.0), "generall"),
    ],
)
def test_what_cannot_be_believed_is_refused_and_named(content: bytes, word: str) -> None:
    with pytest.raises(AbilitiesInvalid, match=word):
        abilities.parse(content)


def test_abilities_cannot_be_changed_by_their_readers() -> None:
    found = abilities.published()

    with pytest.raises(TypeError):
        found["p:m"] = next(iter(found.values()))  # type: ignore[index]
    with pytest.raises(TypeError):
        next(iter(found.values())).by_intent["code_gen"] = 9.0  # type: ignore[index]
