"""Says what is wrong with a JSON Schema, as the providers would before they use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TYPES = frozenset(("string", "number", "integer", "boolean", "object", "array", "null"))
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems")
_HOLDERS = ("properties", "$defs", "definitions")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")


def malformed(schema: Any, path: str = "") -> str | None:
    """The path of the first thing that no schema may have, or None for a schema."""
    if isinstance(schema, bool):
        return None
    if not isinstance(schema, Mapping):
        return path or "the top level"
    for key, value in schema.items():
        if not _fits(key, value):
            return f"{path}.{key}" if path else key
    found = (malformed(inner, where) for where, inner in _inner(schema, path))
    return next((where for where in found if where), None)


def loose_object(schema: Any, path: str = "") -> str | None:
    """The path of the first object that strict mode refuses: open to additional properties, or with optional ones."""
    if not isinstance(schema, Mapping):
        return None
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, Mapping):
        required = schema.get("required") or ()
        if schema.get("additionalProperties") is not False or set(properties or ()) != set(required):
            return path or "the top level"
    found = (loose_object(inner, where) for where, inner in _inner(schema, path))
    return next((where for where in found if where), None)


def _inner(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """The schemas within a schema, each with its path."""
    below = f"{path}." if path else ""
    for holder in _HOLDERS:
        for key, value in (schema.get(holder) or {}).items():
            yield f"{below}{key}", value
    for keyword in _LISTS:
        for value in schema.get(keyword) or ():
            yield f"{below}{keyword}", value
    for keyword in ("items", "additionalProperties"):
        if keyword in schema:
            yield f"{below}{keyword}", schema[keyword]


def _fits(key: str, value: Any) -> bool:
    """Whether a keyword has a value of its kind."""
    if key == "type":
        names = value if isinstance(value, list) else [value]
        return bool(names) and all(isinstance(name, str) and name.lower() in _TYPES for name in names)
    if key in _HOLDERS:
        return isinstance(value, Mapping)
    if key in _LISTS:
        return isinstance(value, list) and bool(value)
    if key == "enum":
        return isinstance(value, list) and bool(value)
    if key == "required":
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if key in _NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool) and (key != "multipleOf" or value > 0)
    if key in _COUNTS:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return key != "$ref" or isinstance(value, str)
