"""`modelmuxer models`: the catalogue as a table."""

from __future__ import annotations

from pathlib import Path

from google.protobuf.json_format import MessageToJson
from rich.table import Table

from muxer.app import current_view
from muxer.cli.plans import plan_to_try
from muxer.cli.screen import screen
from muxer.service.models import list_models

_ABILITIES = ("vision", "tools", "json_schema", "reasoning")


def run(config: Path | None, *, as_json: bool) -> int:
    """Prints every model: price, limits, abilities, and whether it can be asked for now."""
    plan = plan_to_try(config)
    models = list_models(current_view(plan), include_unavailable=True)
    if as_json:
        console = screen()
        for model in models:
            console.out(MessageToJson(model, preserving_proto_field_name=True, indent=None))
        return 0
    table = Table(box=None, pad_edge=False, header_style="bold", title="USD per million tokens", title_justify="left")
    table.add_column("model", no_wrap=True)
    for name in ("input", "output", "context"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("abilities")
    table.add_column("state")
    for model in models:
        able = ", ".join(a for a in _ABILITIES if getattr(model.capabilities, a))
        limit = model.capabilities.max_input_tokens
        table.add_row(
            model.id,
            f"{model.price.input_per_mtok_usd:g}" if model.HasField("price") else "",
            f"{model.price.output_per_mtok_usd:g}" if model.HasField("price") else "",
            f"{limit:,}" if limit else "",
            able,
            "[green]ready[/]" if model.available else model.unavailable_reason,
            style="" if model.available else "dim",
        )
    screen().print(table)
    return 0
