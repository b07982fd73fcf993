"""What the operator says of how well models do: the section `models` of `modelmuxer.yaml`, checked and looked up.

People know shares ("it gets about seven of ten coding requests right"), not log-odds; so shares are what is asked for,
by intent. `core.prepared` turns them into abilities against the usual difficulty of the intent.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from muxer.core.intent import LABELS
from muxer.core.model_id import nearest
from muxer.types.catalog import Catalog

Shares = Mapping[str, float]
"""By label of intent: the share of such requests, 0 to 1, that a model does well."""


def by_model(entries: Mapping[str, Mapping[str, object]], catalog: Catalog) -> Mapping[str, Shares]:
    """The shares by `provider:model`, from entries by `provider:model` or a glob over such ids.

    Where several entries speak of one model and intent, the last one counts. Raises `ValueError`, with the key, for an
    entry that no model of the catalogue fits, an intent that there is not, and a value that is no share.
    """
    found: dict[str, dict[str, float]] = {}
    for pattern, shares in entries.items():
        models = [model_id for model_id in catalog.models if fnmatchcase(model_id, pattern)]
        if not models:
            raise ValueError(f"{pattern}: fits no model of the catalogue{nearest(pattern, catalog)}")
        checked = {label: _share(f"{pattern}.quality.{label}", label, share) for label, share in shares.items()}
        for model_id in models:
            found.setdefault(model_id, {}).update(checked)
    return found


def _share(where: str, label: str, value: object) -> float:
    if label not in LABELS:
        raise ValueError(f"{where}: there is no such intent; there are {', '.join(sorted(LABELS))}")
    try:
        share = float(str(value))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"{where}: {value!s} is not a share, which is a number from 0 to 1")
    return share
