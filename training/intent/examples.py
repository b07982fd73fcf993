"""Reads what the model is trained and judged on: the composed corpus, and the labelled prompts outside the repository.

The labelled prompts lie in `../shared/data/intents`, or where `MODELMUXER_DATA` names. Weights see only rows of sources
whose licence allows it (`"weights": "yes"` in `sources.json`); all rows serve for validation.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct
from muxer.core.features import Features, extract
from muxer.core.intent_terms import terms_of
from muxer.types.chat import ChatRequest, ImagePart, Message, TextPart

from training.intent.compose import Prompt, compose

ROOT = Path(__file__).parents[2]
ANY_IMAGE = ImagePart(url="https://example.org/any.png")

SAME_ORIGIN = {
    "catqa_en": "catqa",
    "catqa_zh": "catqa",
    "catqa_vi": "catqa",
    "clinc_smalltalk": "clinc",
    "clinc_translate": "clinc",
    "owleval_textonly": "owleval",
    "native_translate_dev": "chatterbot",
}
"""Sources that share texts with another: they are held out together."""

WRAPPED_CHARS = 80
WRAPPED_STEP = 9
WRAPPERS = (
    ("translation", "Translate the text below into French.\n\n{}"),
    ("json_extract", "Extract all names, numbers and dates from the following text as JSON.\n\n{}"),
    ("translation", "{}\n\nCan you put the text above into Japanese?"),
    ("json_extract", "{}\n\nReturn the entities of this text as a JSON object."),
    ("translation", "How do you say this in Italian?\n{}"),
    ("json_extract", "List the people, places and quantities that are mentioned, in a table.\n{}"),
    ("translation", "Do not answer, only translate to German: {}"),
    ("translation", "\u628a\u4e0b\u9762\u7684\u5185\u5bb9\u7ffb\u8bd1\u6210\u4e2d\u6587\uff1a\n{}"),
    ("json_extract", "Collect the key facts and give them as key-value pairs.\n{}"),
    ("translation", "Spanish version of this, please, formulas and code unchanged:\n\n{}"),
    ("json_extract", "Which entities occur in the passage? Answer in JSON.\n{}"),
)
"""Frames for texts that are themselves tasks."""


class Example(Struct, frozen=True):
    """A labelled request. `family` shares one weight; `origin` is held out as a whole, empty for the corpus."""

    label: str
    family: str
    origin: str
    features: Features
    terms: frozenset[str]
    request: ChatRequest
    row: dict[str, Any] = {}


def data_folder() -> Path:
    """The folder of the data that are not part of the repository."""
    named = os.environ.get("MODELMUXER_DATA")
    return Path(named) if named else ROOT.parent / "shared" / "data"


def corpus() -> list[Example]:
    """The composed corpus."""
    return [_from_prompt(prompt) for prompt in compose()]


def labelled(name: str = "dev_xl.jsonl.gz") -> tuple[list[Example], list[Example]]:
    """Labelled prompts: those that weights may be trained on, and the others."""
    folder = data_folder() / "intents"
    sources = json.loads((folder / "sources.json").read_text(encoding="utf-8"))
    with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    allowed = [row for row in rows if sources[row["source"]]["weights"] == "yes"]
    others = [row for row in rows if sources[row["source"]]["weights"] != "yes"]
    return list(map(_from_row, allowed)), list(map(_from_row, others))


def wrapped(examples: Iterable[Example]) -> list[Example]:
    """Some of these examples as texts to be translated or to extract from: the task is in the frame."""
    long = [example for example in trainable(examples) if len(example.features.text) > WRAPPED_CHARS]
    found = []
    for at, example in enumerate(long[::WRAPPED_STEP]):
        label, frame = WRAPPERS[at % len(WRAPPERS)]
        request = ChatRequest(messages=(Message("user", content=frame.format(example.features.text)),))
        found.append(_example(label, f"wrapper {at % len(WRAPPERS)}", example.origin, request, {}))
    return found


def trainable(examples: Iterable[Example]) -> list[Example]:
    """Examples that teach something: not those with several right answers, nor those that a rule decides."""
    return [e for e in examples if not e.row.get("accept") and not e.features.has_image]


def _from_prompt(prompt: Prompt) -> Example:
    request = ChatRequest(messages=tuple([Message(role, content=text) for role, text in prompt.turns]))
    return _example(prompt.label, prompt.family, "", request, {})


def _from_row(row: dict[str, Any]) -> Example:
    turns = row.get("messages") or [{"role": "user", "content": row["text"]}]
    messages = [Message(turn["role"], content=turn["content"]) for turn in turns]
    if row.get("has_image"):
        messages[-1] = Message(messages[-1].role, parts=(ANY_IMAGE, TextPart(messages[-1].content)))
    origin = SAME_ORIGIN.get(row["source"], row["source"])
    return _example(row["label"], row["source"], origin, ChatRequest(messages=tuple(messages)), row)


def _example(label: str, family: str, origin: str, request: ChatRequest, row: dict[str, Any]) -> Example:
    features = extract(request, len)
    return Example(label, family, origin, features, frozenset(terms_of(features)), request, row)
