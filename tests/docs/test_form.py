"""What counts as showing the truth about an output, and what does not."""

from __future__ import annotations

import pytest

from tests.docs.form import differences

REAL_TABLE = "model            cost USD\nopenai:gpt-4o      0.0015\nopenai:gpt-4.1     0.0010\n"
REAL_JSON = 'HTTP/1.1 200 OK\n\n{"id": "x-1", "items": [{"n": 1.5, "ok": true, "none": null}], "more": {}}\n'


@pytest.mark.parametrize(
    "shown",
    [
        REAL_TABLE,
        "model cost USD\nanthropic:claude-opus-5 22.1\n",
        "...\nopenai:gpt-4o ...\n",
    ],
)
def test_numbers_models_and_blanks_are_free_and_lines_may_be_left_out(shown: str) -> None:
    assert differences(shown, REAL_TABLE) == []


@pytest.mark.parametrize("shown", ["model cost EUR\n", "openai:gpt-4o 1\nmodel cost USD\n", "openai:gpt-4o many\n"])
def test_other_words_and_another_order_are_not_the_truth(shown: str) -> None:
    assert len(differences(shown, REAL_TABLE)) == 1


@pytest.mark.parametrize(
    "shown",
    [
        REAL_JSON,
        '{"id": "x-2"}',
        'HTTP/1.1 200 OK\n{"items": [{"n": 7, "ok": true}]}',
        '{"id": "x-...", "items": []}',
    ],
)
def test_keys_and_items_may_be_left_out(shown: str) -> None:
    assert differences(shown, REAL_JSON) == []


@pytest.mark.parametrize(
    ("shown", "problem"),
    [
        ('{"ID": "x-1"}', "no $.ID"),
        ('{"id": "y-1"}', "$.id is 'x-1', not like 'y-1'"),
        ('{"items": [{"n": true}]}', "$.items[0].n is 1.5, not like True"),
        ('{"items": [{"ok": false}]}', "$.items[0].ok is True, not like False"),
        ('{"items": [{"none": 0}]}', "$.items[0].none is None, not like 0"),
        ('{"more": []}', "$.more is {}, not like []"),
        ("HTTP/1.1 404 Not Found\n", "no line like: HTTP/1.1 404 Not Found"),
    ],
)
def test_other_keys_words_and_kinds_are_not_the_truth(shown: str, problem: str) -> None:
    assert differences(shown, REAL_JSON) == [problem]


def test_output_that_is_no_json_is_not_like_json() -> None:
    assert differences('{"id": "x"}', "Connection refused\n") == ["$ is None, not like {'id': 'x'}"]
