"""Reads requests of Google's Gemini API, and refuses what Google refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from muxer.simulator import ask as neutral
from muxer.simulator.ask import Ask, Segment, ToolSpec
from muxer.simulator.fields import Fields
from muxer.simulator.problem import Problem
from muxer.simulator.traits import Traits

_KEYS = """
    contents systemInstruction tools toolConfig safetySettings generationConfig cachedContent serviceTier labels store
    continuationToken model
"""
_CONFIG_KEYS = """
    temperature topP topK candidateCount maxOutputTokens stopSequences seed presencePenalty frequencyPenalty
    responseLogprobs logprobs responseMimeType responseSchema responseJsonSchema thinkingConfig responseModalities
    mediaResolution speechConfig imageConfig enableEnhancedCivicAnswers
"""
_FIELDS = frozenset(_KEYS.split())
_CONFIG_FIELDS = frozenset(_CONFIG_KEYS.split())
_FREE = frozenset(("args", "response", "parametersJsonSchema", "parameters", "responseJsonSchema", "responseSchema"))
"""Members whose inside belongs to the caller, and is not translated to camel case."""
_DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse")
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}\Z")
_LEVELS = ("MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH")
_HIGH_BUDGET, _MEDIUM_BUDGET = 8_192, 2_048
"""From how large a thinking budget on it counts as high or medium effort."""


def read_ask(value: object, model: str, traits: Traits, *, stream: bool) -> Ask:
    """A checked request in neutral terms."""
    body = Fields(_camel_case(value))
    _refuse_unknown(body, _FIELDS)
    config = body.object("generationConfig") or Fields({}, "generationConfig")
    _refuse_unknown(config, _CONFIG_FIELDS)
    _check_numbers(config)
    contents = list(_read_contents(body, traits))
    tools = _read_tools(body)
    mode, names = _read_tool_config(body, tools)
    is_json, schema = _read_format(config)
    effort, shown = _read_thinking(config, traits)
    system = Segment(_texts((body.object("systemInstruction") or Fields({})).get("parts")), neutral.MESSAGE_TOKENS)
    declared = [Segment(msgspec.json.encode(body.get("tools")).decode())] if tools else []
    return Ask(
        model=model,
        segments=(*([system] if "systemInstruction" in body else []), *declared, *contents),
        question=_question(body),
        results=_results(body),
        tools=tools,
        tool_mode=mode,
        tool_names=names,
        json=is_json,
        schema=schema,
        max_tokens=config.integer("maxOutputTokens", 1),
        stop=config.texts("stopSequences", most=5, single=False),
        effort=effort,
        show_reasoning=shown,
        choices=config.integer("candidateCount", 1, 8) or 1,
        stream=stream,
        logprobs=(config.integer("logprobs", 0, 20) or 0) if config.flag("responseLogprobs") else None,
        signs_calls=traits.signs_calls,
    )


def _camel_case(value: object) -> Any:
    """The request with its names in camel case; Google takes both."""
    if isinstance(value, list):
        return [_camel_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    named = {re.sub(r"_([a-z])", lambda match: match[1].upper(), key): item for key, item in value.items()}
    return {key: item if key in _FREE else _camel_case(item) for key, item in named.items()}


def _refuse_unknown(fields: Fields, known: frozenset[str]) -> None:
    unknown = fields.only(known)
    if unknown:
        message = f'Invalid JSON payload received. Unknown name "{unknown}": Cannot find field.'
        raise fields.wrong(unknown, message)


def _check_numbers(config: Fields) -> None:
    config.number("temperature", 0, 2)
    config.number("topP", 0, 1)
    config.number("topK", 0, 1_000_000)
    config.number("presencePenalty", -2, 2)
    config.number("frequencyPenalty", -2, 2)
    config.integer("seed", -(2**31), 2**31 - 1)


def _read_contents(body: Fields, traits: Traits) -> Iterator[Segment]:
    contents = list(body.objects("contents"))
    if not contents:
        raise Problem("invalid", "* GenerateContentRequest.contents: contents is not specified", param="contents")
    open_calls = 0
    active = max((index for index, content in enumerate(contents) if _is_question(content)), default=0)
    for index, content in enumerate(contents):
        role = content.text("role", choices=("user", "model")) or "user"
        parts = list(content.objects("parts"))
        if not parts:
            raise content.wrong("parts", "must include at least one parts field")
        answered = sum("functionResponse" in part for part in parts)
        if answered != open_calls:
            message = (
                "Please ensure that the number of function response parts is equal to the number of function call "
            )
            raise Problem("invalid", message + "parts of the function call turn.")
        calls = [part for part in parts if "functionCall" in part]
        if traits.signs_calls and index > active and calls and "thoughtSignature" not in calls[0]:
            name = (calls[0].object("functionCall") or content).text("name")
            raise Problem("invalid", f"Function call is missing a thought_signature in functionCall parts: `{name}`")
        open_calls = len(calls)
        read = [_read_part(part) for part in parts]
        flat = sum(flat for _, flat in read) + neutral.MESSAGE_TOKENS
        yield Segment("\n".join([role, *(text for text, _ in read)]), flat)


def _is_question(content: Fields) -> bool:
    is_user = content.get("role") != "model"
    return is_user and not any("functionResponse" in part for part in content.objects("parts"))


def _read_part(part: Fields) -> tuple[str, int]:
    kinds = [kind for kind in _DATA if kind in part]
    if len(kinds) != 1:
        raise part.wrong("data", "required oneof field 'data' must have one initialized field")
    kind = kinds[0]
    if kind == "text":
        return part.text("text"), 0
    inner = Fields(part.get(kind), part.path(kind))
    match kind:
        case "inlineData":
            inner.require("mimeType")
            inner.require("data")
        case "fileData":
            inner.require("fileUri")
        case "functionCall":
            inner.require("name")
            inner.object("args")
            return msgspec.json.encode(inner.value).decode(), 0
        case _:
            inner.require("name")
            response = Fields(inner.require("response"), inner.path("response"))
            return msgspec.json.encode(response.value).decode(), 0
    mime = inner.text("mimeType")
    known = {"image": neutral.IMAGE_TOKENS, "audio": neutral.AUDIO_TOKENS}
    return "", known.get(mime.split("/")[0], neutral.FILE_TOKENS)


def _read_tools(body: Fields) -> tuple[ToolSpec, ...]:
    tools = []
    for holder in body.objects("tools"):
        for function in holder.objects("functionDeclarations"):
            function.require("name")
            if not _NAME.match(function.text("name")):
                raise function.wrong("name", "Invalid function name. Must start with a letter or an underscore.")
            if "parameters" in function and "parametersJsonSchema" in function:
                message = "parameters and parametersJsonSchema are mutually exclusive"
                raise function.wrong("parameters", message)
            schema = function.schema("parametersJsonSchema") or function.schema("parameters")
            tools.append(ToolSpec(function.text("name"), schema or {}))
    return tuple(tools)


def _read_tool_config(body: Fields, tools: Sequence[ToolSpec]) -> tuple[str, tuple[str, ...]]:
    holder = body.object("toolConfig")
    config = holder.object("functionCallingConfig") if holder else None
    if config is None:
        return "auto", ()
    mode = config.text("mode", choices=("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"))
    names = config.texts("allowedFunctionNames", most=512, single=False)
    if names and mode not in ("ANY", "VALIDATED"):
        message = "allowed_function_names is only supported with mode ANY or VALIDATED"
        raise config.wrong("allowedFunctionNames", message)
    for name in names:
        if name not in {tool.name for tool in tools}:
            raise config.wrong("allowedFunctionNames", f"allowed function name {name} is not declared")
    if mode == "ANY" and not tools:
        raise config.wrong("mode", "Function calling config is set without function_declarations.")
    return {"ANY": "required", "NONE": "none"}.get(mode, "auto"), names


def _read_format(config: Fields) -> tuple[bool, Any]:
    mime = config.text("responseMimeType", choices=("text/plain", "application/json", "text/x.enum"))
    schema = config.schema("responseJsonSchema") or config.schema("responseSchema")
    if schema and mime != "application/json":
        raise config.wrong("responseMimeType", "JSON schema is only supported with mime type application/json.")
    return mime == "application/json", schema


def _read_thinking(config: Fields, traits: Traits) -> tuple[str, bool]:
    thinking = config.object("thinkingConfig")
    level = thinking.text("thinkingLevel", choices=_LEVELS) if thinking else ""
    budget = thinking.integer("thinkingBudget", -1) if thinking else None
    if thinking and not traits.reasoning and (level or budget):
        raise config.wrong("thinkingConfig", "Thinking is not supported by this model.")
    if thinking and level and budget is not None:
        raise config.wrong("thinkingConfig", "thinking_budget and thinking_level are not supported together.")
    if level and traits.budget_thinking:
        raise config.wrong("thinkingConfig", "Thinking level is not supported for this model.")
    if not traits.reasoning:
        return "", False
    shown = bool(thinking and thinking.flag("includeThoughts"))
    if budget is not None and budget >= 0:
        steps = ((_HIGH_BUDGET, "high"), (_MEDIUM_BUDGET, "medium"), (1, "low"), (0, "none"))
        return next(effort for least, effort in steps if budget >= least), shown
    return level.lower() or traits.default_effort, shown


def _texts(parts: object) -> str:
    found = parts if isinstance(parts, list) else []
    return "\n".join(part["text"] for part in found if isinstance(part, dict) and isinstance(part.get("text"), str))


def _question(body: Fields) -> str:
    for content in reversed(body.get("contents")):
        if content.get("role") != "model":
            text = _texts(content["parts"])
            if text:
                return text
    return ""


def _results(body: Fields) -> tuple[str, ...]:
    parts = body.get("contents")[-1]["parts"]
    answers = [part["functionResponse"]["response"] for part in parts if "functionResponse" in part]
    return tuple(
        answer["result"] if isinstance(answer.get("result"), str) else msgspec.json.encode(answer).decode()
        for answer in answers
    )
