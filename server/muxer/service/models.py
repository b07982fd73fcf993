"""The models that can be asked for, as the API lists them."""

from __future__ import annotations

import calendar
import datetime as dt

from modelmuxer.v1 import model_pb2

from muxer.core.cost import price_at
from muxer.errors import MuxerError, Reason
from muxer.service.bounds import PRESETS
from muxer.types.catalog import ModelSpec
from muxer.types.decision import View

_MTOK_PER_USD = 1e6
"""A rate is micro-USD per million tokens."""

AUTOMATIC = ("auto", *[f"auto:{preset}" for preset in PRESETS if preset != "balanced"])


def list_models(view: View, *, include_unavailable: bool) -> list[model_pb2.Model]:
    """`auto` and its presets, then the models by name."""
    usable = any(state.usable for state in view.providers.values())
    automatic = [_automatic(name, usable=usable) for name in AUTOMATIC]
    models = [_model(model, view) for model in view.catalog.models.values()]
    return [m for m in (*automatic, *models) if include_unavailable or m.available]


def get_model(view: View, name: str) -> model_pb2.Model:
    """One model, available or not. Raises `MuxerError` MODEL_NOT_FOUND."""
    found = next((m for m in list_models(view, include_unavailable=True) if m.id == name), None)
    if found is None:
        raise MuxerError(
            Reason.MODEL_NOT_FOUND,
            f"The model `{name[:256]}` does not exist",
            field="id",
            details={"model": name[:256]},
        )
    return found


def _automatic(name: str, *, usable: bool) -> model_pb2.Model:
    return model_pb2.Model(
        id=name,
        object="model",
        owned_by="modelmuxer",
        available=usable,
        unavailable_reason="" if usable else "no provider can be used",
    )


def _model(model: ModelSpec, view: View) -> model_pb2.Model:
    state = view.providers.get(model.provider)
    rates = price_at(model, view.today).rates
    able = model.capabilities
    price = model_pb2.Price(
        input_per_mtok_usd=rates.input / _MTOK_PER_USD, output_per_mtok_usd=rates.output / _MTOK_PER_USD
    )
    if rates.cached_input is not None:
        price.cached_input_per_mtok_usd = rates.cached_input / _MTOK_PER_USD
    if rates.cache_write is not None:
        price.cache_write_per_mtok_usd = rates.cache_write / _MTOK_PER_USD
    return model_pb2.Model(
        id=model.id,
        object="model",
        created=_seconds(model.checked),
        owned_by=model.provider,
        available=state is not None and state.usable,
        unavailable_reason="provider is not configured" if state is None else state.reason,
        price=price,
        capabilities=model_pb2.Capabilities(
            max_input_tokens=model.max_input_tokens or model.context_window,
            max_output_tokens=model.max_output_tokens,
            vision=able.vision,
            tools=able.tools,
            json_schema=able.json_schema,
            reasoning=able.reasoning,
        ),
        deprecation_date="" if model.deprecation_date is None else model.deprecation_date.isoformat(),
    )


def _seconds(day: dt.date | None) -> int:
    return 0 if day is None else calendar.timegm(day.timetuple())
