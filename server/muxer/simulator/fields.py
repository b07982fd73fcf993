"""Reads a JSON request as strictly as a provider does: each wrong field is a `Problem` that names its path."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from muxer.simulator.problem import Problem
from muxer.simulator.schema_check import malformed

_TYPE_NAMES = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", int: "an integer"}


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), "null" if value is None else "a number")


def _bound(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


class Fields:
    """One JSON object of a request. A field that is null counts as absent."""

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, dict):
            where = path or "the request body"
            raise Problem(
                "invalid",
                f"Invalid type for '{where}': expected an object, but got {_type_name(value)} instead.",
                param=path or None,
                code="invalid_type",
            )
        self.value: dict[str, Any] = value
        self._path = path

    def path(self, key: str) -> str:
        """Where a field is in the request."""
        return f"{self._path}.{key}" if self._path else key

    def __contains__(self, key: str) -> bool:
        return self.value.get(key) is not None

    def get(self, key: str) -> Any:
        """A field as it stands."""
        return self.value.get(key)

    def wrong(self, key: str, message: str, code: str | None = "invalid_value") -> Problem:
        """A refusal of this field."""
        return Problem("invalid", message, param=self.path(key), code=code)

    def wrong_type(self, key: str, expected: str) -> Problem:
        """A refusal of this field's type."""
        got = _type_name(self.value.get(key))
        message = f"Invalid type for '{self.path(key)}': expected {expected}, but got {got} instead."
        return self.wrong(key, message, "invalid_type")

    def require(self, key: str) -> Any:
        """A field that must be there."""
        if self.value.get(key) is None:
            message = f"Missing required parameter: '{self.path(key)}'."
            raise self.wrong(key, message, "missing_required_parameter")
        return self.value[key]

    def text(self, key: str, *, choices: Sequence[str] = ()) -> str:
        """A string, or empty when absent."""
        value = self.value.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.wrong_type(key, "a string")
        if choices and value not in choices:
            known = ", ".join(f"'{choice}'" for choice in choices)
            raise self.wrong(key, f"Invalid value: '{value}'. Supported values are: {known}.")
        return value

    def one_of(self, key: str, choices: Sequence[str]) -> str:
        """A string out of a few, which must be there."""
        self.require(key)
        return self.text(key, choices=choices)

    def flag(self, key: str) -> bool | None:
        """A boolean."""
        value = self.value.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.wrong_type(key, "a boolean")
        return value

    def integer(self, key: str, low: int = 0, high: int | None = None) -> int | None:
        """A whole number within bounds."""
        value = self.value.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong_type(key, "an integer")
        self._check_range(key, value, low, high, "integer")
        return value

    def number(self, key: str, low: float, high: float) -> float | None:
        """A finite number within bounds."""
        value = self.value.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.wrong_type(key, "a number")
        self._check_range(key, value, low, high, "decimal")
        return float(value)

    def _check_range(self, key: str, value: float, low: float, high: float | None, kind: str) -> None:
        for outside, side, sign, bound in (
            (value < low, "below_min_value", ">=", low),
            (high is not None and value > high, "above_max_value", "<=", high),
        ):
            if outside and bound is not None:
                words = side.replace("_", " ").replace("min", "minimum").replace("max", "maximum")
                message = f"Invalid '{self.path(key)}': {kind} {words}. "
                message += f"Expected a value {sign} {_bound(bound)}, but got {value} instead."
                raise self.wrong(key, message, f"{kind}_{side}")

    def object(self, key: str) -> Fields | None:
        """An object within."""
        if self.value.get(key) is None:
            return None
        return Fields(self.value[key], self.path(key))

    def schema(self, key: str) -> dict[str, Any] | None:
        """A JSON Schema."""
        found = self.object(key)
        if found is None:
            return None
        where = malformed(found.value)
        if where:
            raise self.wrong(key, f"Invalid schema for '{self.path(key)}': {where} is not valid.")
        return found.value

    def objects(self, key: str) -> Iterator[Fields]:
        """The objects of an array, none when it is absent."""
        values = self.value.get(key)
        if values is None:
            return
        if not isinstance(values, list):
            raise self.wrong_type(key, "an array of objects")
        for index, value in enumerate(values):
            yield Fields(value, f"{self.path(key)}[{index}]")

    def texts(self, key: str, *, most: int, single: bool = True) -> tuple[str, ...]:
        """An array of strings, or one string where `single` allows that."""
        value = self.value.get(key)
        if value is None:
            return ()
        if single and isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong_type(key, "an array of strings")
        if len(value) > most:
            message = f"Invalid '{self.path(key)}': array too long. Expected at most {most} items."
            raise self.wrong(key, message, "array_above_max_length")
        return tuple(value)

    def only(self, allowed: Sequence[str] | frozenset[str]) -> str | None:
        """The first field that is not allowed, if there is one."""
        return next((key for key in self.value if key not in allowed), None)
