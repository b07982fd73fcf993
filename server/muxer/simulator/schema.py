"""Makes JSON that conforms to a JSON Schema: the arguments of simulated tool calls, and structured answers.

Knows what the providers accept in schemas: types, enum, const, default, required, nesting, `$ref`, anyOf/oneOf/allOf,
bounds and the common string formats. Patterns are beyond it: a string with one is a plain word.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

_FORMATS = {
    "date": "2026-11-23",
    "time": "12:00:00Z",
    "date-time": "2026-11-23T12:00:00Z",
    "duration": "PT1H",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "12345678-1234-4234-8234-123456789abc",
}
_DEEPEST = 12
"""From here on optional properties and items are left out, which ends every recursion that can end."""


def sample(schema: Schema, words: Sequence[str] = ()) -> Any:
    """A value that conforms to the schema. Free strings take one word after the other from `words`."""
    return _Sampler(schema, words).value(schema, 0)


class _Sampler:
    def __init__(self, root: Schema, words: Sequence[str]) -> None:
        self._root = root
        self._words = words or ("example",)
        self._next_word = 0

    def value(self, schema: Any, depth: int) -> Any:
        if not isinstance(schema, Mapping):
            return None if schema is False else "example"
        schema = self._resolve(schema)
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        if schema.get("enum"):
            return schema["enum"][0]
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
            return self.value(_merge(rest, self._resolve(self._pick(options, depth))), depth)
        return self._typed(schema, self._type(schema, depth), depth)

    def _typed(self, schema: Schema, kind: str, depth: int) -> Any:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "integer":
                return int(_number(schema, whole=True))
            case "number":
                return _number(schema, whole=False)
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return self._string(schema)

    def _resolve(self, schema: Schema) -> Schema:
        for _ in range(_DEEPEST):
            target = schema.get("$ref")
            if isinstance(target, str):
                rest = {key: value for key, value in schema.items() if key != "$ref"}
                schema = _merge(self._at(target), rest)
            elif schema.get("allOf"):
                merged: Schema = {key: value for key, value in schema.items() if key != "allOf"}
                for part in schema["allOf"]:
                    merged = _merge(merged, self._resolve(part))
                schema = merged
            else:
                break
        return schema

    def _at(self, reference: str) -> Schema:
        found: Any = self._root
        for step in reference.lstrip("#").strip("/").split("/") if reference != "#" else ():
            step = step.replace("~1", "/").replace("~0", "~")
            found = found.get(step, {}) if isinstance(found, Mapping) else {}
        return found if isinstance(found, Mapping) else {}

    def _pick(self, options: Sequence[Any], depth: int) -> Schema:
        usable = [option for option in options if isinstance(option, Mapping)] or [{}]
        if depth < _DEEPEST:
            return usable[0]
        return min(usable, key=lambda option: _WEIGHT.get(self._resolve(option).get("type", ""), 2))

    def _type(self, schema: Schema, depth: int) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            kinds = [name for name in kind if name != "null"] or ["null"]
            return "null" if depth >= _DEEPEST and "null" in kind else str(kinds[0])
        if isinstance(kind, str):
            return kind.lower()
        return "object" if "properties" in schema else "array" if "items" in schema else "string"

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties = schema.get("properties") or {}
        required = schema.get("required") or ()
        wanted = {key: value for key, value in properties.items() if depth < _DEEPEST or key in required}
        made = {key: self.value(value, depth + 1) for key, value in wanted.items()}
        missing = (key for key in required if key not in made)
        return made | {key: self.value(schema.get("additionalProperties", {}), depth + 1) for key in missing}

    def _array(self, schema: Schema, depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        most = schema.get("maxItems", max(least, 1))
        if depth >= _DEEPEST:
            most = least
        first = [self.value(item, depth + 1) for item in schema.get("prefixItems") or ()]
        items = schema.get("items", {})
        if items is False:
            return first
        length = min(max(least, len(first), 1 if "items" in schema else 0), most)
        made = first[:length] + [self.value(items, depth + 1) for _ in range(length - len(first))]
        if schema.get("uniqueItems"):
            made = _distinct(made, self._resolve(items) if isinstance(items, Mapping) else {})
        return made

    def _string(self, schema: Schema) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        word = self._words[self._next_word % len(self._words)]
        self._next_word += 1
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        word = word.ljust(least, "x")
        return word if most is None else word[:most]


_WEIGHT = {"null": 0, "string": 1, "integer": 1, "number": 1, "boolean": 1, "array": 2, "object": 3}


def _merge(first: Schema, second: Schema) -> dict[str, Any]:
    merged = {**first, **second}
    if "properties" in first and "properties" in second:
        merged["properties"] = {**first["properties"], **second["properties"]}
    if "required" in first and "required" in second:
        merged["required"] = list(dict.fromkeys([*first["required"], *second["required"]]))
    return merged


def _number(schema: Schema, *, whole: bool) -> float:
    low = schema.get("minimum", -math.inf)
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    high = schema.get("maximum", math.inf)
    step = schema.get("multipleOf") or (1 if whole else 0)
    if isinstance(above, int | float) and not isinstance(above, bool) and above >= low:
        low = math.floor(above) + 1 if whole else above + (step or _gap(above, min(high, below or math.inf)))
    if isinstance(below, int | float) and not isinstance(below, bool) and below <= high:
        high = math.ceil(below) - 1 if whole else below - (step or _gap(max(low, -math.inf), below))
    number: float = min(max(3 if whole else 1.5, low), high)
    if step:
        number = math.ceil(low / step) * step if low > -math.inf else math.floor(number / step) * step
    return number


def _gap(low: float, high: float) -> float:
    width = high - low
    return width / 2 if 0 < width < 1 else 0.5


def _distinct(items: list[Any], schema: Schema) -> list[Any]:
    choices = schema.get("enum")
    if choices:
        return list(choices[: len(items)])
    made: list[Any] = []
    for index, item in enumerate(items):
        if item in made and isinstance(item, str):
            item = f"{item}{index}"
        elif item in made and isinstance(item, int | float) and not isinstance(item, bool):
            item = item + index
        made.append(item)
    return made
