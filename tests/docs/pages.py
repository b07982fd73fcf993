"""The pages that people read, taken apart: code blocks, headings, links and tables."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct

REPOSITORY = Path(__file__).resolve().parents[2]
README = REPOSITORY / "README.md"
DOCS = sorted((REPOSITORY / "docs").glob("*.md"))
GUIDE = [README, *DOCS, REPOSITORY / "CONTRIBUTING.md"]
"""What tells a reader to type something."""
PAGES = [*GUIDE, REPOSITORY / "CHANGELOG.md", REPOSITORY / "clients/README.md", REPOSITORY / "prices/README.md"]

_PARSER = MarkdownIt("commonmark").enable("table")


class Block(Struct, frozen=True):
    """A fenced code block. `line` is that of its first line of code, from 1."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """The code blocks of a page, in order."""
    found = []
    for token in _tokens(page):
        if token.type == "fence" and token.map:
            found.append(Block(page, token.map[0] + 2, token.info.strip(), token.content))
    return found


def links(page: Path) -> list[str]:
    """Where the links and pictures of a page lead."""
    found = []
    for token in _inline(page):
        for child in token.children or ():
            target = child.attrs.get("href") or child.attrs.get("src")
            if target is not None:
                found.append(str(target))
    return found


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    pairs = itertools.pairwise(_tokens(page))
    titles = [after.content for token, after in pairs if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def tables(page: Path) -> Iterator[list[list[str]]]:
    """The tables of a page as rows of cells in their Markdown, headings first."""
    rows: list[list[str]] = []
    tokens = _tokens(page)
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        match token.type:
            case "table_open":
                rows = []
            case "tr_open":
                rows.append([])
            case "th_open" | "td_open":
                rows[-1].append(after.content if after is not None else "")
            case "table_close":
                yield rows


def table(page: Path, *columns: str) -> list[list[str]]:
    """The rows of the one table of a page that has these columns first, without its headings."""
    (found,) = [rows for rows in tables(page) if rows[0][: len(columns)] == list(columns)]
    return found[1:]


def words(cell: str) -> list[str]:
    """What a cell has in code spans."""
    return re.findall(r"`([^`]+)`", cell)


def _tokens(page: Path) -> Sequence[Token]:
    return _PARSER.parse(page.read_text(encoding="utf-8"))


def _inline(page: Path) -> list[Token]:
    return [token for token in _tokens(page) if token.type == "inline"]
