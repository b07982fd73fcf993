"""Writes docs/providers.md: which features of a chat request each built-in provider takes.

Nothing in the table is typed: every cell is found by putting a request with the feature to each priced model of the
provider, through the same capability check and the same dialect as the server. The best outcome counts.

Exit status: 0 all is well, 1 with `--check` when the page is stale.
"""

from __future__ import annotations

import argparse
import enum
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from muxer.core.capability import lacks, needs
from muxer.errors import MuxerError, Reason
from muxer.plan import read_plan
from muxer.ports import ProviderSpec
from muxer.providers.provider_rows import PROVIDERS
from muxer.providers.registry import dialect_for
from muxer.settings import Environment
from muxer.types.catalog import ModelSpec
from muxer.types.chat import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    Part,
    ResponseFormat,
    TextPart,
    Tool,
    ToolCall,
    ToolChoice,
)
from rich.console import Console
from rich.table import Table

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = Path("docs/providers.md")

INTRODUCTION = """\
# Providers

What each built-in provider takes of a chat request. Written by `tools/provider_table.py` out of the provider rows, the
dialects and the price table: every cell is found by encoding such a request for the provider's models. Servers that
speak one of these dialects are added by configuration: [Providers of your own](providers-of-your-own.md).

"""

LEGEND = """
## Features

| word | meaning |
|---|---|
| supported | sent to the provider, for at least one of its models with a price |
| ignored | a hint that is left out; the header `x-router-dropped-params` names it, if it is a field that the router reads (`prompt_cache_key` is not: it is passed through) |
| rejected | cannot be said to the provider, and an answer without it would not be right: such a request goes to another model, or is answered with 400 `unsupported_parameter` |
| not offered | no model of the provider with a price has the ability |

"""  # noqa: E501


class Outcome(enum.IntEnum):
    """What becomes of a feature, the best last."""

    NOT_OFFERED = 0
    REJECTED = 1
    IGNORED = 2
    SUPPORTED = 3

    @property
    def word(self) -> str:
        """As the page says it."""
        return self.name.lower().replace("_", " ")


STYLES = {
    Outcome.SUPPORTED: "green",
    Outcome.IGNORED: "yellow",
    Outcome.REJECTED: "red",
    Outcome.NOT_OFFERED: "dim",
}


class Feature(Struct, frozen=True):
    """One row of the table: a request that has the feature.

    `reasons` is for what only models that reason can honour. `mark` is for what no one reports as left out: the feature
    counts as ignored unless these bytes are in the body.
    """

    name: str
    request: ChatRequest
    stream: bool = False
    reasons: bool = False
    mark: bytes = b""


USER = Message("user", "Hi")
SCHEMA = '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}'
WEATHER = Tool("weather", "Tells the weather.", SCHEMA)
TIME = Tool("time")
TOOLS = (WEATHER, TIME)
PIXEL = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0="
CACHE_KEY = b'{"model":"auto","messages":[{"role":"user","content":"Hi"}],"prompt_cache_key":"the-key"}'


def _with(**fields: Any) -> ChatRequest:
    return ChatRequest((USER,), **fields)


def _part(part: Part) -> ChatRequest:
    return ChatRequest((Message("user", parts=(TextPart("What is this?"), part)),))


FEATURES = (
    Feature("plain text", _with()),
    Feature("stream", _with(), stream=True),
    Feature("system message", ChatRequest((Message("system", "Be brief."), USER))),
    Feature("name of a speaker", ChatRequest((Message("user", "Hi", name="ann"),))),
    Feature("image by URL", _part(ImagePart("https://images.example/cat.png"))),
    Feature("image inline", _part(ImagePart(PIXEL))),
    Feature("audio", _part(AudioPart("UklGRg==", "wav"))),
    Feature("file inline", _part(FilePart(file_data=PDF))),
    Feature("file by id", _part(FilePart(file_id="https://files.example/a-file"))),
    Feature("tools", _with(tools=TOOLS)),
    Feature(
        "tool results",
        ChatRequest(
            (
                USER,
                Message("assistant", tool_calls=(ToolCall("call_1", "time", "{}"),)),
                Message("tool", "12:00", tool_call_id="call_1"),
            ),
            tools=TOOLS,
        ),
    ),
    Feature("parallel tool calls off", _with(tools=TOOLS, parallel_tool_calls=False)),
    Feature("tool choice `none`", _with(tools=TOOLS, tool_choice=ToolChoice("none"))),
    Feature("tool choice `required`", _with(tools=TOOLS, tool_choice=ToolChoice("required"))),
    Feature("tool choice, one named", _with(tools=TOOLS, tool_choice=ToolChoice("named", ("time",)))),
    Feature("tool choice, some allowed", _with(tools=TOOLS, tool_choice=ToolChoice("allowed", ("time",)))),
    Feature("custom tools", _with(tools=(Tool("sql", "Runs SQL.", kind="custom"),))),
    Feature("JSON mode", _with(response_format=ResponseFormat("json_object"))),
    Feature("JSON schema", _with(response_format=ResponseFormat("json_schema", "place", schema=SCHEMA))),
    Feature("`max_completion_tokens`", _with(max_tokens=77)),
    Feature("`temperature`", _with(temperature=0.5)),
    Feature("`top_p`", _with(top_p=0.5)),
    Feature("`stop`", _with(stop=("END",))),
    Feature("`seed`", _with(seed=7)),
    Feature("`n` above 1", _with(n=2)),
    Feature("`logprobs`", _with(logprobs=True)),
    Feature("`top_logprobs`", _with(logprobs=True, top_logprobs=4)),
    Feature("`logit_bias`", _with(logit_bias={"50256": -100.0})),
    Feature("`presence_penalty`", _with(presence_penalty=0.5)),
    Feature("`frequency_penalty`", _with(frequency_penalty=0.5)),
    Feature("`reasoning_effort`", _with(reasoning_effort="high"), reasons=True),
    Feature("`verbosity`", _with(verbosity="low")),
    Feature("`user`", _with(user="someone")),
    Feature("`metadata`", _with(metadata={"k": "v"})),
    Feature("`service_tier`", _with(service_tier="flex")),
    Feature("`prompt_cache_key`", _with(raw=CACHE_KEY), mark=b"the-key"),
)


def outcome(feature: Feature, provider: ProviderSpec, model: ModelSpec) -> Outcome:
    """What becomes of the feature at one model, as the server would have it."""
    able = model.capabilities
    if needs(feature.request) & lacks(able) or (feature.reasons and not able.reasoning):
        return Outcome.NOT_OFFERED
    dialect = dialect_for(feature.request, provider, model)
    try:
        body = dialect.encode(feature.request, provider, model, stream=feature.stream).body
    except MuxerError as error:
        if error.reason is not Reason.UNSUPPORTED_PARAMETER:
            raise
        return Outcome.REJECTED
    if dialect.dropped(feature.request, provider, model) or feature.mark not in body:
        return Outcome.IGNORED
    return Outcome.SUPPORTED


def outcomes() -> Mapping[str, Mapping[str, Outcome]]:
    """By feature and provider: the best that any priced model of the provider does."""
    models = read_plan(Environment({}), "").prices.catalog.models.values()
    found: dict[str, dict[str, Outcome]] = {}
    for feature in FEATURES:
        found[feature.name] = {
            row.name: max(
                (outcome(feature, row.spec(""), model) for model in models if model.provider == row.name),
                default=Outcome.NOT_OFFERED,
            )
            for row in PROVIDERS.values()
        }
    return found


def page(table: Mapping[str, Mapping[str, Outcome]]) -> str:
    """The text of docs/providers.md."""
    where = ["| provider | dialect | address | key |", "|---|---|---|---|"]
    where += [f"| `{r.name}` | `{r.dialect}` | `{r.base_url}` | `{r.key_variable}` |" for r in PROVIDERS.values()]
    what = [f"| feature | {' | '.join(PROVIDERS)} |", "|---" * (len(PROVIDERS) + 1) + "|"]
    what += [f"| {name} | {' | '.join(found.word for found in row.values())} |" for name, row in table.items()]
    return INTRODUCTION + "\n".join(where) + "\n" + LEGEND + "\n".join(what) + "\n"


def screen(table: Mapping[str, Mapping[str, Outcome]]) -> Table:
    """The features as a table for a terminal."""
    shown = Table("feature", *PROVIDERS, box=None, pad_edge=False)
    for name, row in table.items():
        shown.add_row(name.replace("`", ""), *(f"[{STYLES[found]}]{found.word}[/]" for found in row.values()))
    return shown


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, say whether the page is stale")
    options = parser.parse_args(arguments)
    table = outcomes()
    place, content = REPOSITORY / PAGE, page(table)
    stale = not place.exists() or place.read_text(encoding="utf-8") != content
    if not options.check:
        Console(highlight=False).print(screen(table))
        place.write_text(content, encoding="utf-8")
    if stale:
        print(f"{'stale' if options.check else 'written'}: {PAGE}")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
