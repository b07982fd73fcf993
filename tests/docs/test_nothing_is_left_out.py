"""What the pages list is what there is: commands, variables, providers, errors, RPCs, metrics."""

from __future__ import annotations

import re

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from modelmuxer.v1 import error_reason_pb2
from muxer.assets import asset
from muxer.cli.main import app
from muxer.errors import Reason
from muxer.providers.provider_rows import PROVIDERS
from muxer.service.status import TABLE
from muxer.settings import VARIABLES
from muxer.telemetry.metrics import Metrics
from prometheus_client import CollectorRegistry

from tests.docs.pages import GUIDE, PAGES, README, REPOSITORY, table, words
from tools.breaking import bindings
from tools.env_example import text

API = REPOSITORY / "docs/api.md"
ERRORS = REPOSITORY / "docs/errors.md"
OPERATIONS = REPOSITORY / "docs/operations.md"

OTHER_CAPITALS = {"NOT_SERVING", "ERROR_REASON_", "MODELMUXER_", "IN_HOUSE_API_KEY"}
"""Words in capitals that are neither variables nor codes: a state of health, prefixes, a variable of an example."""


def test_every_command_is_in_the_guide() -> None:
    guide = "".join(page.read_text(encoding="utf-8") for page in GUIDE)
    commands = [c.name or (c.callback.__name__ if c.callback else "") for c in app.registered_commands if not c.hidden]
    commands += [str(group.name) for group in app.registered_groups]

    assert [name for name in commands if f"modelmuxer {name}" not in guide] == []


def test_every_command_that_the_guide_names_is_there() -> None:
    guide = "".join(page.read_text(encoding="utf-8") for page in GUIDE)
    commands = {c.name or (c.callback.__name__ if c.callback else "") for c in app.registered_commands}
    commands |= {str(group.name) for group in app.registered_groups}

    assert set(re.findall(r"(?:`|\$ |^)modelmuxer ([a-z]+)", guide, re.MULTILINE)) <= commands


def test_every_word_in_capitals_is_a_variable_or_a_code() -> None:
    variables = {v.name for v in VARIABLES} | {row.key_variable for row in PROVIDERS.values()}
    codes = {code.name for code in grpc.StatusCode} | {reason.name for reason in Reason}
    known = variables | codes | OTHER_CAPITALS

    found = {
        word for page in PAGES for word in re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]*", page.read_text(encoding="utf-8"))
    }

    assert found - known == set()


def test_the_defaults_in_the_readme_are_the_real_ones() -> None:
    defaults = {v.name: text(v.default) for v in VARIABLES}
    shown = {words(row[0])[0]: "".join(words(row[1])) for row in table(README, "variable", "default")[1:]}

    assert shown == {name: defaults[name] for name in shown}


def test_the_readme_names_every_provider() -> None:
    readme = README.read_text(encoding="utf-8").lower()

    assert [name for name in PROVIDERS if name not in readme] == []


def test_every_reason_has_a_row_with_its_codes() -> None:
    rows = {
        words(row[0])[0]: (int(row[1]), words(row[2])[0], row[3])
        for row in table(ERRORS, "`error.code`", "HTTP", "`error.type`")
    }

    assert rows == {reason.value: (known.http, known.type, known.code.name) for reason, known in TABLE.items()}


def test_every_reason_of_the_contract_is_one_of_these() -> None:
    reasons = {f"ERROR_REASON_{reason.name}" for reason in TABLE}

    assert set(error_reason_pb2.ErrorReason.keys()) - {"ERROR_REASON_UNSPECIFIED"} == reasons


def test_the_errors_in_the_readme_have_their_codes() -> None:
    by_code = {reason.value: known for reason, known in TABLE.items()}
    rows = table(README, "case", "HTTP")

    assert rows
    for _, http, type_and_code, status in rows:
        kind, code = words(type_and_code)
        assert (int(http), kind, status) == (by_code[code].http, by_code[code].type, by_code[code].code.name)


def test_every_rpc_stands_in_the_api_with_its_path() -> None:
    descriptors = asset("envoy/modelmuxer.binpb").read_bytes()
    methods = {
        f"{service.name}.{method.name}"
        for file in FileDescriptorSet.FromString(descriptors).file
        for service in file.service
        for method in service.method
    }
    paths = {rpc.rpartition("v1.")[2]: f"{verb} {path}" for (verb, path, _), rpc in bindings(descriptors).items()}
    rows = {words(row[0])[0]: "".join(words(row[1])) for row in table(API, "RPC", "REST") if row[0].startswith("`")}
    rows.pop("grpc.health.v1.Health")

    assert rows == {method: paths.get(method, "") for method in methods}


def test_every_metric_stands_in_operations_with_its_labels() -> None:
    rows = {words(row[0])[0]: set(words(row[1])) for row in table(OPERATIONS, "metric", "labels")}
    registry = CollectorRegistry()
    Metrics(registry, models=(), providers=(), version="0")
    names = {
        family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
        for family in registry.collect()
        if family.name.startswith("modelmuxer_")
    }

    assert rows.keys() == names
