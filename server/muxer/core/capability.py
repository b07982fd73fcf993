"""What a request needs of a model, and what a model lacks: hard limits, told in words.

Both are bit masks over `CAPABILITIES`, so that one `&` compares them. A capability that the catalogue does not know
counts as missing, but for `forced_tool_use`, which models have unless the catalogue says otherwise.
"""

from __future__ import annotations

from muxer.types.catalog import Capabilities
from muxer.types.chat import AudioPart, ChatRequest, FilePart, ImagePart, ToolChoice

CAPABILITIES: tuple[tuple[str, str], ...] = (
    ("vision", "pictures"),
    ("audio", "sound"),
    ("files", "files"),
    ("tools", "tools"),
    ("json_schema", "JSON Schemas"),
    ("forced_tool_use", "forced tool calls"),
)
"""Fields of `Capabilities` that a request can need, and what they are called in a sentence."""

_BIT = {field: 1 << position for position, (field, _) in enumerate(CAPABILITIES)}
UNCOUNTABLE = _BIT["vision"] | _BIT["audio"] | _BIT["files"] | _BIT["tools"]
"""What makes the number of a prompt's tokens a guess, however exactly its text is counted."""

_BIT_OF_PART = {ImagePart: _BIT["vision"], AudioPart: _BIT["audio"], FilePart: _BIT["files"]}


def needs(request: ChatRequest) -> int:
    """What the model must be able to do, as a mask."""
    mask = 0
    for message in request.messages:
        for part in message.parts:
            mask |= _BIT_OF_PART.get(type(part), 0)
    if request.tools:
        mask |= _BIT["tools"]
    if request.tool_choice is not None and _forces(request.tool_choice):
        mask |= _BIT["forced_tool_use"]
    if request.response_format is not None and request.response_format.kind == "json_schema":
        mask |= _BIT["json_schema"]
    return mask


def lacks(capabilities: Capabilities) -> int:
    """What the model cannot do, as a mask."""
    return sum(bit for field, bit in _BIT.items() if not getattr(capabilities, field))


def fields(mask: int) -> tuple[str, ...]:
    """The names of a mask's capabilities, for machines."""
    return tuple(field for field, bit in _BIT.items() if mask & bit)


def words(mask: int) -> str:
    """A mask's capabilities in a sentence, such as `pictures and tools`."""
    return " and ".join(word for field, word in CAPABILITIES if mask & _BIT[field])


def _forces(choice: ToolChoice) -> bool:
    return choice.mode in ("required", "named") or (choice.mode == "allowed" and choice.required)
