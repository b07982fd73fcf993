"""The SDKs of Mistral, Google, Groq, Cohere and Together: they read what the simulator writes, and write what we do."""

from __future__ import annotations

import asyncio
import json
import re
import warnings
from collections.abc import Callable
from typing import Any

import cohere
import groq
import httpx
import pytest
import together
from google import genai
from mistralai.client import Mistral
from muxer.plan import read_plan
from muxer.ports import Timeouts
from muxer.providers.client import HttpProviderClient
from muxer.providers.provider_rows import PROVIDERS
from muxer.providers.transport import transport
from muxer.settings import Environment
from muxer.simulator import Simulator
from muxer.types.chat import ChatRequest, Message, Tool, ToolChoice

MODELS = read_plan(Environment({}), "").prices.catalog.models
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"name": "weather", "description": "Weather of a city", "parameters": SCHEMA}
OPENAI_TOOL = {"type": "function", "function": FUNCTION}
ASK = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Weather in Oslo?"}]


def mistral(sim: Simulator, stream: bool) -> Any:
    with Mistral(api_key="k", server_url=sim.base_url("mistral").removesuffix("/v1")) as client:
        ask: Any = {"model": "mistral-small-2603", "messages": ASK, "max_tokens": 2000, "temperature": 0.5,
                    "random_seed": 7, "stop": ["END"], "tools": [OPENAI_TOOL], "tool_choice": "required"}  # fmt: skip
        return [e.data for e in client.chat.stream(**ask)] if stream else client.chat.complete(**ask)


def groq_(sim: Simulator, stream: bool) -> Any:
    with groq.Groq(api_key="k", base_url=sim.base_url("groq").removesuffix("/openai/v1"), max_retries=0) as client:
        ask: Any = {"model": "openai/gpt-oss-20b", "messages": ASK, "max_completion_tokens": 2000, "temperature": 0.5,
                    "seed": 7, "stop": ["END"], "tools": [OPENAI_TOOL], "tool_choice": "required"}  # fmt: skip
        if not stream:
            return client.chat.completions.create(**ask)
        return list(
            client.chat.completions.create(**ask, stream=True, extra_body={"stream_options": {"include_usage": True}})
        )


def together_(sim: Simulator, stream: bool) -> Any:
    with together.Together(api_key="k", base_url=sim.base_url("together").removesuffix("/v1"), max_retries=0) as client:
        ask: Any = {"model": "openai/gpt-oss-120b", "messages": ASK, "max_tokens": 2000, "temperature": 0.5,
                    "seed": 7, "stop": ["END"], "tools": [OPENAI_TOOL], "tool_choice": "required"}  # fmt: skip
        return (
            list(client.chat.completions.create(**ask, stream=True))
            if stream
            else client.chat.completions.create(**ask)
        )


def cohere_(sim: Simulator, stream: bool) -> Any:
    with httpx.Client() as http:  # the SDK never closes one of its own
        client = cohere.ClientV2(api_key="k", base_url=sim.base_url("cohere"), httpx_client=http)
        return _ask_cohere(client, stream)


def _ask_cohere(client: cohere.ClientV2, stream: bool) -> Any:
    ask: Any = {"model": "command-a-03-2025", "messages": ASK, "max_tokens": 2000, "temperature": 0.5, "seed": 7,
                "stop_sequences": ["END"], "tools": [OPENAI_TOOL], "tool_choice": "REQUIRED"}  # fmt: skip
    return list(client.chat_stream(**ask)) if stream else client.chat(**ask)


def google(sim: Simulator, stream: bool) -> Any:
    types = genai.types
    declared = types.FunctionDeclaration(name="weather", description="Weather of a city", parameters_json_schema=SCHEMA)
    choice = types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.ANY)
    config = types.GenerateContentConfig(
        system_instruction="Be brief", max_output_tokens=2000, temperature=0.5, seed=7, stop_sequences=["END"],
        tools=[types.Tool(function_declarations=[declared])],
        tool_config=types.ToolConfig(function_calling_config=choice),
    )  # fmt: skip
    ask: Any = {"model": "gemini-2.5-flash", "contents": "Weather in Oslo?", "config": config}
    with genai.Client(api_key="k", http_options=types.HttpOptions(base_url=sim.base_url("google"))) as client:
        return list(client.models.generate_content_stream(**ask)) if stream else client.models.generate_content(**ask)


SDKS: dict[str, tuple[Callable[[Simulator, bool], Any], str]] = {
    "mistral": (mistral, "mistral-small-2603"),
    "groq": (groq_, "openai/gpt-oss-20b"),
    "together": (together_, "openai/gpt-oss-120b"),
    "cohere": (cohere_, "command-a-03-2025"),
    "google": (google, "gemini-2.5-flash"),
}
OURS = ChatRequest(
    (Message("system", "Be brief"), Message("user", "Weather in Oslo?")),
    max_tokens=2000, temperature=0.5, seed=7, stop=("END",),
    tools=(Tool("weather", "Weather of a city", json.dumps(SCHEMA)),),
    tool_choice=ToolChoice("required"),
)  # fmt: skip


def bare(value: Any) -> Any:
    """Without nulls, defaults that mean nothing, and what says the same in two ways."""
    if isinstance(value, dict):
        kept = {k: bare(v) for k, v in value.items() if v is not None and not (k == "stream" and v is False)}
        if "parameters_json_schema" in kept:  # Google takes both spellings, and its SDK mixes them
            kept["parametersJsonSchema"] = kept.pop("parameters_json_schema")
        return {k: v for k, v in kept.items() if not (k == "role" and v == "user" and "parts" in kept)}
    if isinstance(value, list):
        return [bare(v) for v in value]
    return value


async def by_sdk(sim: Simulator, provider: str, stream: bool) -> Any:
    def call() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return SDKS[provider][0](sim, stream)

    return await asyncio.to_thread(call)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("provider", SDKS)
async def test_the_sdk_reads_what_the_simulator_writes(provider, stream):
    async with Simulator.start() as sim:
        answer = await by_sdk(sim, provider, stream)
        call = sim.record.last

    said = "".join(str(piece) for piece in answer) if stream else str(answer)
    assert call.status == 200
    assert "weather" in said
    # Gemini counts thoughts apart from the answer, the others within it.
    counted = call.billed.output - (call.billed.reasoning if provider == "google" else 0)
    assert re.search(rf"(?<!\d){counted}(?!\d)", said)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("provider", SDKS)
async def test_our_request_is_the_one_that_the_sdk_sends(provider, stream):
    model = MODELS[f"{provider}:{SDKS[provider][1]}"]
    async with Simulator.start() as sim:
        await by_sdk(sim, provider, stream)
        theirs = sim.record.last
        wire = transport("aiohttp")
        try:
            client = HttpProviderClient(wire)
            row = PROVIDERS[provider].spec("k", base_url=sim.base_url(provider))
            if stream:
                async with client.stream(OURS, row, model, Timeouts()) as batches:
                    async for _ in batches:
                        pass
            else:
                await client.complete(OURS, row, model, Timeouts())
        finally:
            await wire.close()
        ours = sim.record.last

    assert ours.serial != theirs.serial
    assert bare(ours.body) == bare(theirs.body)
    assert ours.path.replace("/v1beta/", "/v1/") == theirs.path.replace("/v1beta/", "/v1/")
