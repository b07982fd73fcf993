"""Reads the lines of a file that may be long, with a bar on the terminal that shows how far it has come."""

from __future__ import annotations

import os
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

STANDARD = Path("-")
"""Stands for standard input, or standard output."""

MANY_LINES = 2_000
"""From here on the bar is drawn: what is quicker needs none. It moves as often, too."""


def open_lines(source: Path) -> AbstractContextManager[BinaryIO]:
    """A file of lines, or standard input, which stays open afterwards. Raises `OSError`."""
    if source == STANDARD:
        return nullcontext(sys.stdin.buffer)
    return source.open("rb")


def watched(lines: BinaryIO) -> Iterator[bytes]:
    """The lines, with a bar on the terminal, if there is one, when they are many. The mark that some editors begin
    UTF-8 with is none of the first line."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.fields[lines]:,} lines"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task, read = None, 0
        for number, line in enumerate(lines, 1):
            yield line.removeprefix(BOM_UTF8) if number == 1 else line
            read += len(line)
            if number % MANY_LINES == 0:
                if task is None:
                    task = progress.add_task("", total=_size(lines), lines=number)
                progress.update(task, completed=read, lines=number)


def _size(file: BinaryIO) -> int | None:
    """Bytes of a file; None when it has no end that is known, as standard input."""
    return os.fstat(file.fileno()).st_size or None
