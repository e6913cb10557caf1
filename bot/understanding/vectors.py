"""Texts as sparse vectors: each feature weighs the more, the fewer phrases have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bot.understanding.features import WordLists, features_of

Vector: TypeAlias = tuple[NDArray[np.int32], NDArray[np.float32]]
"""The numbers of the features of a text, and their weights."""

_WEIGHTS = (1.0, 1.0, 1.0, 0.5)
"""The length of the vector of each block of features: letters, words, kinds of words, marks."""


class Vectors:
    """The vectors of texts, by the features of the texts to learn from (TF-IDF)."""

    def __init__(self, texts: Sequence[str], lists: WordLists) -> None:
        self._lists = lists
        counts: tuple[Counter[str], ...] = tuple(Counter() for _ in _WEIGHTS)
        for text in texts:
            for count, block in zip(counts, features_of(text, lists), strict=True):
                count.update(set(block))
        self._known: list[dict[str, tuple[int, float]]] = []
        self.size = 0
        for count in counts:
            numbered = enumerate(count.items(), start=self.size)
            self._known.append(
                {name: (number, log((1 + len(texts)) / (1 + n)) + 1) for number, (name, n) in numbered}
            )
            self.size += len(count)

    def of(self, text: str) -> Vector:
        """Return the vector of a text; features that were never seen are left out."""
        numbers: list[int] = []
        values: list[float] = []
        for known, block, weight in zip(self._known, features_of(text, self._lists), _WEIGHTS, strict=True):
            own = [(known[name], count) for name, count in Counter(block).items() if name in known]
            raw = [rarity * (1 + log(count)) for (_, rarity), count in own]
            length = weight / sqrt(sum(value * value for value in raw)) if raw else 0.0
            numbers += [number for (number, _), _ in own]
            values += [value * length for value in raw]
        return np.array(numbers, np.int32), np.array(values, np.float32)
