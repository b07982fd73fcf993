"""Server-sent events: whatever the chunks are, a client that adds them up has the message, and the end is told."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from muxer.errors import MuxerError, Reason
from muxer.service.openai_stream import DONE, StreamEncoder
from muxer.types.chat import ChatChunk, ChunkChoice, Delta, ToolCallDelta, Usage

texts = st.text(max_size=12)
deltas = st.builds(
    Delta,
    content=texts,
    reasoning=texts,
    refusal=st.sampled_from(["", "no"]),
    tool_calls=st.lists(
        st.builds(ToolCallDelta, index=st.integers(0, 2), id=texts, name=texts, arguments=texts), max_size=2
    ).map(tuple),
    provider_state=st.sampled_from([b"", b"\x00\xff"]),
)
streams = st.lists(st.tuples(st.integers(0, 1), deltas), max_size=8)


def chunk(index: int, delta: Delta, finish: str = "", model: str = "m") -> ChatChunk:
    return ChatChunk("upstream-id", 7, model, (ChunkChoice(index, delta, finish),))


def parsed(data: bytes) -> list[dict]:
    events = data.decode().split("\n\n")
    assert events.pop() == ""
    return [json.loads(event.removeprefix("data: ")) for event in events if event != "data: [DONE]"]


def encoded(pieces, *, include_usage=False) -> bytes:
    encoder = StreamEncoder("id-1", 7, include_usage=include_usage)
    data = b"".join(encoder.encode([chunk(index, delta)]) for index, delta in pieces)
    data += encoder.encode([chunk(0, Delta(), "stop")])
    return data + encoder.finish(Usage(3, 4), {"decision_id": "d"})


@given(streams)
def test_text_reasoning_and_tool_calls_add_up(pieces):
    choices = [c for event in parsed(encoded(pieces)) for c in event["choices"]]

    for index in (0, 1):
        mine = [delta for i, delta in pieces if i == index]
        seen = [c["delta"] for c in choices if c["index"] == index]
        assert "".join(d.get("content") or "" for d in seen) == "".join(d.content for d in mine)
        assert "".join(d.get("reasoning_content", "") for d in seen) == "".join(d.reasoning for d in mine)
        arguments = [call["function"]["arguments"] for d in seen for call in d.get("tool_calls", [])]
        assert arguments == [call.arguments for d in mine for call in d.tool_calls]
        assert ["role" in d for d in seen] == [True, *[False] * (len(seen) - 1)][: len(seen)]


@given(streams, st.booleans())
def test_every_event_is_a_chunk_and_only_the_last_tells_the_routing(pieces, include_usage):
    data = encoded(pieces, include_usage=include_usage)
    events = parsed(data)

    assert data.endswith(DONE)
    assert {(e["id"], e["created"], e["object"]) for e in events} == {("id-1", 7, "chat.completion.chunk")}
    assert [("router_metadata" in e) for e in events] == [False] * (len(events) - 1) + [True]
    assert {("usage" in e) for e in events} == {include_usage}
    finished = [c["finish_reason"] for e in events for c in e["choices"] if c["finish_reason"]]
    assert finished == ["stop"]


def test_after_a_fallback_there_is_no_second_role_chunk():
    encoder = StreamEncoder("id-1", 7, include_usage=False)
    first = encoder.encode([chunk(0, Delta(role="assistant"), model="a")])
    second = encoder.encode([chunk(0, Delta(role="assistant"), model="b")])
    third = encoder.encode([chunk(0, Delta(content="Hi"), model="b")])

    assert [e["choices"][0]["delta"].get("role") for e in parsed(first)] == ["assistant"]
    assert second == b""
    assert parsed(third)[0]["model"] == "b"
    assert parsed(third)[0]["created"] == 7


def test_a_failed_stream_ends_with_its_error_and_is_never_done():
    encoder = StreamEncoder("id-1", 7, include_usage=True)
    encoder.encode([chunk(0, Delta(content="Hi"))])
    data = encoder.fail(MuxerError(Reason.PROVIDER_ERROR, "it broke"))

    assert parsed(data)[-1]["error"]["code"] == "provider_error"
    assert DONE not in data
