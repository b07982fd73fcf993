"""A model that nobody here wrote, behind the whole product: real tokens, real streams, real cancellation."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from tests.cli.processes import run, until
from tests.local.conftest import KEY, KEYS, LOCAL, OWN, PROGRAM

pytestmark = [pytest.mark.xdist_group("local"), pytest.mark.timeout(180)]

HELLO: Any = [{"role": "user", "content": "Say hello."}]

END_OF_TURN = "2"
"""The token with which this model ends an answer."""


@pytest.fixture
def client(by_configuration):
    with OpenAI(base_url=f"{by_configuration.rest}/v1", api_key="any", max_retries=0, timeout=60) as client:
        yield client


def test_it_answers_with_its_usage_and_the_price_of_that(asked):
    answer = asked.face.complete(asked.model, "What is the capital of France?", max_tokens=8, temperature=0)

    assert answer.text
    assert answer.model == asked.model
    assert answer.finish_reason in ("stop", "length")
    assert answer.prompt_tokens == 37  # with the system prompt of its own template
    assert 0 < answer.completion_tokens <= 8
    assert answer.cost_pico_usd == 37 * asked.input_rate + answer.completion_tokens * asked.output_rate


def test_it_streams_token_by_token(asked):
    with asked.face.stream(asked.model, "Count from one to ten.", max_tokens=8, temperature=0) as stream:
        pieces = list(stream)

    texts = [piece.text for piece in pieces if piece.text]
    assert len(texts) > 1
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] in (["length"], ["stop"])
    assert len(texts) <= (pieces[-1].completion_tokens or 0) <= 8


def test_it_keeps_to_a_schema(asked):
    schema = {
        "type": "object",
        "properties": {"city": {"enum": ["Paris", "Rome"]}, "capital": {"type": "boolean"}},
        "required": ["city", "capital"],
        "additionalProperties": False,
    }
    answer = asked.face.complete(asked.model, "Name a city as JSON.", schema=schema, max_tokens=64, temperature=0)

    assert set(json.loads(answer.text)) == {"city", "capital"}
    assert json.loads(answer.text)["city"] in ("Paris", "Rome")


def test_it_stops_writing_as_soon_as_nobody_reads(asked, model_url):
    def writing() -> bool:
        return any(slot["is_processing"] for slot in httpx.get(f"{model_url}/slots", timeout=10).json())

    until(lambda: not writing())
    # That it may not end its answer keeps it busy for half a minute at least.
    with asked.face.stream(asked.model, "Tell me a story.", max_tokens=2000, logit_bias={END_OF_TURN: -100}) as stream:
        for _ in zip(range(3), stream, strict=False):
            pass
        assert writing()

    until(lambda: not writing(), 5)


def test_two_are_answered_at_the_same_time(asked, model_url):
    with (
        asked.face.stream(asked.model, "Tell me a story.", max_tokens=500, logit_bias={END_OF_TURN: -100}) as first,
        asked.face.stream(asked.model, "Tell me a joke.", max_tokens=4) as second,
    ):
        assert next(first)
        assert list(second)[-1].completion_tokens
        assert next(first)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"tools": [{"type": "function", "function": {"name": "weather"}}]}, "no_capable_model"),
        ({"max_tokens": 2049}, "invalid_value"),
        ({"n": 2}, "unsupported_parameter"),
    ],
)
def test_what_the_model_cannot_do_is_refused_before_it_is_asked(beside_the_simulator, options, code):
    with (
        OpenAI(base_url=f"{beside_the_simulator.rest}/v1", api_key="any", max_retries=0) as client,
        pytest.raises(openai.BadRequestError) as refused,
    ):
        client.chat.completions.create(model=LOCAL, messages=HELLO, **options)

    assert refused.value.code == code


def test_with_nothing_else_configured_automatic_routing_picks_it(client):
    answer = client.chat.completions.create(model="auto", messages=HELLO, max_tokens=4)

    routing = answer.model_extra["router_metadata"]
    assert f"{routing['selected_provider']}:{routing['selected_model']}" == OWN
    assert routing["simulated"] is False


def test_a_model_that_the_configuration_does_not_name_is_not_there(client):
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="in-house:gpt-9", messages=HELLO)

    assert refused.value.code == "model_not_found"


def test_the_program_in_the_docs_works(by_configuration):
    program = PROGRAM.replace("http://127.0.0.1:8000", by_configuration.rest)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=90, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("}")


def test_a_provider_of_ones_own_is_listed_and_checked(client, configuration):
    model = client.models.retrieve(OWN)
    checked = run("check", "--live", "--config", str(configuration), variables=KEYS, timeout=120)

    assert model.model_extra["price"] == {"input_per_mtok_usd": 0.1, "output_per_mtok_usd": 0.4}
    assert model.model_extra["capabilities"]["max_input_tokens"] == 8192
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "IN_HOUSE_API_KEY is set" in checked.stdout
    assert re.search(r"ok +in-house +qwen3-8b +\d", checked.stdout)
    assert KEY not in checked.stdout + checked.stderr


def test_without_a_key_the_simulator_stands_in_for_all_but_the_local_model(beside_the_simulator):
    models = httpx.get(f"{beside_the_simulator.rest}/v1/models").json()["data"]

    assert {"local", "openai", "anthropic"} <= {model["owned_by"] for model in models if model["available"]}
    assert "Answers are simulated" in beside_the_simulator.output
    assert LOCAL in beside_the_simulator.output
