"""Puts a file in its place when it is whole: what stood there before stays until then, and stays when that fails."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file, or replaces one and keeps its permissions. Raises `OSError`, and has then changed nothing."""
    check_place(path)
    place = _place(path)
    beside = place.with_name(f".modelmuxer-{secrets.token_hex(8)}")
    try:
        with beside.open("xb") as file:
            file.write(data)
        if place.exists():
            beside.chmod(place.stat().st_mode & 0o777)
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def check_place(path: Path) -> None:
    """Finds out before there is anything to write whether it could be put there. Raises `OSError` when it could not,
    and when something stands there that is no regular file: a device or a socket would be gone for everyone."""
    place = _place(path)
    folder = place.parent
    if place.is_dir():
        raise IsADirectoryError(f"{path} is a directory")
    if place.exists() and not place.is_file():
        raise FileExistsError(f"{path} is no regular file, and stays as it is")
    if not folder.is_dir():
        raise FileNotFoundError(f"{path} cannot be written: there is no directory {folder}")
    if not os.access(folder, os.W_OK | os.X_OK) or (place.exists() and not os.access(place, os.W_OK)):
        raise PermissionError(f"{path} cannot be written: permission denied")


def _place(path: Path) -> Path:
    """Where a path leads: the file behind a link is replaced, not the link."""
    return Path(os.path.realpath(path))
