"""The page on what providers take is what the dialects do."""

from __future__ import annotations

import subprocess
import sys

import msgspec
from muxer.providers.provider_rows import PROVIDERS
from muxer.types.catalog import Capabilities, ModelSpec
from muxer.types.chat import ChatRequest

from tests.docs.pages import REPOSITORY, table
from tools.provider_table import FEATURES, PAGE, Outcome, outcome

OURS = {"model", "routing"}
"""Fields of a request that are for the router and not for providers."""
BY_NAME = {feature.name: feature for feature in FEATURES}


def found(feature: str, provider: str, **capabilities: object) -> Outcome:
    able = msgspec.convert(capabilities, Capabilities)
    return outcome(BY_NAME[feature], PROVIDERS[provider].spec(""), ModelSpec(provider, "the-model", (), able))


def test_what_is_checked_in_is_fresh() -> None:
    checked = subprocess.run(
        [sys.executable, "tools/provider_table.py", "--check"],
        cwd=REPOSITORY,
        text=True,
        capture_output=True,
        check=False,
    )

    assert (checked.returncode, checked.stdout) == (0, "")


def test_every_provider_is_a_row_with_its_key_and_a_column() -> None:
    rows = {row[0].strip("`"): row[3].strip("`") for row in table(REPOSITORY / PAGE, "provider", "dialect")}

    assert rows == {row.name: row.key_variable for row in PROVIDERS.values()}
    assert len(FEATURES) == len(table(REPOSITORY / PAGE, "feature", *PROVIDERS))


def test_every_field_of_a_request_is_a_feature() -> None:
    nothing = ChatRequest(())
    shown = {
        field.name
        for field in msgspec.structs.fields(ChatRequest)
        for feature in FEATURES
        if getattr(feature.request, field.name) != getattr(nothing, field.name)
    }

    assert shown == {field.name for field in msgspec.structs.fields(ChatRequest)} - OURS


def test_each_outcome_is_what_the_dialect_does_with_the_feature() -> None:
    assert [
        found("tools", "openai", tools=True),
        found("`seed`", "anthropic"),
        found("`prompt_cache_key`", "mistral"),
        found("`logit_bias`", "anthropic"),
        found("image inline", "openai"),
        found("`reasoning_effort`", "openai"),
    ] == [
        Outcome.SUPPORTED,
        Outcome.IGNORED,
        Outcome.IGNORED,
        Outcome.REJECTED,
        Outcome.NOT_OFFERED,
        Outcome.NOT_OFFERED,
    ]
