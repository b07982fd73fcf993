"""Whole and streamed answers, against golden files, however the bytes are cut, and whatever the bytes are.

Each case in `goldens/<dialect>/` is a whole answer (`.json`), the same answer as a stream (`.sse`), and what both mean
(`.expected`).
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.errors import ProviderFailed
from muxer.ports import ProviderSpec
from muxer.providers.assembly import Assembly
from muxer.providers.registry import DIALECTS
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatChunk, ChatResponse

GOLDENS = Path(__file__).parent / "goldens"
STREAMS = sorted(GOLDENS.glob("*/*.sse"))
MODEL = ModelSpec("prov", "the-model", ())


def provider(dialect: str) -> ProviderSpec:
    return ProviderSpec("prov", dialect, "http://127.0.0.1:9", "sk-the-key-of-the-operator")


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def read(dialect: str, pieces: Sequence[bytes]) -> tuple[list[ChatChunk], ProviderFailed | None]:
    """Every chunk of a stream that arrives in these pieces, and the failure that it ends with, if any."""
    decoder = DIALECTS[dialect].stream_decoder(provider(dialect), MODEL)
    chunks: list[ChatChunk] = []
    try:
        for piece in pieces:
            chunks += decoder.feed(piece)
        while more := decoder.close():
            chunks += more
    except ProviderFailed as failure:
        return chunks, failure
    return chunks, None


def cut(stream: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(min(at, len(stream)) for at in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


def assembled(chunks: Sequence[ChatChunk]) -> ChatResponse:
    assembly = Assembly()
    assembly.add(chunks)
    return assembly.response()


def texts(chunks: Sequence[ChatChunk]) -> str:
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    return "".join(d.reasoning + d.content + d.refusal + "".join(c.arguments for c in d.tool_calls) for d in deltas)


def test_every_dialect_has_golden_files() -> None:
    assert {path.parent.name for path in STREAMS} == set(DIALECTS)


@pytest.mark.parametrize("path", STREAMS, ids=name)
def test_a_whole_answer_means_what_its_golden_file_says(path: Path) -> None:
    dialect = path.parent.name
    expected = msgspec.json.decode(path.with_suffix(".expected").read_bytes(), type=ChatResponse)
    answer = DIALECTS[dialect].decode(path.with_suffix(".json").read_bytes(), provider(dialect), MODEL)

    assert expected == msgspec.structs.replace(answer, raw=b"")


@pytest.mark.parametrize("path", STREAMS, ids=name)
def test_a_streamed_answer_put_together_is_the_whole_answer(path: Path) -> None:
    expected = msgspec.json.decode(path.with_suffix(".expected").read_bytes(), type=ChatResponse)
    chunks, failure = read(path.parent.name, [path.read_bytes()])

    assert failure is None
    assert expected == assembled(chunks)
    assert [expected.usage] == [chunk.usage for chunk in chunks if chunk.usage is not None]


@pytest.mark.parametrize("path", STREAMS, ids=name)
def test_a_stream_tells_each_thing_once_and_in_order(path: Path) -> None:
    chunks, _ = read(path.parent.name, [path.read_bytes()])
    finished = set()
    calls: dict[tuple[int, int], int] = {}
    for choice in itertools.chain.from_iterable(chunk.choices for chunk in chunks):
        assert choice.index not in finished
        if choice.finish_reason:
            finished.add(choice.index)
        for call in choice.delta.tool_calls:
            key = (choice.index, call.index)
            assert bool(call.id) == bool(call.name) == bool(call.kind) == (key not in calls)
            calls[key] = calls.get(key, 0) + 1

    assert finished
    assert sorted(index for _, index in calls) == list(range(len(calls)))
    assert len({(chunk.id, chunk.model, chunk.created) for chunk in chunks}) == 1


@pytest.mark.parametrize("path", STREAMS, ids=name)
def test_a_stream_that_arrives_byte_by_byte_says_the_same(path: Path) -> None:
    stream = path.read_bytes()

    assert read(path.parent.name, [stream]) == read(path.parent.name, cut(stream, range(len(stream))))


@given(path=st.sampled_from(STREAMS), cuts=st.lists(st.integers(0, 4000), max_size=12))
def test_a_stream_says_the_same_however_it_is_cut(path: Path, cuts: list[int]) -> None:
    stream = path.read_bytes()

    assert read(path.parent.name, [stream]) == read(path.parent.name, cut(stream, cuts))


@pytest.mark.parametrize("path", STREAMS, ids=name)
def test_a_stream_that_ends_too_early_fails_after_handing_on_what_came(path: Path) -> None:
    stream = path.read_bytes()
    whole, _ = read(path.parent.name, [stream])
    terminator = stream.rstrip().rfind(b"\n\n" if b"\r" not in stream else b"\r\n\r\n")
    for at in range(0, terminator, 7):
        chunks, failure = read(path.parent.name, [stream[:at]])

        assert failure is not None, at
        assert texts(whole).startswith(texts(chunks))
        arrived = stream[:at].replace(b"\r\n", b"\n").rpartition(b"\n\n")[0]
        assert texts(chunks).startswith(texts(read(path.parent.name, [arrived + b"\n\n"])[0]))


@pytest.mark.parametrize("path", [path for path in STREAMS if path.parent.name != "gemini"], ids=name)
def test_nothing_after_the_terminator_of_a_stream_is_read(path: Path) -> None:
    stream = path.read_bytes()

    assert read(path.parent.name, [stream]) == read(path.parent.name, [stream + stream + b"data: nonsense\n\n"])


@pytest.mark.parametrize("path", sorted(GOLDENS.glob("gemini/*.sse")), ids=name)
def test_an_answer_that_is_told_twice_counts_once_where_there_is_no_terminator(path: Path) -> None:
    stream = path.read_bytes()

    assert read("gemini", [stream]) == read("gemini", [stream + stream])


@given(
    path=st.sampled_from(STREAMS),
    spoil=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 6), st.binary(max_size=8)), min_size=1, max_size=4),
)
def test_a_spoilt_stream_or_body_fails_as_the_providers_fault_or_is_read(
    path: Path, spoil: list[tuple[int, int, bytes]]
) -> None:
    stream, body = path.read_bytes(), path.with_suffix(".json").read_bytes()
    for at, length, put in spoil:
        stream = stream[:at] + put + stream[at + length :]
        body = body[:at] + put + body[at + length :]

    chunks, _ = read(path.parent.name, [stream])
    msgspec.json.encode(chunks)
    survives(DIALECTS[path.parent.name].decode, body, provider(path.parent.name), MODEL)


@given(dialect=st.sampled_from(sorted(DIALECTS)), data=st.binary(max_size=200))
def test_random_bytes_fail_as_the_providers_fault(dialect: str, data: bytes) -> None:
    _, failure = read(dialect, [data])

    assert failure is not None
    survives(DIALECTS[dialect].decode, data, provider(dialect), MODEL)
    error = DIALECTS[dialect].decode_error(500, {"retry-after": data.decode("latin-1")}, data, provider(dialect), MODEL)
    assert error.status == 500


WORDS = """error message type code details detail choices delta content usage index tool_calls function arguments id
candidates parts text response output status finish_reason loc msg @type retryDelay item violations input stop_reason"""
words = st.sampled_from(WORDS.split())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=5),
    max_leaves=20,
)


@given(dialect=st.sampled_from(sorted(DIALECTS)), value=json_values, status=st.integers(300, 599))
def test_json_of_any_shape_fails_as_the_providers_fault_or_is_read(dialect: str, value: object, status: int) -> None:
    body = msgspec.json.encode(value)
    survives(DIALECTS[dialect].decode, body, provider(dialect), MODEL)
    read(dialect, [b"data: " + body + b"\n\n"])
    error = DIALECTS[dialect].decode_error(status, {}, body, provider(dialect), MODEL)

    assert error.status == status
    assert error.message.startswith("prov ")


def survives(decode: Callable[..., object], *arguments: object) -> None:
    with contextlib.suppress(ProviderFailed):
        decode(*arguments)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("body", [b"", b"<html>Bad</html>", b"{}", b"[]", b"null", b'"text"', b"\xff", b"{" * 100_000])
def test_a_body_that_is_no_answer_is_a_failure_of_the_provider(dialect: str, body: bytes) -> None:
    with pytest.raises(ProviderFailed, match=r"prov gave an answer that cannot be used|prov failed") as caught:
        DIALECTS[dialect].decode(body, provider(dialect), MODEL)

    assert caught.value.failover


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_an_event_that_is_too_large_is_a_failure_of_the_provider(dialect: str) -> None:
    _, failure = read(dialect, [b"data: " + b"x" * 70_000] * 16)

    assert failure is not None
    assert "too large" in failure.message
