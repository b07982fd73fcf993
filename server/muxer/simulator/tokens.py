"""How the simulator counts tokens: one small deterministic tokenizer for prompts and answers alike.

It is nobody's real tokenizer and shares no code with the router's estimate, which it is there to check. For English it
gives about four characters a token, for code about three, for other scripts one or two characters.
"""

from __future__ import annotations

import re

from msgspec import Struct

_TOKEN = re.compile(
    r" ?[A-Za-z]{1,10}"
    r"| ?[0-9]{1,3}| ?[!-/:-@\[-`{-~]{1,2}|[^\x00-\x7f]{1,2}|[ \t\r\n\f\v]+|[\x00-\x7f]"
)


def split(text: str) -> list[str]:
    """The tokens of a text; joined they are the text again."""
    return _TOKEN.findall(text)


def count(text: str) -> int:
    """How many tokens a text has."""
    return len(_TOKEN.findall(text))


class Tokens(Struct, frozen=True):
    """Tokens of one call by the rate they are billed at. The kinds are disjoint, except that `reasoning` is a part of
    `output`."""

    input: int = 0
    cached: int = 0
    write_5m: int = 0
    write_1h: int = 0
    output: int = 0
    reasoning: int = 0

    @property
    def prompt(self) -> int:
        """All tokens of the prompt, however they are billed."""
        return self.input + self.cached + self.write_5m + self.write_1h

    @property
    def written(self) -> int:
        """Tokens written to the prompt cache."""
        return self.write_5m + self.write_1h

    @property
    def total(self) -> int:
        """Prompt and answer together."""
        return self.prompt + self.output
