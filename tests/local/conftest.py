"""One local model for all tests here, asked through two products: as `up --local` runs it, and as the provider that
docs/providers-of-your-own.md adds by configuration alone, an eighth one that nobody has heard of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from msgspec import Struct
from openai import OpenAI

from tests.cli.processes import Up, up
from tests.docs.pages import REPOSITORY, blocks
from tests.local.faces import Face, Grpc, Rest

LOCAL = "local:smollm2-135m-instruct"
OWN = "in-house:qwen3-8b"
"""What the page calls it; llama.cpp answers to any name."""

KEY = "in-house-canary-0123456789"
KEYS = {"IN_HOUSE_API_KEY": KEY}

PAGE = REPOSITORY / "docs/providers-of-your-own.md"
EXAMPLE = next(block.text for block in blocks(PAGE) if block.language == "yaml")
PROGRAM = next(block.text for block in blocks(PAGE) if block.text.startswith("from openai"))


class Asked(Struct, frozen=True):
    """Whom a test asks: a face of a product, for a model, at a price in pico-USD per token."""

    face: Face
    model: str
    input_rate: int
    output_rate: int


@pytest.fixture(scope="session")
def beside_the_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`modelmuxer up --local` without any key."""
    with up(tmp_path_factory.mktemp("local"), "--local") as running:
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="session")
def model_url(beside_the_simulator: Up) -> str:
    """Where the model itself listens."""
    found = re.search(r"local +\| \S+ listening on (\S+)", beside_the_simulator.output)
    assert found is not None
    return found[1]


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory, model_url: str) -> Path:
    """The page's file, with the model's address in it."""
    file = tmp_path_factory.mktemp("own") / "modelmuxer.yaml"
    assert "http://127.0.0.1:8081/" in EXAMPLE
    file.write_text(EXAMPLE.replace("http://127.0.0.1:8081/", f"{model_url}/"))
    return file


@pytest.fixture(scope="session")
def by_configuration(configuration: Path) -> Iterator[Up]:
    """`modelmuxer up` with that provider alone."""
    with up(configuration.parent, "--config", str(configuration), variables=KEYS) as running:
        yield running
        assert running.stop() == 0
        assert KEY not in running.output


@pytest.fixture(scope="session", params=[LOCAL, OWN])
def product(request: pytest.FixtureRequest) -> tuple[Up, str]:
    """A running product, and the id that the real model has there."""
    name = {LOCAL: "beside_the_simulator", OWN: "by_configuration"}[request.param]
    return request.getfixturevalue(name), request.param


@pytest.fixture(params=["REST", "gRPC"])
def asked(request: pytest.FixtureRequest, product: tuple[Up, str]) -> Iterator[Asked]:
    """The real model, behind each product and each face."""
    running, model = product
    rates = {LOCAL: (0, 0), OWN: (100_000, 400_000)}[model]
    if request.param == "REST":
        with OpenAI(base_url=f"{running.rest}/v1", api_key="any", max_retries=0, timeout=60) as client:
            yield Asked(Rest(client), model, *rates)
    else:
        with grpc.insecure_channel(running.grpc) as channel:
            yield Asked(Grpc(channel), model, *rates)
