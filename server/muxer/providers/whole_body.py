"""Reads the body of a 200, in whatever dialect: what cannot be read is a failure of the provider, never of ours."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from muxer.ports import ProviderSpec
from muxer.providers.failures import ODD_ANSWER, failed
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatResponse

Reader = Callable[[bytes, ProviderSpec, ModelSpec], ChatResponse]


def whole_body(read: Reader, body: bytes, provider: ProviderSpec, model: ModelSpec) -> ChatResponse:
    """What the dialect's reader makes of the body. Raises `ProviderFailed`."""
    try:
        return read(body, provider, model)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise failed(ODD_ANSWER, provider, model, detail="its body is not an answer") from None
