"""Which differences a dialect knows: what the `quirks` of a provider's row may say."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from muxer.providers.anthropic_request import AnthropicQuirks
from muxer.providers.gemini_request import GeminiQuirks
from muxer.providers.openai_quirks import OpenAIQuirks

QUIRKS: Mapping[str, type[Struct]] = {
    "openai": OpenAIQuirks,
    "anthropic": AnthropicQuirks,
    "gemini": GeminiQuirks,
    "responses": OpenAIQuirks,
}
"""By the dialect's name; a dialect that is not here is the same everywhere."""


def check_quirks(dialect: str, quirks: Mapping[str, object]) -> None:
    """Raises `ValueError` for a difference that the dialect does not know, or that is of the wrong type."""
    kind = QUIRKS.get(dialect)
    if kind is not None:
        msgspec.convert(quirks, kind)
    elif quirks:
        raise ValueError(f"the dialect {dialect} knows none")
