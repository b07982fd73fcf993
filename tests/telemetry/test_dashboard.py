from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest
from muxer.telemetry.metrics import Metrics
from muxer.types.chat import Usage
from muxer.types.decision import Intent
from muxer.types.money import PicoUsd
from prometheus_client import CollectorRegistry

DASHBOARD = json.loads((Path(__file__).parents[2] / "grafana" / "modelmuxer.json").read_text())
PANELS = DASHBOARD["panels"]
TARGETS = [(panel["title"], target) for panel in PANELS for target in panel.get("targets", ())]

METRIC = re.compile(r"\b(?:modelmuxer|process)_\w+")
SELECTOR = re.compile(r"\b((?:modelmuxer|process)_\w+)\{([^}]*)\}")
GROUPING = re.compile(r"\bby \(([^)]*)\)")
OF_THE_SCRAPE = {"job", "instance"}


@pytest.fixture(scope="module")
def labels() -> dict[str, set[str]]:
    """The labels of every sample that the server can expose, by the sample's name."""
    registry = CollectorRegistry()
    metrics = Metrics(registry, models=["p:m"], providers=["p"], version="1")
    metrics.request_started("Route")
    metrics.request_finished("Route", "OK", 1.0)
    metrics.decided("Route", 1.0)
    metrics.cost_estimated("Route", "p:m", PicoUsd(1), within_budget=True)
    metrics.budget_exceeded("Route", "server_limit")
    metrics.intent_classified(Intent("vision", 0.9, "rules"))
    metrics.intent_asked("answered")
    metrics.attempt_finished("p:m", "ok", 1.0)
    metrics.first_token("p:m", 1.0)
    metrics.fell_back("p:m", "provider_error")
    metrics.answered("p:m", Usage(prompt_tokens=1), PicoUsd(1))
    metrics.estimate_compared("p:m", "cost", 1.0, 1.0, {"p90": 1.0})
    samples = [sample for metric in registry.collect() for sample in metric.samples]
    return {sample.name: set(sample.labels) | OF_THE_SCRAPE for sample in samples}


@pytest.mark.parametrize(("panel", "target"), TARGETS)
def test_a_panel_asks_for_metrics_and_labels_that_the_server_has(labels, panel, target):
    expression = target["expr"]
    names = METRIC.findall(expression)
    assert names
    assert set(names) <= labels.keys()
    for name, matchers in SELECTOR.findall(expression):
        assert set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", matchers)) <= labels[name]
    for group in GROUPING.findall(expression):
        assert {label.strip() for label in group.split(",")} <= set.intersection(*(labels[name] for name in names))


@pytest.mark.parametrize(("panel", "target"), TARGETS)
def test_a_panels_query_is_whole(panel, target):
    expression = target["expr"]
    variables = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    assert [expression.count(left) - expression.count(right) for left, right in ("()", "{}", "[]")] == [0, 0, 0]
    assert set(re.findall(r"\$(\w+)", expression)) <= variables | {"__rate_interval", "__range"}


@pytest.mark.parametrize(("panel", "target"), TARGETS)
def test_a_legend_names_labels_that_the_query_leaves(labels, panel, target):
    expression = target["expr"]
    grouped = {label.strip() for group in GROUPING.findall(expression) for label in group.split(",")}
    left = grouped if grouped else set.intersection(*(labels[name] for name in METRIC.findall(expression)))
    assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= left


def test_the_variables_are_filled_from_metrics_that_the_server_has(labels):
    queries = [v["query"]["query"] for v in DASHBOARD["templating"]["list"] if v["type"] == "query"]
    for query in queries:
        name, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", query).groups()
        assert label in labels[name]


def test_every_metric_of_the_servers_own_is_on_the_dashboard(labels):
    asked = {re.sub(r"_(total|bucket|sum|count)$", "", name) for _, t in TARGETS for name in METRIC.findall(t["expr"])}
    own = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in labels if name.startswith("modelmuxer_")}
    assert own <= asked


def test_the_panels_have_their_own_ids_and_do_not_overlap():
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    cells = [
        (x, y)
        for grid in (panel["gridPos"] for panel in PANELS)
        for x, y in itertools.product(range(grid["x"], grid["x"] + grid["w"]), range(grid["y"], grid["y"] + grid["h"]))
    ]
    assert len(set(cells)) == len(cells)
    assert {x for x, _ in cells} == set(range(24))


def test_every_panel_says_what_it_shows():
    assert [panel["title"] for panel in PANELS if panel["type"] != "row" and not panel.get("description")] == []
