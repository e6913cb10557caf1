"""Texts as sparse vectors: each feature weighs the more, the fewer phrases have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bot.understanding.features import WordLists, features_of

Vector: TypeAlias = tuple[list[int], list[float]]
"""The numbers of the features of a text, and their weights."""
_Blocks: TypeAlias = list[Counter[str]]
"""How often a text has each feature of each block."""

_WEIGHTS = (1.0, 1.0, 1.0, 0.5)
"""The length of the vector of each block of features: letters, words, kinds of words, marks."""
_FEWEST = 2
"""A feature of fewer phrases, as two thirds of all are, teaches nothing about other texts."""


class Vectors:
    """The vectors of texts, by the features of the texts to learn from (TF-IDF)."""

    def __init__(self, texts: Sequence[str], lists: WordLists) -> None:
        self._lists = lists
        counted = [self._blocks_of(text) for text in texts]
        self._known: list[dict[str, tuple[int, float]]] = []
        self.size = 0
        for number in range(len(_WEIGHTS)):
            having = Counter(feature for blocks in counted for feature in blocks[number])
            shared = [(feature, count) for feature, count in having.items() if count >= _FEWEST]
            self._known.append(
                {
                    feature: (place, log((1 + len(texts)) / (1 + count)) + 1)
                    for place, (feature, count) in enumerate(shared, start=self.size)
                }
            )
            self.size += len(shared)
        self.learnt = self._matrix([self._weighed(blocks) for blocks in counted])
        """The vectors of the texts learnt from, a row each."""

    def of(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the numbers and weights of a text's features; features that were never seen are left out."""
        numbers, weights = self._weighed(self._blocks_of(text))
        return np.array(numbers, np.int32), np.array(weights, np.float32)

    def _blocks_of(self, text: str) -> _Blocks:
        return [Counter(block) for block in features_of(text, self._lists)]

    def _weighed(self, blocks: _Blocks) -> Vector:
        numbers: list[int] = []
        weights: list[float] = []
        for known, block, of_block in zip(self._known, blocks, _WEIGHTS, strict=True):
            own = [(*known[feature], count) for feature, count in block.items() if feature in known]
            raw = [rarity if count == 1 else rarity * (1 + log(count)) for _, rarity, count in own]
            length = of_block / sqrt(sum(weight * weight for weight in raw)) if raw else 0.0
            numbers += [number for number, _, _ in own]
            weights += [weight * length for weight in raw]
        return numbers, weights

    def _matrix(self, rows: list[Vector]) -> sparse.csr_array:
        starts = np.cumsum([0, *(len(numbers) for numbers, _ in rows)], dtype=np.int32)
        numbers = np.fromiter((number for row, _ in rows for number in row), np.int32, starts[-1])
        weights = np.fromiter((weight for _, row in rows for weight in row), np.float32, starts[-1])
        return sparse.csr_array((weights, numbers, starts), shape=(len(rows), self.size))
