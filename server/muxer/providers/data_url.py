"""Data URLs (RFC 2397), the way in which content comes inline."""

from __future__ import annotations

import base64
import binascii
import re

from msgspec import Struct

_DATA_URL = re.compile(r"data:(?P<media_type>[\w.+-]+/[\w.+-]+)(?:;[\w.=+-]+)*;base64,(?P<data>[A-Za-z0-9+/_=\s-]*)")


class Inline(Struct, frozen=True):
    """Content and what it is. `data` is base64."""

    media_type: str
    data: str

    def text(self) -> str:
        """The content as UTF-8 text; faulty bytes become U+FFFD. Raises `ValueError` if it is not base64."""
        try:
            return base64.b64decode(self.data).decode("utf-8", "replace")
        except binascii.Error as error:
            raise ValueError("not base64") from error


def inline(url: str) -> Inline | None:
    """What a base64 data URL holds; None for any other address."""
    match = _DATA_URL.fullmatch(url)
    return Inline(match["media_type"].lower(), match["data"]) if match else None
