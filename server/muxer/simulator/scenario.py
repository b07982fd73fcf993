"""Which scripted behaviour a call gets, and who said so.

A scenario is written `name;key=value;key=value`. In order of precedence it comes from the header `x-simulate`, from
markers `[[simulate:...]]` in the last user message (headers do not pass a gateway), from a suffix `#...` of the
model's name, or from what stands for the provider (`Simulator.script`). A marker with `provider=` or `model=` holds
for that one alone, so that a request can fail at one provider and succeed at the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_MARKER = re.compile(r"\[\[simulate:([^\]]*)\]\]")
MAX_DELAY_S = 3_600.0


class Scenario(Struct, frozen=True):
    """A scripted behaviour with its parameters."""

    name: str = "ok"
    params: dict[str, str] = {}

    def integer(self, key: str, default: int) -> int:
        """A whole number; what is not one counts as not given."""
        try:
            return int(self.params[key])
        except (KeyError, ValueError):
            return default

    def seconds(self, key: str, default: float = 0.0) -> float:
        """A time within 0 and an hour; what is not one counts as not given."""
        try:
            value = float(self.params[key])
        except (KeyError, ValueError):
            return default
        return min(max(value, 0.0), MAX_DELAY_S) if value == value else default

    def text(self, key: str, default: str = "") -> str:
        """A word."""
        return self.params.get(key, default)

    def __str__(self) -> str:
        return ";".join([self.name, *(f"{key}={value}" for key, value in self.params.items())])


OK = Scenario()


def parse(text: str) -> Scenario:
    """A scenario out of its written form. A value given to the name itself is the parameter of that name."""
    head, *rest = (item.strip() for item in text.split(";"))
    name, equals, value = head.partition("=")
    pairs = (item.partition("=") for item in rest if item)
    params = {key: given for key, _, given in pairs}
    if equals:
        params[name] = value
    return Scenario(name or "ok", params)


def markers(text: str) -> Iterator[Scenario]:
    """The scenarios that a message asks for."""
    return (parse(match) for match in _MARKER.findall(text)) if "[[simulate:" in text else iter(())


def without_markers(text: str) -> str:
    """A message without its markers."""
    return _MARKER.sub("", text) if "[[simulate:" in text else text


def choose(provider: str, model: str, *, header: str, message: str, suffix: str, standing: Scenario | None) -> Scenario:
    """The scenario that holds for one call."""
    if header:
        return parse(header)
    for scenario in markers(message):
        if scenario.text("provider", provider) == provider and scenario.text("model", model) == model:
            return scenario
    if suffix:
        return parse(suffix)
    return standing or OK
