"""Reads recorded outcomes, JSON lines or Parquet: rows of prompt, model, score, and cost where it is known."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from muxer.learn.conversation import Conversation, decode, encode
from muxer.learn.watched_lines import open_lines, watched

PARQUET_BATCH = 8_192
"""Rows that are read at a time."""

MAX_MODELS = 1_000
"""Each takes some 0.3 MB of the router file and twice that in a server, so this many are a file of 300 MB. Nobody has
as many models; as many ids of runs are soon there."""

MAX_CELLS = 40_000_000
"""Prompts by models. Fitting takes 130 bytes of memory for each at its peak, so 5 GB for this many."""

SHOWN_NAME = 40
"""Characters of a model's name that are shown: what is no name may be long."""

MAX_COST_USD = 10_000
"""No answer costs more: who writes more has taken another unit for the dollar."""

UNNAMEABLE = frozenset({"Cc", "Cs"})
"""Kinds of characters that no model's name has: control characters and halves of surrogate pairs."""


class OutcomesInvalid(Exception):
    """A file of outcomes cannot be used. The message says which line is at fault, or which row of Parquet, both from 1,
    and never quotes a prompt."""


class Row(Conversation, frozen=True, kw_only=True):
    """One outcome. `score` is how good the answer was, from 0 to 1; `cost_usd` what it cost."""

    model: str
    score: float | None
    cost_usd: float | None = None


class Outcomes(Struct, frozen=True):
    """Outcomes by prompt (rows) and model (columns): NaN where a model was not asked, or its cost is not known. Several
    outcomes of one model on one prompt are averaged."""

    prompts: list[Conversation]
    models: list[str]
    scores: NDArray[np.float64]
    costs: NDArray[np.float64]
    repeats: int = 0  # outcomes that went into the mean of another

    @property
    def count(self) -> int:
        """How many scores there are."""
        return int((~np.isnan(self.scores)).sum())


def read_outcomes(path: Path) -> Outcomes:
    """All outcomes of a file; `.parquet` is read as Parquet, all else as JSON lines, `-` from standard input.
    Raises `OutcomesInvalid`."""
    try:
        with closing(_parquet(path) if path.suffix == ".parquet" else _json_lines(path)) as rows:
            return gather(rows)
    except OSError as error:
        raise OutcomesInvalid(f"{path}: {error.strerror or error}") from None


def gather(rows: Iterable[Row]) -> Outcomes:
    """Rows as matrices. Rows without a score are passed over. Raises `OutcomesInvalid` when none is left, and when the
    matrices would be too large."""
    prompts: dict[bytes, int] = {}
    models: dict[str, int] = {}
    asked: list[Conversation] = []
    at: list[tuple[int, int]] = []
    values: list[tuple[float, float]] = []
    for row in rows:
        if row.score is None or math.isnan(row.score):
            continue
        conversation = Conversation(None if row.messages else row.prompt, row.messages)
        key = encode(conversation)
        if key not in prompts:
            prompts[key] = len(asked)
            asked.append(conversation)
        at.append((prompts[key], models.setdefault(row.model, len(models))))
        values.append((row.score, math.nan if row.cost_usd is None else row.cost_usd))
    if not at:
        raise OutcomesInvalid("there is no row with a score")
    _check_size(len(asked), list(models))
    names = sorted(models)
    order = np.array([names.index(model) for model in models])
    prompt, column = np.array(at).T
    score, cost = np.array(values).T
    shape = (len(asked), len(names))
    scores, costs = (_mean_by(prompt, order[column], known, shape) for known in (score, cost))
    return Outcomes(asked, names, scores, costs, repeats=len(at) - len(set(at)))


def _check_size(prompts: int, models: Sequence[str]) -> None:
    """Raises `OutcomesInvalid` for outcomes that would take more memory than models ever do."""
    if len(models) <= MAX_MODELS and prompts * len(models) <= MAX_CELLS:
        return
    shown = " and ".join(repr(name[:SHOWN_NAME]) for name in models[:2])
    raise OutcomesInvalid(
        f"{len(models):,} models on {prompts:,} prompts are too many: at most {MAX_MODELS:,} models, and "
        f"{MAX_CELLS:,} pairs of a prompt and a model. Is `model` the model's name, or something else, such as the id "
        f"of a run? It begins with {shown}"
    )


def _check(row: Row) -> Row:
    """The row itself. Raises `ValueError` when it has a score and cannot be used."""
    if row.score is None or math.isnan(row.score):
        return row
    if not 0 <= row.score <= 1:
        raise ValueError(f"score {row.score} is not between 0 and 1")
    if row.cost_usd is not None and not (math.isnan(row.cost_usd) or 0 <= row.cost_usd <= MAX_COST_USD):
        raise ValueError(f"cost_usd {row.cost_usd} is not between 0 and {MAX_COST_USD:,}")
    if not row.model:
        raise ValueError("model is empty")
    if any(unicodedata.category(character) in UNNAMEABLE for character in row.model):
        raise ValueError("model has characters that cannot be shown")
    if not row.messages and row.prompt is None:
        raise ValueError("neither `prompt` nor `messages` is given")
    return row


def _mean_by(
    prompt: NDArray[np.int64], column: NDArray[np.int64], values: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Mean of the known values of each cell, NaN where there is none."""
    known = ~np.isnan(values)
    cell = prompt[known] * shape[1] + column[known]
    count = np.bincount(cell, minlength=shape[0] * shape[1])
    total = np.bincount(cell, values[known], shape[0] * shape[1])
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(count > 0, total / count, np.nan)).reshape(shape)


def _json_lines(path: Path) -> Generator[Row]:
    decoder = msgspec.json.Decoder(Row)
    with open_lines(path) as lines:
        for number, line in enumerate(watched(lines), 1):
            if not line.strip():
                continue
            try:
                row = _check(decode(line, decoder))
            except (ValueError, RecursionError) as error:
                raise OutcomesInvalid(f"line {number}: {error}") from None
            yield row


def _parquet(path: Path) -> Generator[Row]:
    import pyarrow as pa  # noqa: PLC0415  only Parquet needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    number = 0
    try:
        table = pq.ParquetFile(path)
        wanted = [name for name in Row.__struct_fields__ if name in table.schema_arrow.names]
        for batch in table.iter_batches(PARQUET_BATCH, columns=wanted):
            for at in range(batch.num_rows):
                number += 1
                yield _row(batch.slice(at, 1), number)
    except (pa.ArrowException, ValueError) as error:
        raise OutcomesInvalid(f"{path}: {error}") from None


def _row(batch: Any, number: int) -> Row:
    """The only row of a record batch, which is the file's row of this number. Alone, because what is no text is found
    only when it becomes a Python object."""
    try:
        return _check(msgspec.convert(batch.to_pylist()[0], Row))
    except ValueError as error:
        raise OutcomesInvalid(f"row {number}: {error}") from None
