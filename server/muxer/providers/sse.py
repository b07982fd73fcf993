"""Server-sent events, incrementally: bytes in as they arrive, the data of whole events out.

Only the `data` of an event is reported: every provider repeats the event's name inside it. Line ends may be LF, CRLF
or CR; comments, other fields and a byte order mark are skipped. One departure from the WHATWG algorithm: an event that
the end of the stream cuts off before its blank line is reported too, because some servers leave the last line end
out. What was really cut in the middle is no valid JSON, so the reader of the data notices.
"""

from __future__ import annotations

MAX_EVENT_BYTES = 1 << 20
"""The largest event that is accepted, before anything of it is parsed."""

_BOM = b"\xef\xbb\xbf"


class SseDecoder:
    """Splits one stream into events. Every way of cutting the bytes into reads gives the same events.

    `too_large`: an event is larger than the limit, or has not ended within it. Nothing is reported after that.
    """

    __slots__ = ("_at_start", "_limit", "_pending", "_searched", "_skip_lf", "too_large")

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._limit = limit
        self._pending = bytearray()  # of the event that has not ended yet
        self._searched = 0  # bytes of it that are known to hold no event end
        self._at_start = True
        self._skip_lf = False  # the last read ended in CR: a LF that follows belongs to it
        self.too_large = False

    def feed(self, data: bytes) -> list[bytes]:
        """Data of the events that these bytes complete."""
        if not (self._pending or self._skip_lf or self._at_start) and data.endswith(b"\n\n") and b"\r" not in data:
            return [] if self.too_large else self._events(data[:-2])  # whole events, as they nearly always come
        if self._skip_lf or b"\r" in data:
            data = self._with_lf_only(data)
        if self._at_start:
            data = self._without_bom(data)
        if self.too_large or not data:
            return []
        pending = self._pending
        if pending:
            pending += data
            end = pending.rfind(b"\n\n", self._searched)
            if end < 0:
                return self._wait(len(pending))
            data = bytes(pending)
            pending.clear()
        else:
            end = data.rfind(b"\n\n")
        events = self._events(data[:end]) if end >= 0 else []
        if not self.too_large:
            pending += (data[end + 2 :] if end >= 0 else data).lstrip(b"\n")
            self._wait(len(pending))
        return events

    def close(self) -> list[bytes]:
        """Data of an event that lacks its blank line. Call it at the end of the stream."""
        rest = bytes(self._pending)
        self._pending.clear()
        return self._events(rest.removesuffix(b"\n"))

    def _wait(self, size: int) -> list[bytes]:
        self._searched = max(0, size - 1)
        if size > self._limit + 1:  # the last byte may be the first half of the end
            self._give_up()
        return []

    def _give_up(self) -> None:
        self.too_large = True
        self._pending.clear()

    def _without_bom(self, data: bytes) -> bytes:
        """The data after the mark that may begin the stream, or nothing while that is undecided."""
        start = bytes(self._pending) + data
        self._pending.clear()
        if len(start) < len(_BOM) and _BOM.startswith(start):
            self._pending += start
            return b""
        self._at_start = False
        return start.removeprefix(_BOM)

    def _with_lf_only(self, data: bytes) -> bytes:
        if data and self._skip_lf:
            data = data.removeprefix(b"\n")
            self._skip_lf = False
        if data:
            self._skip_lf = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _events(self, blocks: bytes) -> list[bytes]:
        events: list[bytes] = []
        for block in blocks.split(b"\n\n"):
            if len(block) > self._limit and len(block.strip(b"\n")) > self._limit:
                self._give_up()
                return events
            data = block[6:] if block.startswith(b"data: ") and b"\n" not in block else _data_of(block)
            if data:
                events.append(data)
        return events


def _data_of(block: bytes) -> bytes:
    values = []
    for line in block.split(b"\n"):
        name, _, value = line.partition(b":")
        if name == b"data":
            values.append(value.removeprefix(b" "))
    return b"\n".join(values)
