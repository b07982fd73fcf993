"""Tells whether a system prompt demands that answers be JSON, or only mentions it: settings in JSON, an example of how
to call a tool, a format that is one of several."""

from __future__ import annotations

import re

_CLAUSE = re.compile(r"[.;!?\n\u3002]+")

_DEMAND = re.compile(
    r"""\b(?:answer|repl(?:y|ies)|respon[ds]|return|output|produc|generat|format|emit|give|provid|write|extract|
    convert|adher|conform|antwort|gib|liefer|ausgabe|répon|renvoi|retourn|respond|devuelv|devolv|retorn|rispond|
    restitui|ответ|отвеч|верни|вывод|odpow|zwró|balas|kembalikan|trả)""",
    re.VERBOSE,
)
"""Words that ask for an answer, before JSON is named in the same clause."""

_ONLY = re.compile(
    r"\b(?:only|nothing but|valid|strict|(?:in)?to json|nur|uniquement|solo|sólo|soltanto|apenas|только|sadece)\b"
    "|返回|输出|回答|出力|返して|答えて|응답|반환|출력|yanıtla|döndür"  # these may follow the word JSON
)
"""Words that make it a demand wherever they stand in the clause."""

_OPTIONAL = re.compile(r"\b(?:may|might|can|could|optional(?:ly)?|tools?|functions?|not|never|don't)\b")

_SCHEMA = (  # of JSON Schema, of Python classes, of an object to be filled in
    '"type":',
    '"properties"',
    "json schema",
    '": string',
    '": number',
    '": ""',
    '": null',
    "basemodel",
)


def mentions_json(system: str) -> bool:
    """Whether a system prompt speaks of JSON at all."""
    return "json" in system.lower()


def demands_json(system: str) -> bool:
    """Whether it asks for answers in JSON: by a demand in one clause, or by a schema that is not that of a tool."""
    system = system.lower()
    if "json" not in system:
        return False
    if any(map(_demanding, _CLAUSE.split(system))):
        return True
    return any(mark in system for mark in _SCHEMA) and _OPTIONAL.search(system) is None


def _demanding(clause: str) -> bool:
    before, json, _ = clause.partition("json")
    if not json:
        return False
    return bool(_ONLY.search(clause) or (_DEMAND.search(before) and not _OPTIONAL.search(before)))
