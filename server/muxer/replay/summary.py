"""Adds up what would have changed: in all, by kind of request, and by the moves from model to model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from muxer.replay.compare import Comparison, Figures
from muxer.types.money import usd


class Totals(Struct, frozen=True):
    """Expected cost of all requests together, mean predicted quality, and predicted times until the whole answer."""

    cost_usd: float
    quality: float
    eta_mean_ms: float
    eta_p95_ms: float


class Change(Struct, frozen=True):
    """Some requests, on the models that they went to and on those that they would go to. `cost_usd` is the change of
    their cost together, `quality` and `eta_ms` are the mean changes."""

    requests: int
    changed: int
    before: Totals
    now: Totals


class IntentChange(Change, frozen=True, kw_only=True):
    """The requests of one kind."""

    intent: str


class Move(Struct, frozen=True):
    """Requests that would go from one model to another: how many, the change of their cost together, and the mean
    changes of quality and time."""

    before: str
    now: str
    requests: int
    cost_usd: float
    quality: float
    eta_ms: float


class Refused(Struct, frozen=True):
    """Requests that had a model and would be refused for one reason, with the text of the first."""

    reason: str
    requests: int
    example: str


class Summary(Struct, frozen=True, kw_only=True):
    """Everything. `compared` requests have a model before and now, and all figures are over these; `bill_usd` is what
    was paid for those of them whose bill is known, `billed` of them. None of the others is in a figure: `refused` now,
    though they had a model; `refused_before` and answered now; `refused_both` times; and those whose model cannot be
    judged any more (`gone`, by its id)."""

    requests: int
    compared: int
    changed: int
    changed_share: float
    all: Change | None
    billed: int
    bill_usd: float
    intents: tuple[IntentChange, ...]
    moves: tuple[Move, ...]
    refused: tuple[Refused, ...]
    refused_before: int
    refused_both: int
    gone: dict[str, int]


Pair = tuple[Figures, Figures]


class Tally:
    """Takes in one comparison after the other. Memory grows by a few figures for each."""

    def __init__(self) -> None:
        self._requests = 0
        self._by_intent: dict[str, list[Pair]] = defaultdict(list)
        self._refused: dict[str, tuple[int, str]] = {}
        self._gone: Counter[str] = Counter()
        self._refused_before = 0
        self._refused_both = 0
        self._bills: list[int] = []

    def add(self, comparison: Comparison) -> None:
        """Takes in what became of one request."""
        self._requests += 1
        before, now, refused = comparison.before, comparison.now, comparison.refused
        if before is not None and now is not None:
            self._by_intent[comparison.intent].append((before, now))
            if comparison.bill is not None:
                self._bills.append(comparison.bill)
        elif comparison.was_refused:
            self._refused_before += refused is None
            self._refused_both += refused is not None
        elif refused is not None:
            count, example = self._refused.get(refused.reason, (0, refused.message))
            self._refused[refused.reason] = (count + 1, example)
        else:
            self._gone[comparison.gone] += 1

    def summary(self) -> Summary:
        """What it comes to; the most frequent first."""
        pairs = [pair for of_intent in self._by_intent.values() for pair in of_intent]
        whole = _change(pairs) if pairs else None
        changed = whole.changed if whole else 0
        kinds = sorted(self._by_intent.items(), key=lambda kind: (-len(kind[1]), kind[0]))
        refused = sorted(self._refused.items(), key=lambda entry: (-entry[1][0], entry[0]))
        return Summary(
            requests=self._requests,
            compared=len(pairs),
            changed=changed,
            changed_share=changed / len(pairs) if pairs else 0.0,
            all=whole,
            billed=len(self._bills),
            bill_usd=usd(sum(self._bills)),
            intents=tuple(_intent_change(intent, of_intent) for intent, of_intent in kinds),
            moves=_moves(pairs),
            refused=tuple(Refused(reason, count, example) for reason, (count, example) in refused),
            refused_before=self._refused_before,
            refused_both=self._refused_both,
            gone=dict(self._gone.most_common()),
        )


def _change(pairs: Sequence[Pair]) -> Change:
    changed = sum(before.model != now.model for before, now in pairs)
    return Change(len(pairs), changed, _totals([b for b, _ in pairs]), _totals([n for _, n in pairs]))


def _intent_change(intent: str, pairs: Sequence[Pair]) -> IntentChange:
    change = _change(pairs)
    return IntentChange(change.requests, change.changed, change.before, change.now, intent=intent)


def _totals(figures: Sequence[Figures]) -> Totals:
    times = sorted(f.eta_ms for f in figures)
    return Totals(
        cost_usd=usd(sum(f.cost for f in figures)),
        quality=_mean(f.quality for f in figures),
        eta_mean_ms=_mean(times),
        eta_p95_ms=times[max(0, -(-95 * len(times) // 100) - 1)],  # the nearest rank
    )


def _moves(pairs: Iterable[Pair]) -> tuple[Move, ...]:
    by_move: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for before, now in pairs:
        if before.model != now.model:
            by_move[before.model, now.model].append((before, now))
    moves = [
        Move(
            before=was,
            now=becomes,
            requests=len(moved),
            cost_usd=usd(sum(now.cost - before.cost for before, now in moved)),
            quality=_mean(now.quality - before.quality for before, now in moved),
            eta_ms=_mean(now.eta_ms - before.eta_ms for before, now in moved),
        )
        for (was, becomes), moved in by_move.items()
    ]
    return tuple(sorted(moves, key=lambda move: (-move.requests, move.before, move.now)))


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers)
