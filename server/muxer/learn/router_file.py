"""The router file: a quality model on disk. Data only: reading one runs no code, whoever wrote it.

Layout, all numbers little-endian:

    8 bytes   MMROUTER
    4 bytes   length of the header
    header    JSON: format version, models, means, trust, the structure that was read, and the arrays' types and shapes
    arrays    one after another, in C order, in the order of the header
    32 bytes  SHA-256 of everything before

Terms are kept as hashes, so a file holds none of the words that it was fitted on.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from muxer.core.structure import STRUCTURE
from muxer.learn.boosting import Trees
from muxer.learn.clusters import Homes
from muxer.learn.familiarity import SIGNS, Kind, Limits
from muxer.learn.quality_model import Learned, QualityModel, Trust
from muxer.learn.terms import Vocabulary
from muxer.learn.whole_file import write_whole

MAGIC = b"MMROUTER"
VERSION = 3
CHECKSUM_BYTES = 32

TYPES: Mapping[str, str] = MappingProxyType(
    {
        "terms": "<u4",
        "rarity": "<f4",
        "weights": "<f2",
        "tree_features": "<i4",
        "tree_thresholds": "<f4",
        "tree_values": "<f4",
        "mean_shape": "<f4",
        "spread": "<f4",
        "shapes": "<f4",
        "shape_members": "|b1",
        "shape_crowd": "<i4",
        "themes": "<f2",
        "theme_members": "|b1",
        "theme_crowd": "<i4",
        "limits": "<f4",
    }
)
"""The arrays, in their order, and what they are made of."""


class RouterFileInvalid(ValueError):
    """A file is not a router file, is damaged, or was made by another version."""


class Header(Struct, frozen=True):
    """What a router file says of itself. `mean_cost` is null where no cost is known."""

    version: int
    structure: tuple[str, ...]
    models: tuple[str, ...]
    mean: tuple[float, ...]
    mean_cost: tuple[float | None, ...]
    unseen: float
    trust: Trust
    shapes: tuple[tuple[int, ...], ...]


def save(model: QualityModel, path: Path) -> int:
    """Writes a router file and returns its size in bytes. What stood there before stays until the new file is whole.
    Raises `OSError`."""
    trees, vocabulary, kind, limits = model.learned.trees, model.learned.vocabulary, model.learned.kind, model.limits
    terms = np.fromiter(vocabulary.rows, np.uint32, len(vocabulary.rows))
    arrays: tuple[NDArray[Any], ...] = (
        terms,
        vocabulary.rarity,
        model.learned.weights,
        trees.features,
        trees.thresholds,
        trees.values,
        kind.mean,
        kind.spread,
        kind.shapes,
        kind.shape_homes.members,
        kind.shape_homes.crowd,
        kind.themes,
        kind.theme_homes.members,
        kind.theme_homes.crowd,
        np.stack([limits.near, limits.far]),
    )
    header = msgspec.json.encode(
        Header(
            version=VERSION,
            structure=STRUCTURE,
            models=model.models,
            mean=tuple(model.mean.tolist()),
            mean_cost=tuple(None if math.isnan(cost) else cost for cost in model.mean_cost.tolist()),
            unseen=vocabulary.unseen,
            trust=model.trust,
            shapes=tuple(array.shape for array in arrays),
        )
    )
    body = b"".join(array.astype(kind).tobytes() for array, kind in zip(arrays, TYPES.values(), strict=True))
    data = MAGIC + len(header).to_bytes(4, "little") + header + body
    data += hashlib.sha256(data).digest()
    write_whole(path, data)
    return len(data)


def load(path: Path) -> QualityModel:
    """The model in a router file. Raises `RouterFileInvalid`, or `OSError` when it cannot be read."""
    return parse(path.read_bytes())


def parse(data: bytes) -> QualityModel:
    """The model in the bytes of a router file. Raises `RouterFileInvalid`."""
    if not data.startswith(MAGIC):
        raise RouterFileInvalid("this is not a router file")
    if hashlib.sha256(data[:-CHECKSUM_BYTES]).digest() != data[-CHECKSUM_BYTES:]:
        raise RouterFileInvalid("the router file is damaged: its checksum does not match")
    start = len(MAGIC) + 4
    end = start + int.from_bytes(data[len(MAGIC) : start], "little")
    header = _header(data[start:end])
    try:
        return _model(header, _arrays(header, data[end:-CHECKSUM_BYTES]))
    except (ValueError, IndexError) as error:
        raise RouterFileInvalid(f"the router file contradicts itself: {error}") from None


def _header(data: bytes) -> Header:
    try:
        header = msgspec.json.decode(data, type=Header)
    except msgspec.DecodeError as error:
        raise RouterFileInvalid(f"the router file's header is not valid: {error}") from None
    if header.version != VERSION or header.structure != STRUCTURE:
        raise RouterFileInvalid("the router file was made by another version of ModelMuxer: fit it again")
    return header


def _arrays(header: Header, body: bytes) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {}
    offset = 0
    for name, kind, shape in zip(TYPES, TYPES.values(), header.shapes, strict=True):
        count = math.prod(shape)
        arrays[name] = np.frombuffer(body, kind, count, offset).reshape(shape)
        offset += arrays[name].nbytes
    if offset != len(body):
        raise ValueError("its arrays are of another length than the header says")
    return arrays


def _model(header: Header, arrays: dict[str, NDArray[np.generic]]) -> QualityModel:
    """Checks that everything fits together, so that prediction need not."""
    models, (trees, depth) = len(header.models), arrays["tree_features"].shape
    terms = len(arrays["terms"])
    of_trees = ((trees, depth), (trees, depth), (trees, 1 << depth, models))
    wanted = ((terms,), (terms,), (terms, models), *of_trees, *_of_kind(arrays, terms, models), (2, SIGNS, models))
    if header.shapes != wanted or not models == len(header.mean) == len(header.mean_cost):
        raise ValueError("its shapes do not fit together")
    features = arrays["tree_features"]
    if features.size and not (int(features.min()) >= 0 and int(features.max()) < len(STRUCTURE)):
        raise ValueError("a tree asks for a number that is not there")
    rows = {int(term): row for row, term in enumerate(arrays["terms"].tolist())}
    return QualityModel(
        models=header.models,
        mean=np.array(header.mean),
        mean_cost=np.array([math.nan if cost is None else cost for cost in header.mean_cost]),
        trust=header.trust,
        limits=Limits(*arrays["limits"].astype(np.float64)),
        learned=Learned(
            vocabulary=Vocabulary(rows, arrays["rarity"].astype(np.float32), header.unseen),
            weights=arrays["weights"].astype(np.float32),
            trees=Trees(
                features.astype(np.int32),
                arrays["tree_thresholds"].astype(np.float32),
                arrays["tree_values"].astype(np.float32),
            ),
            kind=_kind(arrays),
        ),
    )


def _of_kind(arrays: dict[str, NDArray[np.generic]], terms: int, models: int) -> tuple[tuple[int, ...], ...]:
    """The shapes that the arrays of kinds should have."""
    shapes, themes = arrays["shapes"].shape[1], arrays["themes"].shape[1]
    of_shapes = ((len(STRUCTURE), shapes), (len(arrays["shape_members"]), shapes), (models,))
    of_themes = ((terms, themes), (len(arrays["theme_members"]), themes), (models,))
    return ((len(STRUCTURE),), (len(STRUCTURE),), *of_shapes, *of_themes)


def _kind(arrays: dict[str, NDArray[np.generic]]) -> Kind:
    return Kind(
        mean=arrays["mean_shape"].astype(np.float32),
        spread=arrays["spread"].astype(np.float32),
        shapes=arrays["shapes"].astype(np.float32),
        shape_homes=_homes(arrays, "shape"),
        themes=arrays["themes"].astype(np.float32),
        theme_homes=_homes(arrays, "theme"),
    )


def _homes(arrays: dict[str, NDArray[np.generic]], name: str) -> Homes:
    members, crowd = arrays[f"{name}_members"], arrays[f"{name}_crowd"]
    if crowd.size and not (int(crowd.min()) >= 0 and int(crowd.max()) < len(members)):
        raise ValueError("a model belongs to a crowd that is not there")
    return Homes(members.astype(np.bool_), crowd.astype(np.int32))
