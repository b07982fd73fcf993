"""The learned judgement: two linear models over one vocabulary, in plain Python integers.

Six labels share a softmax; whether a request is unsafe is a separate head, trained on innocent look-alikes too and
calibrated on its own. Both see TF-IDF-weighted terms of unit length. All weights of a term (seven, and its squared
inverse document frequency) are packed into the 32-bit lanes of one integer, so that scoring a prompt is one sum:
about 50 ns a term, with nothing but the standard library.
"""

from __future__ import annotations

import json
import math
import sys
from array import array
from collections.abc import Iterable, Sequence

from msgspec import Struct

LABELS = ("chat_lite", "deep_reason", "code_gen", "json_extract", "translation", "vision")
"""The labels of the softmax, in the order of their lanes; the safety head follows, then the squared norm."""

LANES = len(LABELS) + 2
_BITS = 32
_MASK = (1 << _BITS) - 1
_OFFSET = 1 << 15
"""Added to each weight of a lane, so that lanes never borrow from each other."""


class Scores(Struct, frozen=True):
    """Calibrated probabilities: of each label given that the request is harmless, and of its being unsafe."""

    labels: tuple[float, ...]
    unsafe: float
    known: int  # terms that the model has weights for


class Calibration(Struct, frozen=True):
    """Measured on sources held out of training: softmax temperature, and slope and shift of the safety head."""

    temperature: float
    slope: float
    shift: float
    threshold: float  # of `unsafe`, from which on a request is called unsafe


class Model:
    """Weights by term, ready to score."""

    def __init__(
        self, table: dict[str, int], bias: Sequence[float], weight_unit: float, norm_unit: float, scale: Calibration
    ) -> None:
        self.calibration = scale
        self._table = table
        self._bias = tuple(bias)
        self._weight_unit = weight_unit
        self._norm_unit = norm_unit

    def score(self, terms: Iterable[str]) -> Scores:
        """The probabilities for a request with these terms."""
        hits = list(filter(None, map(self._table.get, terms)))
        total, offset = sum(hits), _OFFSET * len(hits)
        squares = (total >> (_BITS * (LANES - 1))) * self._norm_unit
        unit = self._weight_unit / math.sqrt(squares) if squares else 0.0
        raw = [bias + unit * (((total >> (_BITS * lane)) & _MASK) - offset) for lane, bias in enumerate(self._bias)]
        calibration = self.calibration
        unsafe = 1 / (1 + math.exp(-_bounded(calibration.slope * raw.pop() + calibration.shift)))
        highest = max(raw)
        powers = [math.exp((value - highest) / calibration.temperature) for value in raw]
        whole = sum(powers)
        return Scores(labels=tuple([power / whole for power in powers]), unsafe=unsafe, known=len(hits))


def _bounded(logit: float) -> float:
    """A log-odds that `exp` can take."""
    return max(-60.0, min(60.0, logit))


def parse(data: bytes) -> Model:
    """The model in a weights file: a line of JSON, a line of terms parted by tabs, then their lanes, term by term."""
    head, words, rest = data.split(b"\n", 2)
    header = json.loads(head)
    wide = _swapped(array("I", _swapped(array("H", rest)))).tobytes()  # 16-bit lanes grow to 32 bits
    places = range(0, len(wide), LANES * _BITS // 8)
    records = [int.from_bytes(wide[place : place + LANES * _BITS // 8], "little") for place in places]
    table = dict(zip(words.decode().split("\t"), records, strict=True))
    calibration = Calibration(**header["calibration"])
    return Model(table, header["bias"], header["weight_unit"], header["norm_unit"], calibration)


def render(
    terms: Sequence[str],
    records: Sequence[Sequence[int]],
    bias: Sequence[float],
    weight_unit: float,
    norm_unit: float,
    calibration: Calibration,
) -> bytes:
    """A weights file, the inverse of `parse`. A record is the LANES numbers of a term: weights, then the square."""
    header = {
        "bias": [round(value, 6) for value in bias],
        "weight_unit": weight_unit,
        "norm_unit": norm_unit,
        "calibration": {name: round(getattr(calibration, name), 4) for name in Calibration.__struct_fields__},
    }
    lanes = array("H", [lane for *weights, square in records for lane in (*(w + _OFFSET for w in weights), square)])
    terms_line = "\t".join(terms).encode()
    return b"\n".join([json.dumps(header, sort_keys=True).encode(), terms_line, _swapped(lanes).tobytes()])


def _swapped(lanes: array[int]) -> array[int]:
    """In little-endian order when they were in the machine's, and the other way round."""
    if sys.byteorder == "big":
        lanes.byteswap()
    return lanes
