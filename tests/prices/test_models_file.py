"""What prices/models.toml may say, and how it is refused when it says something that nothing would read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.prices.sources import models_file, override
from tools.prices.__main__ import MODELS, REPOSITORY
from tools.prices.models_file import ModelsFileInvalid, read_models_file

MODEL = "openai:gpt-4o"


def test_every_override_has_a_reason_a_source_and_a_date() -> None:
    file = read_models_file(REPOSITORY / MODELS)

    assert list(file.models) == sorted(file.models)
    for said in file.overrides:
        assert len(said.reason) > 10, said
        assert len(said.source) > 10, said
        assert said.row or said.overrules or said.unconfirmed, said


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (override(MODEL, "").replace("source", "sauce"), "unknown field `sauce`"),
        (override(MODEL, "").replace("date = 2026-10-01", ""), "missing required field `date`"),
        (override(MODEL, "").replace("date = 2026-10-01", 'date = "lately"'), "date"),
        (override(MODEL, "").replace('"the price page"', '""'), "length >= 1"),
        (override(MODEL, "row.input_per_1m_usd = 2.5"), "nothing reads row.input_per_1m_usd"),
        (override(MODEL, 'row.source = "me"'), "nothing reads row.source"),
        (override(MODEL, "row.capabilities.sight = true"), "nothing reads row.capabilities.sight"),
        (override("openai:gpt-4", ""), "openai:gpt-4 is not in the list of models"),
        ('[genai-prices-names]\n"openai:gpt-4" = "gpt"', "openai:gpt-4 is not in the list of models"),
        (override(MODEL, "row.free = true") * 2, f"two of them say free of {MODEL}"),
        (override(MODEL, "row.capabilities.tools = true") * 2, f"two of them say capabilities.tools of {MODEL}"),
        (override(MODEL, "unconfirmed = true") * 2, f"two of them say overrules or unconfirmed of {MODEL}"),
        ("[[override]", "Expected"),
    ],
)
def test_what_nothing_would_read_is_refused(overrides: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ModelsFileInvalid) as refused:
        models_file(tmp_path, MODEL, overrides=overrides)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ([MODEL, MODEL], f"{MODEL} is listed twice"),
        (["gpt-4o"], "not a model id"),
        (["nobody:gpt-4o"], "there is no section providers.nobody"),
    ],
)
def test_a_list_of_models_that_cannot_be_right_is_refused(models: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(ModelsFileInvalid) as refused:
        models_file(tmp_path, *models)

    assert said in str(refused.value)
