"""The training corpus composes the same prompts every time, without holes, in every language and for every label."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from muxer.core.intent import LABELS

FOLDER = Path(__file__).parents[2] / "training" / "intent"


@cache
def composer() -> ModuleType:
    """The module that composes; the training scripts are no part of the installed package."""
    spec = importlib.util.spec_from_file_location("intent_compose", FOLDER / "compose.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def prompts() -> list[Any]:
    """All prompts, composed once."""
    return list(composer().compose())


def test_the_same_corpus_composes_the_same_prompts() -> None:
    assert composer().compose() == prompts()


def test_every_label_and_look_alike_has_hundreds_of_prompts() -> None:
    counts = Counter(prompt.label for prompt in prompts())

    assert {*LABELS, "!safety_risk"} == set(counts)
    assert min(counts.values()) >= 500


def test_a_dozen_languages_have_unsafe_and_innocent_prompts() -> None:
    spoken = {prompt.language for prompt in prompts() if prompt.label == "safety_risk"}
    innocent = {prompt.language for prompt in prompts() if prompt.label == "chat_lite"}

    assert len(spoken & innocent) >= 12


def test_no_slot_is_left_unfilled_and_no_turn_is_empty() -> None:
    defined = {
        line[1:].partition(" =")[0].rstrip(":")
        for path in (FOLDER / "corpus").glob("*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("@")
    }
    texts = [text for prompt in prompts() for _, text in prompt.turns]

    assert not [text for text in texts for name in defined - {"id", "lang"} if f"{{{name}}}" in text]
    assert all(text.strip() for text in texts)


def test_no_family_of_wordings_is_more_than_a_quarter_of_its_label() -> None:
    labels = Counter(prompt.label for prompt in prompts())
    families = Counter((prompt.label, prompt.family) for prompt in prompts())

    assert all(size <= 0.25 * labels[label] for (label, _), size in families.items())
