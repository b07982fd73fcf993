"""Reads the `model` field of a request: which models it names, or how to choose one.

Four forms, tried in this order:

1. empty or `auto`: any model, by the preset of the routing options or of the operator;
2. `auto:PRESET`: any model, by this preset;
3. `provider:model`, exactly as in the catalogue: this one;
4. a bare model name, in the provider's words or without the part before its last slash (`openai/gpt-oss-120b` or
   `gpt-oss-120b`): this model wherever it is served. When several providers serve it the caller has not said which, so
   all of them are candidates, and selection picks among them as it does among models. A name given in full goes before
   one given in short.

A provider's own names may contain slashes and colons, so names are looked up and never cut apart.
"""

from __future__ import annotations

import difflib

from msgspec import Struct

from muxer.core.preset import PRESETS
from muxer.errors import BadRequest, MuxerError, Reason
from muxer.types.catalog import Catalog, ModelSpec

AUTO = "auto"
"""The name that leaves the choice to the router."""

_SUGGESTIONS = 3


class ModelTarget(Struct, frozen=True):
    """What the `model` field asks for. No `models`: any. `preset` is empty when the field names none."""

    models: tuple[ModelSpec, ...] = ()
    preset: str = ""

    @property
    def pinned(self) -> bool:
        """Whether the caller has chosen the model."""
        return bool(self.models)


_ANY = ModelTarget()


def parse(text: str, catalog: Catalog) -> ModelTarget:
    """What this `model` field asks for.

    Raises `BadRequest` INVALID_VALUE for an unknown preset, `MuxerError` MODEL_NOT_FOUND, with the nearest known
    names, for an unknown model.
    """
    if text in ("", AUTO):
        return _ANY
    if text.startswith(AUTO + ":"):
        return ModelTarget(preset=_known_preset(text))
    models = named(text, catalog)
    if not models:
        hint = nearest(text, catalog)
        raise MuxerError(
            Reason.MODEL_NOT_FOUND, f"model `{text}` is not known{hint}", field="model", details={"model": text}
        )
    return ModelTarget(models=models)


def named(name: str, catalog: Catalog) -> tuple[ModelSpec, ...]:
    """The models that forms 3 and 4 mean by this name; none when there are none."""
    if model := catalog.models.get(name):
        return (model,)
    models = catalog.models.values()
    return tuple(m for m in models if m.name == name) or tuple(m for m in models if m.name.rpartition("/")[2] == name)


def nearest(name: str, catalog: Catalog) -> str:
    """The end of a sentence that asks whether one of the nearest known names was meant; empty when none is near."""
    names = {model.name.rpartition("/")[2]: model.id for model in catalog.models.values()}
    names |= {whole: whole for whole in (AUTO, *catalog.models)}
    near = dict.fromkeys(names[close] for close in difflib.get_close_matches(name, names, n=_SUGGESTIONS))
    return f"; did you mean {' or '.join(f'`{close}`' for close in near)}?" if near else ""


def _known_preset(text: str) -> str:
    preset = text.removeprefix(AUTO + ":")
    if preset not in PRESETS:
        known = ", ".join(f"{AUTO}:{name}" for name in PRESETS)
        raise BadRequest(Reason.INVALID_VALUE, f"unknown preset in `{text}`; known are {known}", field="model")
    return preset
