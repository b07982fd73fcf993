"""Counts the tokens of a prompt before any provider has: a text's by script and shape, a request's with its framing.

`count` needs no vocabulary. It cuts a text where o200k_base cuts it first (words, numbers in threes, runs of
punctuation, line breaks) and charges each piece what such a piece costs on average. Measured against o200k_base, the
error is 7 % on average, over long texts in 14 languages, code, JSON and Markdown as well as over 3,000 single prompts
(characters / 4 is off by 18 to 50 % outside English). Worst are prompts in ASCII that are not English, which it takes
for English: 30 to 35 % too low. An exact counter goes in by `View.count_tokens`: the server's is `muxer.vocabulary`.
Whatever counts, the bill is settled by the provider's own figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from muxer.core.text.ascii_pieces import pieces
from muxer.types.chat import AudioPart, ChatRequest, FilePart, ImagePart, Message, RefusalPart, TextPart

SAMPLE_CHARS = 16_384
"""A longer text is counted by its beginning, middle and end, and scaled to its length."""

TOKENS_PER_MESSAGE = 4
"""Role and delimiters of one message in OpenAI's chat framing."""

TOKENS_PER_REPLY = 3
"""The primer of the assistant's answer."""

TOKENS_PER_IMAGE = 1_000
"""A flat figure: what a picture costs depends on its size and on the provider's rule."""

CHARS_PER_AUDIO_TOKEN = 2_000
"""Base64 characters of one token of sound: 10 tokens a second of MP3 at 128 kbit/s."""

WHOLE_CHARS = 262_144
"""Characters of a prompt's texts that are handed to the counter. What comes after counts at the same tokens a
character, so that a conversation of a thousand long messages does not hold up the others."""

_PIECE = re.compile(r"[^\s\d!-/:-@\[-`{-~]+|\d{1,3}|[!-/:-@\[-`{-~]+\n*|\n+|[ \t]{2,}")
"""Words (everything that is no blank, digit or ASCII punctuation), digits in threes, punctuation, indentation."""

_LONG_WORD = 7
"""ASCII words of up to this many characters are one token, nearly always; rulers and indentation are at any length."""


def count(text: str) -> int:
    """Tokens of a text in o200k_base, estimated. 0 for an empty text, else at least 1."""
    if not text:
        return 0
    if len(text) <= SAMPLE_CHARS:
        return max(1, round(_cost(text)))
    third = SAMPLE_CHARS // 3
    middle = (len(text) - third) // 2
    sample = (text[:third], text[middle : middle + third], text[-third:])
    return max(1, round(sum(map(_cost, sample)) * len(text) / (3 * third)))


def _cost(text: str) -> float:
    """Expected tokens of a text, by its pieces."""
    if text.isascii():
        count, beyond = pieces(text, _LONG_WORD)
        return count + 0.18 * beyond
    return sum(map(_piece_cost, _PIECE.findall(text)))


def _piece_cost(piece: str) -> float:
    """Expected tokens of a piece of a text that is not all ASCII: such texts are seldom English."""
    size = len(piece)
    if piece.isascii():
        return 1 + 0.25 * max(0, size - _LONG_WORD)
    if max(piece) < "\u2e80":  # alphabets and abjads
        return 1 + 0.22 * max(0, size - 3)
    return 0.75 * size  # ideographs, kana, hangul


def prompt_tokens(request: ChatRequest, count_tokens: Callable[[str], int] = count) -> int:
    """Tokens of a whole prompt: text, pictures, sound, files, tool calls, tools and response format, with framing."""
    counted = _within_bounds(count_tokens)
    total = TOKENS_PER_REPLY
    for message in request.messages:
        total += TOKENS_PER_MESSAGE + _message_tokens(message, counted)
    for tool in request.tools:
        total += TOKENS_PER_MESSAGE + sum(map(counted, (tool.name, tool.description, tool.parameters)))
    if request.response_format is not None:
        total += counted(request.response_format.schema)
    return total


def _within_bounds(count_tokens: Callable[[str], int]) -> Callable[[str], int]:
    """The same counter until `WHOLE_CHARS` have been counted, then a rule of three."""
    chars = tokens = 0

    def counted(text: str) -> int:
        nonlocal chars, tokens
        if not text:
            return 0
        if chars >= WHOLE_CHARS:
            return 1 + len(text) * tokens // chars
        found = count_tokens(text)
        chars += len(text)
        tokens += found
        return found

    return counted


def _message_tokens(message: Message, count_tokens: Callable[[str], int]) -> int:
    total = count_tokens(message.content) + count_tokens(message.reasoning) + count_tokens(message.refusal)
    if message.name:
        total += 1 + count_tokens(message.name)
    for part in message.parts:
        match part:
            case TextPart():
                total += count_tokens(part.text)
            case RefusalPart():
                total += count_tokens(part.refusal)
            case ImagePart():
                total += TOKENS_PER_IMAGE
            case AudioPart():
                total += 1 + len(part.data) // CHARS_PER_AUDIO_TOKEN
            case FilePart():
                total += TOKENS_PER_IMAGE
    for call in message.tool_calls:
        total += TOKENS_PER_MESSAGE + count_tokens(call.name) + count_tokens(call.arguments)
    return total
