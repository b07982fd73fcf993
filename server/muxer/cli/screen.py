"""How the commands write: tables as wide as they need where nobody counts columns, errors taken literally."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

PIPED_WIDTH = 240
"""Columns when the output goes to a file or another program: nothing is cut or wrapped."""

NARROW = 110
"""Below this many columns a table leaves out what can be had elsewhere."""


def screen() -> Console:
    """Standard output. As wide as the terminal, or wide enough for everything when there is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=max(console.width, PIPED_WIDTH))


def complain(what: str, text: str) -> None:
    """Says on stderr what is wrong. The text is taken literally, brackets included, and never broken."""
    remark(f"[bold red]{escape(what)}:[/] {escape(text)}")


def remark(text: str) -> None:
    """Says something on stderr, beside the output that another program may read."""
    Console(stderr=True).print(text, highlight=False, soft_wrap=True)
