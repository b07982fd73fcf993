"""A router file in the server's service: quality by the catalogue's ids, whatever the outcomes called their models.

Nothing here is imported from numpy until there is a file to read: serving without one does without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from muxer.core.features import Features
from muxer.core.model_id import named
from muxer.types.catalog import Catalog


class RouterUnusable(ValueError):
    """A router file that cannot be served; the message says why, and what to do."""


class ServedRouter(Struct, frozen=True):
    """A fitted router for one catalogue."""

    quality: Callable[[Features], Mapping[str, float]]  # by `provider:model`, 0 to 1
    models: tuple[str, ...]  # of the catalogue, those that it knows
    strangers: tuple[str, ...]  # names in the file that fit no model of the catalogue


def load(path: Path, catalog: Catalog) -> ServedRouter:
    """The router in a file. Raises `RouterUnusable` when it cannot be read, or not without numpy."""
    try:
        from muxer.learn import router_file  # noqa: PLC0415 - needs numpy, which only the extra `fit` brings
    except ModuleNotFoundError as error:
        raise RouterUnusable(f"a router file needs {error.name}: pip install 'modelmuxer[fit]'") from None
    try:
        model = router_file.load(path)
    except OSError as error:
        raise RouterUnusable(f"{path} cannot be read: {error.strerror or error}") from None
    except router_file.RouterFileInvalid as error:
        raise RouterUnusable(f"{path}: {error}") from None
    names = names_by_model(model.models, catalog)
    known = set(names.values())

    def quality(features: Features) -> Mapping[str, float]:
        told = model.quality(features)
        return {model_id: told[name] for model_id, name in names.items()}

    return ServedRouter(quality, tuple(names), tuple(name for name in model.models if name not in known))


def names_by_model(names: tuple[str, ...], catalog: Catalog) -> dict[str, str]:
    """By `provider:model`: the name, of those given, that a model goes by. Its id is best; else the name that a caller
    could ask for it by, which is one for all providers that serve the model."""
    found = {model.id: name for name in names for model in named(name, catalog)}
    found |= {name: name for name in names if name in catalog.models}
    return dict(sorted(found.items()))
