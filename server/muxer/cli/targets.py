"""Refuses, before anything is written, what would destroy a file: to write over what is read, or twice to one place.

Files are told apart by what they are, not by how they are called: links and other spellings of a path count as the
same. Pipes and devices can be read and written by many at once.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import combinations
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from muxer.learn.watched_lines import STANDARD
from muxer.learn.whole_file import check_place

STDIN, STDOUT = 0, 1
"""The descriptors of standard input and output, which a shell may have tied to files."""


class Target(Struct, frozen=True):
    """A file that a command is to write, and the option that names it. What is not written line by line is written as a
    `whole`, to a regular file alone. `standard`: whether `-` may stand for standard output."""

    option: str
    path: Path
    whole: bool = False
    standard: bool = False


class TargetRefused(ValueError):
    """A file must not be written, or cannot be. The message says which, and why."""


def check_targets(sources: Iterable[Path | None], targets: Sequence[Target]) -> None:
    """Checks every target, with every file that the command reads and with every other target. Raises
    `TargetRefused`."""
    for target in targets:
        _check_place(target)
    read = {_identity(source, STDIN) for source in sources if source is not None}
    written = [(target, _identity(target.path, STDOUT)) for target in targets]
    for target, identity in written:
        if identity is not None and identity in read:
            raise TargetRefused(f"{target.path} would be written over while it is read")
    for (one, here), (other, there) in combinations(written, 2):
        if here is not None and here == there:
            raise TargetRefused(f"{one.option} and {other.option} would both write {other.path}")


def open_target(target: Path) -> AbstractContextManager[BinaryIO]:
    """A file to write lines to, or standard output, which stays open afterwards. Raises `OSError`."""
    if target == STANDARD:
        return nullcontext(sys.stdout.buffer)
    return target.open("wb")


def _check_place(target: Target) -> None:
    if target.path == STANDARD and not target.standard:
        raise TargetRefused(f"{target.option} cannot be standard output: name a file")
    if target.whole:
        try:
            check_place(target.path)
        except OSError as error:
            raise TargetRefused(f"{target.option}: {error}") from None


def _identity(path: Path, standard: int) -> tuple[int, int] | str | None:
    """What tells a regular file from all others, whether it is there already or not; None for all that is no regular
    file. `standard` is the descriptor that `-` stands for."""
    try:
        status = os.fstat(standard) if path == STANDARD else path.stat()
    except OSError:
        return os.path.realpath(path)
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None
