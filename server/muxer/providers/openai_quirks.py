"""In what an OpenAI-compatible provider differs from OpenAI: data of its row, never a branch on its name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec
from msgspec import Struct, field

from muxer.ports import ProviderSpec

OPENAI_PARTS: Mapping[str, str] = {
    "text": "text",
    "image": "image_url",
    "audio": "input_audio",
    "file": "file",
    "refusal": "refusal",
}


class OpenAIQuirks(Struct, frozen=True, forbid_unknown_fields=True):
    """The defaults are OpenAI's own behaviour.

    `fields`: the body fields that are accepted, by OpenAI's names; None means all. `extras`: of the fields that we do
    not know, those that are passed on; None means all. `renames`: other names for them.
    `parts`: the wire form of each kind of content part; a missing kind is refused. `service_tiers`: what is said for
    each tier; others are dropped. `responses_for_tools`: globs of those models that take tools together with
    reasoning on the Responses endpoint only.
    """

    fields: frozenset[str] | None = None
    extras: frozenset[str] | None = None
    renames: Mapping[str, str] = {}
    parts: Mapping[str, str] = field(default_factory=lambda: OPENAI_PARTS)
    developer_role: bool = True
    message_names: bool = True
    allowed_tools: bool = True
    custom_tools: bool = True
    alphanumeric_tool_ids: int = 0  # the length that ids must have
    max_temperature: float = 2.0
    max_choices: int = 128
    logprobs_as_count: bool = False
    service_tiers: Mapping[str, str] | None = None
    sampling_without_effort: bool = False  # models without sampling parameters take them while effort is `none`
    stop_with_reasoning: bool = True
    responses_for_tools: tuple[str, ...] = ()


@lru_cache(maxsize=64)
def openai_quirks(provider: ProviderSpec) -> OpenAIQuirks:
    """The quirks of a row, read once. Raises `msgspec.ValidationError` for one that is misspelt or mistyped."""
    return msgspec.convert(provider.quirks, OpenAIQuirks)
