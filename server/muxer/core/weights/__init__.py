"""Weights that ship with the package. Each file is made by a training script that names its data and their licences."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def path(name: str) -> Path:
    """Where a weights file lies; training writes it there."""
    return _FOLDER / name


def read(name: str) -> bytes:
    """The bytes of a weights file."""
    return path(name).read_bytes()
