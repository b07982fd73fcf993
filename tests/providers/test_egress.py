"""A provider's key goes to the provider's address and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.errors import ProviderFailed
from muxer.ports import HttpRequest, ProviderSpec
from muxer.providers.egress import check_base_url, check_destination
from muxer.providers.provider_rows import PROVIDERS
from muxer.providers.registry import DIALECTS
from muxer.types.catalog import ModelSpec
from muxer.types.chat import ChatRequest

from tests.providers.calls import USER


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "https://api.anthropic.com",
        "http://localhost:11434/v1",
        "http://127.0.0.1:8000",
        "http://[::1]:8000/v1",
    ],
)
def test_plain_addresses_can_be_base_urls(url: str) -> None:
    check_base_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com",
        "ftp://host/v1",
        "file:///etc/passwd",
        "https://",
        "https:///v1",
        "https://user:password@host/v1",
        "https://@host/v1",
        "https://host/v1?x=1",
        "https://host/v1#x",
        "https://host/v1/",
        "https://host\\@evil/v1",
        "https://host/v1\nx",
        "http://169.254.169.254/latest",
        "http://[fe80::1]/v1",
        "http://[::ffff:169.254.169.254]/v1",
        "http://224.0.0.1/v1",
    ],
)
def test_anything_else_cannot(url: str) -> None:
    with pytest.raises(ValueError, match="a base URL"):
        check_base_url(url)


@pytest.mark.parametrize("row", PROVIDERS.values(), ids=lambda row: row.name)
def test_the_rows_have_base_urls_that_can_be(row: Any) -> None:
    check_base_url(row.base_url)


@pytest.mark.parametrize("base", ["http://a.example/v1", "https://a.example", "http://a.example:80"])
def test_a_request_for_another_address_is_stopped(base: str) -> None:
    provider = ProviderSpec("p", "openai", base, "sk-the-key")
    for url in (
        "http://evil.example/chat/completions",
        base + ".evil.example/chat/completions",
        base + "@evil.example/chat/completions",
        base.replace("http", "gopher", 1) + "/chat/completions",
        base,
    ):
        with pytest.raises(ProviderFailed, match="about to leave for another address"):
            check_destination(HttpRequest("POST", url, {}, b""), provider)

    check_destination(HttpRequest("POST", base + "/chat/completions", {}, b""), provider)


@given(name=st.text(min_size=1, max_size=40), dialect=st.sampled_from(sorted(DIALECTS)), stream=st.booleans())
def test_no_model_name_leads_a_key_elsewhere(name: str, dialect: str, stream: bool) -> None:
    provider = ProviderSpec("p", dialect, "https://a.example/base", "sk-the-key")
    said = DIALECTS[dialect].encode(ChatRequest((USER,)), provider, ModelSpec("p", name, ()), stream=stream)

    check_destination(said, provider)
    assert said.url.isascii()
    assert "/../" not in said.url
