"""Which conversation a request continues, and how much of it a provider can read from its prompt cache next time.

Providers bill the beginning of a prompt at a fraction when they have just read the same beginning on the same model. A
running conversation that changes its model loses that, and the loss is a cost of the other models.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from muxer.core.cost import rates_for
from muxer.core.data import section
from muxer.core.text.sample import text_of
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest, Message, Usage

KEY_BYTES = 16

READ_CHARS = 2_048
"""Characters read of each message; its length counts as well. More would not tell conversations apart any better."""

READ_MESSAGES = 8
"""System messages read; with more, the first ones tell enough."""

AUTOMATIC_MINIMUM: Mapping[str, int] = MappingProxyType(
    {provider: int(tokens) for provider, tokens in section("automatic_prompt_cache").items()}
)
"""Providers that cache prompts without being told to, and from how many tokens on. OpenAI documents 1,024; the same is
assumed of the others. Anthropic caches at breakpoints alone, and its usage then says what was written."""

AUTOMATIC_STEP = 128
"""Prompts are cached in multiples of this many tokens (OpenAI's documented rule)."""


def key(request: ChatRequest, tenant: str) -> bytes:
    """What all requests of a conversation have in common: who asks, the system messages, the first user message.

    Empty when there is no user message. Conversations that begin alike share a key; what they share is then just what
    the provider has cached.
    """
    digest = hashlib.blake2b(tenant.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES)
    begun = False
    instructions = 0
    for message in request.messages:
        if message.role == "user":
            begun = True
            _take(message, digest)
            break
        if message.role in ("system", "developer") and instructions < READ_MESSAGES:
            instructions += 1
            _take(message, digest)
    return digest.digest() if begun else b""


def is_continued(request: ChatRequest) -> bool:
    """Whether there are turns before this one that a provider may have read."""
    return any(message.role == "assistant" for message in request.messages)


def readable_tokens(model: ModelSpec, usage: Usage, day: dt.date) -> int:
    """Tokens of a prompt with this usage that its provider can read from cache when it is sent again with more behind
    it; 0 when that would be no cheaper."""
    if rates_for(model, usage.prompt_tokens, day).cached_input is None:
        return 0
    reported = max(0, usage.cached_tokens) + max(0, usage.cache_write_tokens)
    minimum = AUTOMATIC_MINIMUM.get(model.provider)
    automatic = 0
    if minimum is not None and usage.prompt_tokens >= minimum:
        automatic = usage.prompt_tokens // AUTOMATIC_STEP * AUTOMATIC_STEP
    return min(max(reported, automatic), max(0, usage.prompt_tokens))


def _take(message: Message, digest: hashlib.blake2b) -> None:
    text = text_of(message)
    digest.update(f"\0{message.role}\0{len(text)}\0{len(message.parts)}\0".encode())
    digest.update(text[:READ_CHARS].encode("utf-8", "surrogatepass"))
