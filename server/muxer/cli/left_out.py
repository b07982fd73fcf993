"""Tells of lines that could not be read: the first ones one by one, of the rest the number."""

from __future__ import annotations

from muxer.cli.plans import REFUSED
from muxer.cli.screen import complain

TOLD = 10
"""Lines that are told one by one."""


class LeftOut:
    """Counts the lines, and tells of them on stderr."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, number: int, problem: str) -> None:
        """One more, and what is wrong with it, which never quotes it."""
        self.count += 1
        if self.count <= TOLD:
            complain("Left out", f"line {number}: {problem}")

    def exit_code(self) -> int:
        """Tells how many more there were, at the end. `REFUSED` when there were any at all."""
        if self.count > TOLD:
            complain("Left out", f"{self.count - TOLD} lines more")
        return REFUSED if self.count else 0
