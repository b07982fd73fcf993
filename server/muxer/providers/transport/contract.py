"""What both transports check alike: addresses, headers, encodings and sizes."""

from __future__ import annotations

from collections.abc import Mapping

from muxer.ports import HttpRequest, TransportFailed


def check_url(url: str) -> None:
    """Raises `TransportFailed` unless the address is http or https."""
    if not url.startswith(("https://", "http://")):
        raise TransportFailed("protocol", "only http and https addresses are called", sent=False)


def outgoing_headers(request: HttpRequest) -> dict[str, str]:
    """The request's headers, and that the answer must not be compressed: so no answer can be a decompression bomb."""
    return {**request.headers, "accept-encoding": "identity", "user-agent": "modelmuxer"}


def check_encoding(headers: Mapping[str, str]) -> None:
    """Raises `TransportFailed` when the answer is compressed all the same."""
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise TransportFailed("protocol", "the answer is compressed, which was not asked for", sent=True)


class BodyLimit:
    """Counts the bytes of a body. Raises `TransportFailed` too_large, at once if the answer announces its size."""

    def __init__(self, limit: int, headers: Mapping[str, str]) -> None:
        self._limit = limit
        self._size = 0
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > limit:
            self._refuse()

    def count(self, data: bytes) -> None:
        """Adds what has arrived."""
        self._size += len(data)
        if self._size > self._limit:
            self._refuse()

    def _refuse(self) -> None:
        raise TransportFailed("too_large", f"the answer is larger than {self._limit} bytes", sent=True)
