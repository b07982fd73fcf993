"""The section `routing` of modelmuxer.yaml, from the text to what decisions are made by."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from muxer import config_file
from muxer.app import policy
from muxer.core import intent
from muxer.plan import Plan, read_plan
from muxer.settings import Environment, SettingsInvalid
from muxer.types.decision import RoutingRule

RULE = "{name: a, action: forbid, models: ['*']"


def plan(folder: Path, text: str, **variables: str) -> Plan:
    """What a file with this section comes to."""
    file = folder / "modelmuxer.yaml"
    file.write_text(f"routing:\n{text}", encoding="utf-8")
    return read_plan(Environment(variables), str(file))


def test_everything_that_a_rule_says_reaches_the_decision(tmp_path: Path) -> None:
    text = """
  price_share: 0.3
  rules:
    - name: keep-legal-in-house
      action: require
      models: ["local:*", "mistral:*"]
      when: {intents: [deep_reason, vision], tenants: [legal], metadata: {department: "legal*"}}
    - {name: try-the-new-one, action: prefer, models: ["openai:gpt-6.1-*"]}
"""
    laid_down = policy(plan(tmp_path, text, INTENT_MIN_CONF_FOR_DIRECT="0.9"))

    assert laid_down.rules == (
        RoutingRule(
            name="keep-legal-in-house",
            action="require",
            models=("local:*", "mistral:*"),
            intents=frozenset({"deep_reason", "vision"}),
            tenants=frozenset({"legal"}),
            metadata={"department": "legal*"},
        ),
        RoutingRule(name="try-the-new-one", action="prefer", models=("openai:gpt-6.1-*",)),
    )
    assert (laid_down.price_share, laid_down.direct_confidence) == (0.3, 0.9)


def test_without_a_section_there_are_no_rules_and_no_share() -> None:
    laid_down = policy(read_plan(Environment({}), ""))

    assert (laid_down.rules, laid_down.price_share, laid_down.direct_confidence) == ((), None, 0.7)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  rules: [{action: forbid, models: ['*']}]", "routing.rules[0]"),
        ("  rules: [{name: '', action: forbid, models: ['*']}]", "routing.rules[0].name"),
        ("  rules: [{name: a, action: avoid, models: ['*']}]", "routing.rules[0].action"),
        ("  rules: [{name: a, action: forbid, models: []}]", "routing.rules[0].models"),
        ("  rules: [{name: a, action: forbid, models: ['']}]", "routing.rules[0].models"),
        (f"  rules: [{RULE}, when: {{intents: [poetry]}}}}]", "routing.rules[0].when.intents[0]"),
        (f"  rules: [{RULE}, when: {{tenants: ['']}}}}]", "routing.rules[0].when.tenants[0]"),
        (f"  rules: [{RULE}, when: {{intents: []}}}}]", "routing.rules[0].when.intents"),
        (f"  rules: [{RULE}, when: {{tenants: []}}}}]", "routing.rules[0].when.tenants"),
        (f"  rules: [{RULE}, when: {{metadata: {{}}}}}}]", "routing.rules[0].when.metadata"),
        (f"  rules: [{RULE}, when: {{metadata: {{a: 1}}}}}}]", "routing.rules[0].when.metadata"),
        (f"  rules: [{RULE}, unless: {{}}}}]", "unless"),
        (f"  rules: [{RULE}}}, {RULE}}}]", "routing.rules[1].name: 'a' is given twice"),
        ("  price_share: 0", "routing.price_share"),
        ("  price_share: 1.01", "routing.price_share"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        plan(tmp_path, text)

    assert key in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "modelmuxer.yaml"))


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("  preset: cheap", "balanced, economy, fast or quality"),
        ("  rules: [{name: a, action: ban, models: ['*']}]", "forbid, prefer or require"),
        (
            f"  rules: [{RULE}}}, {{name: b, action: forbid, models: ['*'], when: {{intents: [vision, poetry]}}}}]",
            "chat_lite, code_gen, deep_reason, json_extract, safety_risk, translation or vision",
        ),
    ],
)
def test_a_word_that_is_none_of_a_few_is_refused_with_what_it_may_be(tmp_path: Path, text: str, choices: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        plan(tmp_path, text)

    assert str(caught.value).endswith(f": it may be {choices}")


def test_a_rule_without_conditions_is_for_every_request(tmp_path: Path) -> None:
    assert policy(plan(tmp_path, f"  rules: [{RULE}, when: {{}}}}]")).rules == (
        RoutingRule(name="a", action="forbid", models=("*",)),
    )


@pytest.mark.parametrize(("usd", "fits"), [("1e-12", True), ("9e-13", False), ("1e-300", False)])
def test_a_cost_limit_that_would_come_to_nothing_is_refused(usd: str, fits: bool) -> None:
    environment = Environment({"MAX_ESTIMATED_USD_PER_REQUEST": usd})
    if fits:
        assert policy(read_plan(environment, "")).max_cost == 1
    else:
        with pytest.raises(SettingsInvalid, match="MAX_ESTIMATED_USD_PER_REQUEST"):
            environment.settings()


def test_globs_and_tenants_that_nothing_bears_are_pointed_out(tmp_path: Path) -> None:
    text = "  rules: [{name: a, action: forbid, models: ['mistral:*', 'mistal:*'], when: {tenants: [legal, sales]}}]"

    warnings = plan(tmp_path, text, MODELMUXER_API_KEYS="legal:secret").warnings

    assert [w for w in warnings if "routing" in w] == [
        "routing.rules[0] (a): mistal:* matches no model",
        "routing.rules[0] (a): no API key is named sales",
    ]


def test_a_rule_can_name_every_intent_that_there_is() -> None:
    assert set(get_args(config_file.Intent)) == set(intent.LABELS)
