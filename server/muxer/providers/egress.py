"""Where a provider's key may be sent: to the address that it was configured for, and nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit

from muxer.errors import ProviderFailed, Reason
from muxer.ports import HttpRequest, ProviderSpec
from muxer.providers.transport.lookup import is_forbidden


def check_base_url(url: str) -> None:
    """Raises `ValueError` unless this is a plain http or https address without user, query, fragment or last slash."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a base URL begins with http:// or https:// and a host")
    if parts.username is not None or parts.query or parts.fragment or "\\" in url or not url.isprintable():
        raise ValueError("a base URL has neither user, query, fragment nor backslash")
    if url.endswith("/"):
        raise ValueError("a base URL has no slash at its end")
    if _is_forbidden_literal(parts.hostname):
        raise ValueError("a base URL does not lead to a link-local or multicast address")


def check_destination(request: HttpRequest, provider: ProviderSpec) -> None:
    """Raises `ProviderFailed` if the request, and with it the key, would go anywhere but below the base URL."""
    if not request.url.startswith(provider.base_url + "/"):
        raise ProviderFailed(
            Reason.INTERNAL,
            f"a request for {provider.name} was about to leave for another address",
            provider=provider.name,
            failover=False,
            sent=False,
        )


def _is_forbidden_literal(host: str) -> bool:
    try:
        return is_forbidden(host)
    except ValueError:  # a name: its addresses are checked when it is looked up
        return False
