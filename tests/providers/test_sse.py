"""The event decoder: legal streams in every notation, and the same events however the bytes arrive."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from muxer.providers.sse import SseDecoder


def decode(stream: bytes, *cuts: int, limit: int = 1 << 20) -> tuple[list[bytes], bool]:
    decoder = SseDecoder(limit)
    edges = [0, *sorted(cuts), len(stream)]
    events = []
    for start, end in itertools.pairwise(edges):
        events += decoder.feed(stream[start:end])
    events += decoder.close()
    return events, decoder.too_large


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data:a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data: a\r\n\ndata: b\n\r\n", [b"a", b"b"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b": keep-alive\n\ndata: a\n\n", [b"a"]),
        (b": note\ndata: a\n\n", [b"a"]),
        (b"event: x\nid: 7\nretry: 5\ndata: a\n\n", [b"a"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data:  two spaces\n\n", [b" two spaces"]),
        (b"data\ndata: a\n\n", [b"\na"]),
        (b"data: a\n\n\n\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data: no blank line", [b"no blank line"]),
        (b"data: no blank line\n", [b"no blank line"]),
        (b"data: \xe2\x82\xac\n\n", ["€".encode()]),
        (b"database: a\n\n", []),
        (b"event: lonely\n\n", []),
        (b"", []),
    ],
)
def test_a_legal_stream_gives_its_events_when_whole_and_byte_by_byte(stream: bytes, events: list[bytes]) -> None:
    assert (events, False) == decode(stream)
    assert (events, False) == decode(stream, *range(len(stream)))


lines = st.sampled_from(
    [b"data: x", b"data:", b"data: \xf0\x9f\x98\x80", b": c", b"event: e", b"", b"\xef\xbb\xbf", b"data"]
)
ends = st.sampled_from([b"\n", b"\r\n", b"\r"])
streams = st.lists(st.tuples(lines, ends), max_size=12).map(lambda pairs: b"".join(a + b for a, b in pairs))


@given(stream=streams | st.binary(max_size=60), cuts=st.lists(st.integers(0, 80), max_size=20))
@example(stream=b"data: 12345678\n\n\ndata: 12345678\n\n", cuts=[17])
def test_cutting_the_bytes_differently_changes_nothing(stream: bytes, cuts: list[int]) -> None:
    assert decode(stream, limit=14) == decode(stream, *cuts, limit=14)


def test_an_event_over_the_limit_stops_the_decoder_after_the_events_before_it() -> None:
    stream = b"data: a\n\ndata: " + b"x" * 100 + b"\n\ndata: b\n\n"

    assert decode(stream, limit=50) == ([b"a"], True)
    assert decode(stream, *range(len(stream)), limit=50) == ([b"a"], True)


def test_a_line_that_never_ends_is_not_collected_beyond_the_limit() -> None:
    decoder = SseDecoder(limit=1000)
    for _ in range(100):
        decoder.feed(b"x" * 100)

    assert decoder.too_large
    assert decoder.close() == []
