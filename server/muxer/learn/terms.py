"""The words and pairs of words of a prompt as numbers: a router file holds hashes, never pieces of anyone's prompts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

MIN_PROMPTS = 3
"""A term that fewer prompts hold is not learned from."""

MAX_TERMS = 65_536
"""Most terms that are kept, the commonest first."""


def terms_of(words: Sequence[str]) -> list[int]:
    """The terms of a prompt, in no particular order: CRC-32 of each word, and of each word after the one before it. All
    numbers are the same word, and half a surrogate pair is a character like others."""
    spelled = [b"#" if word.isdigit() else word.encode("utf-8", "surrogatepass") for word in words]
    singles = [crc32(word) for word in spelled]
    return singles + [crc32(word, before) for before, word in zip(singles, spelled[1:], strict=False)]


class Vocabulary(Struct, frozen=True):
    """The terms that weights are kept for, with the weight that each has for being rare."""

    rows: Mapping[int, int]
    rarity: NDArray[np.float32]
    unseen: float  # the rarity of a term that no prompt held

    def weigh(self, terms: Sequence[int]) -> tuple[list[int], NDArray[np.float32], float]:
        """A prompt as a sparse vector of length 1, rows and values, and how much of its content is known: the share of
        its distinct terms, each counting with the square of its rarity."""
        rows = self.rows
        counts = Counter([rows[term] for term in terms if term in rows])
        index = list(counts)
        if not index:
            return [], np.zeros(0, np.float32), 0.0
        rarity = self.rarity[index]
        values = np.array([1 + math.log(n) for n in counts.values()], np.float32) * rarity
        mass = float(rarity @ rarity)
        unknown = (len(set(terms)) - len(index)) * self.unseen**2
        return index, values / np.float32(math.sqrt(float(values @ values))), mass / (mass + unknown)


def vocabulary(prompts: Sequence[Sequence[int]]) -> Vocabulary:
    """The vocabulary of these prompts' terms."""
    counts = Counter(term for terms in prompts for term in set(terms))
    kept = sorted((-n, term) for term, n in counts.items() if n >= MIN_PROMPTS)[:MAX_TERMS]
    rarity = [math.log((1 + len(prompts)) / (1 - n)) + 1 for n, _ in kept]
    unseen = math.log(1 + len(prompts)) + 1
    return Vocabulary({term: row for row, (_, term) in enumerate(kept)}, np.array(rarity, np.float32), unseen)
