"""Where the data files are that are not Python: prices, the Envoy template.

A wheel carries them in `muxer/assets/` (see force-include in pyproject.toml); in an editable checkout they are where
people edit them, at the top of the repository.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_PLACES = (_PACKAGE / "assets", _PACKAGE.parents[1])


def asset(name: str) -> Path:
    """Absolute path of a data file, such as `prices/prices.json`. Raises `FileNotFoundError` when it is not there."""
    for place in _PLACES:
        if (place / name).is_file():
            return place / name
    raise FileNotFoundError(f"{name} is neither in {_PLACES[0]} nor in {_PLACES[1]}")
