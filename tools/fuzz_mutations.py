"""Ways to spoil JSON and server-sent events: fast ones that know no grammar, and a few that know a little."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

LARGEST = 1 << 16
"""Bytes of an input: enough for every way of reading to show that it is slow."""
MOST_AT_ONCE = 4

_VALUE = re.compile(rb'(?<=[:\[,])\s*("(?:[^"\\]|\\.){0,200}"|-?\d[\d.eE+-]*|true|false|null|\{\}|\[\])')
_MEMBER = re.compile(rb'"\w{1,40}"\s*:\s*(?:"(?:[^"\\]|\\.){0,200}"|[\w.+-]+),?')

VALUES = (
    *(b"null", b"true", b"false", b"0", b"-1", b"1.5", b"{}", b"[]", b'""', b'"x"', b"[{}]", b"[null]", b'{"":{}}'),
    *(b"1e999", b"-1e999", b"1e-999", b"NaN", b"Infinity", b"9223372036854775808", b"18446744073709551616"),
    *(b"9" * 400, b"9" * 5000, b"0." + b"1" * 400, b"-0", b"01", b"2147483648", b"1e18"),
    *(rb'"\ud800"', rb'"\u0000"', rb'"\x"', '"\u2028\U0001f600"'.encode(), b'"\xff"', b'"' + b"a" * 3000 + b'"'),
    *(b'"stop"', b'"error"', b'"text"', b'"tool_use"', b'"function"', b'"data:,"', b'"2026-13-45"', b'"{\\"a\\":"'),
)
TOKENS = (
    *VALUES,
    *(
        b"data:",
        b"data: ",
        b"event:",
        b"event: error\n",
        b"id: 1\n",
        b"retry: 1\n",
        b": comment\n",
        b"\n",
        b"\r",
        b"\n\n",
    ),
    *(b"\r\n", b"\r\n\r\n", b"data: [DONE]\n\n", b"[DONE]", b"data: {}\n\n", b"data: null\n\n", b"data: 7\n\n"),
    *(b'data: {"error":{"message":"m"}}\n\n', b"event: message_stop\n", b"\xef\xbb\xbf", b"\x00", b"\xc3", b"\xe2\x80"),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b'"index":',
        b'"choices":',
        b'"usage":',
        b'"type":',
        b'"delta":',
    ),
    *(b'"error":', b'"content":', b'"tool_calls":', b'"id":', b'"message":', b'"parts":', b'"finish_reason":'),
)
DEPTHS = (3, 60, 500, 1100, 20_000)

Mutation = Callable[[Random, bytes, Sequence[bytes]], bytes]


def spoil(rng: Random, samples: Sequence[bytes]) -> bytes:
    """One of the samples, spoilt in a few places or, seldom, in none."""
    data = rng.choice(samples)
    for _ in range(rng.randrange(MOST_AT_ONCE + 1)):
        data = rng.choice(MUTATIONS)(rng, data, samples)[:LARGEST]
    return data


def _place(rng: Random, data: bytes) -> int:
    return rng.randrange(len(data) + 1)


def _span(rng: Random, data: bytes, longest: int = 400) -> tuple[int, int]:
    start = _place(rng, data)
    return start, min(len(data), start + rng.randrange(1, longest))


def _flip(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    spoilt = bytearray(data)
    for _i in range(rng.randrange(1, 4)):
        spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def _truncate(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: _place(rng, data)]


def _delete(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _span(rng, data)
    return data[:start] + data[end:]


def _repeat(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, end = _span(rng, data)
    return data[:end] + data[start:end] * rng.choice((1, 1, 2, 7, 50)) + data[end:]


def _splice(rng: Random, data: bytes, samples: Sequence[bytes]) -> bytes:
    other = rng.choice(samples)
    return data[: _place(rng, data)] + other[_place(rng, other) :]


def _insert(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    place = _place(rng, data)
    return data[:place] + rng.choice(TOKENS) + data[place:]


def _other_value(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    found = _VALUE.search(data, _place(rng, data))
    return data if found is None else data[: found.start()] + rng.choice(VALUES) + data[found.end() :]


def _no_member(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    found = _MEMBER.search(data, _place(rng, data))
    return data if found is None else data[: found.start()] + data[found.end() :].removeprefix(b",")


def _nest(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Puts a value deep inside others: whole, or never closed."""
    depth = rng.choice(DEPTHS)
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'[{"type":', b"}]")))
    found = _VALUE.search(data, _place(rng, data))
    start, end = found.span() if found else (0, 0)
    return data[:start] + opening * depth + b"1" + closing * rng.choice((0, depth)) + data[end:]


def _events_in_disorder(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Swaps two events of a stream."""
    events = data.split(b"\n\n")
    one, other = rng.randrange(len(events)), rng.randrange(len(events))
    events[one], events[other] = events[other], events[one]
    return b"\n\n".join(events)


MUTATIONS: tuple[Mutation, ...] = (
    *(_flip, _truncate, _delete, _repeat, _splice, _insert, _nest, _events_in_disorder),
    *(_other_value, _other_value, _other_value, _no_member, _no_member),
)
