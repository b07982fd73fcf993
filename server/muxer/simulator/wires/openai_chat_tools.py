"""Reads the tools of a Chat Completions request, and the format that it wants its answer in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from muxer.simulator.ask import ToolSpec
from muxer.simulator.fields import Fields
from muxer.simulator.schema_check import loose_object
from muxer.simulator.wires.openai_chat_rules import Rules

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")


def read_tools(body: Fields) -> tuple[ToolSpec, ...]:
    """The tools on offer."""
    tools = []
    for tool in body.objects("tools"):
        kind = tool.one_of("type", ("function", "custom"))
        tool.require(kind)
        tools.append(read_function(Fields(tool.get(kind), tool.path(kind)), custom=kind == "custom"))
    return tuple(tools)


def read_function(function: Fields, *, custom: bool) -> ToolSpec:
    """One tool's own description."""
    function.require("name")
    name = function.text("name")
    if not _NAME.match(name):
        message = f"Invalid '{function.path('name')}': string does not match pattern '^[a-zA-Z0-9_-]+$'."
        raise function.wrong("name", message)
    schema = function.schema("parameters") or {}
    if function.flag("strict"):
        _refuse_loose(function, "parameters", schema, f"function '{name}'", "invalid_function_parameters")
    return ToolSpec(name, schema, custom=custom)


def _refuse_loose(where: Fields, key: str, schema: Any, what: str, code: str | None) -> None:
    """Refuses a schema that strict mode cannot enforce."""
    loose = loose_object(schema)
    if loose:
        message = f"Invalid schema for {what}: in {loose}, 'additionalProperties' is required to be supplied and to be "
        message += "false, and 'required' is required to include every key in properties."
        raise where.wrong(key, message, code)


def read_tool_choice(body: Fields, tools: Sequence[ToolSpec], rules: Rules) -> tuple[str, tuple[str, ...]]:
    """Whether tools must be called, and which ones may be."""
    choice = body.get("tool_choice")
    for key in ("tool_choice", "parallel_tool_calls"):
        if key in body and not tools:
            raise body.wrong(key, f"'{key}' is only allowed when 'tools' are specified.", None)
    if choice is None or isinstance(choice, str):
        word = body.text("tool_choice", choices=("none", "auto", *rules.forcing)) or "auto"
        return ("required" if word in rules.forcing else word), ()
    named = Fields(choice, "tool_choice")
    kind = named.one_of("type", ("function", "custom", "allowed_tools"))
    named.require(kind)
    inner = Fields(named.get(kind), named.path(kind))
    mode = "required"
    names: tuple[str, ...] = (inner.text("name"),)
    if kind == "allowed_tools":
        mode = inner.text("mode", choices=("auto", "required")) or "auto"
        entries = [Fields(tool.get(tool.text("type")), tool.path("function")) for tool in inner.objects("tools")]
        names = tuple(entry.text("name") for entry in entries)
    check_names(body, names, tools)
    return mode, names


def check_names(body: Fields, names: Sequence[str], tools: Sequence[ToolSpec]) -> None:
    """Refuses the choice of a tool that is not on offer."""
    for name in names:
        if name not in {tool.name for tool in tools}:
            raise body.wrong("tool_choice", f"Tool choice '{name}' not found in 'tools' parameter.", None)


def read_format(body: Fields, rules: Rules) -> tuple[bool, Any]:
    """Whether the answer must be JSON, and its schema."""
    wanted = body.object("response_format")
    if wanted is None:
        return False, None
    kind = wanted.one_of("type", ("text", "json_object", "json_schema"))
    if kind == "json_object" and rules.json_word:
        require_json_word(body, "messages", "response_format")
    if kind != "json_schema":
        return kind == "json_object", None
    wanted.require("json_schema")
    return True, read_schema(body, Fields(wanted.get("json_schema"), wanted.path("json_schema")), "response_format")


def require_json_word(body: Fields, conversation: str, setting: str) -> None:
    """Refuses JSON mode for a conversation that never speaks of JSON."""
    if "json" not in msgspec.json.encode(body.get(conversation)).decode().lower():
        message = (
            f"'{conversation}' must contain the word 'json' in some form, to use '{setting}' of type 'json_object'."
        )
        raise body.wrong(conversation, message, None)


def read_schema(body: Fields, described: Fields, setting: str) -> Any:
    """The schema of a structured answer."""
    described.require("name")
    schema = described.schema("schema")
    if described.flag("strict"):
        what = f"{setting} '{described.text('name')}'"
        _refuse_loose(body, setting.split(".")[0], schema or {}, what, None)
    return schema or {"type": "object"}
