"""Texts as sparse vectors: each feature weighs the more, the fewer phrases have it (TF-IDF)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log, sqrt
from typing import TypeAlias

from bot.understanding.features import WordLists, features_of

Vector: TypeAlias = tuple[list[int], list[float]]
"""The numbers of the features of a text, and their weights."""
Blocks: TypeAlias = Sequence[Counter[str]]
"""How often a text has each feature of each block."""

_WEIGHTS = (1.0, 1.0, 1.0, 0.5)
"""The length of the vector of each block of features: letters, words, kinds of words, marks."""
_WORDS = 1
"""The number of the block of words."""
_FEWEST = 2
"""A feature of fewer phrases, as two thirds of all are, teaches nothing about other texts."""


def blocks_of(text: str, lists: WordLists) -> Blocks:
    """Count the features of a text."""
    return [Counter(block) for block in features_of(text, lists)]


def shared_features(counted: Sequence[Blocks]) -> tuple[list[list[str]], list[float]]:
    """Return the features of each block that several texts have, and the rarity of each in one list."""
    features: list[list[str]] = []
    rarities: list[float] = []
    for number in range(len(_WEIGHTS)):
        having = Counter(feature for blocks in counted for feature in blocks[number])
        shared = [(feature, count) for feature, count in having.items() if count >= _FEWEST]
        features.append([feature for feature, _ in shared])
        rarities += [log((1 + len(counted)) / (1 + count)) + 1 for _, count in shared]
    return features, rarities


class Vectors:
    """The vectors of texts by the features that were learnt, which are numbered from block to block."""

    def __init__(self, features: Sequence[Sequence[str]], rarities: Iterable[float]) -> None:
        starts = [0]
        for block in features:
            starts.append(starts[-1] + len(block))
        self._known = [
            dict(zip(block, range(start, end), strict=True))
            for block, (start, end) in zip(features, pairwise(starts), strict=True)
        ]
        self._rarities = list(rarities)
        self.size = starts[-1]

    def knows_half(self, blocks: Blocks) -> bool:
        """Return True if at least half of the words of a text were learnt."""
        words = [feature for feature in blocks[_WORDS] if " " not in feature]
        return 2 * sum(word in self._known[_WORDS] for word in words) >= len(words)

    def of(self, blocks: Blocks) -> Vector:
        """Return the vector of a text; features that were never learnt are left out."""
        numbers: list[int] = []
        weights: list[float] = []
        for known, block, of_block in zip(self._known, blocks, _WEIGHTS, strict=True):
            own = [(known[feature], count) for feature, count in block.items() if feature in known]
            raw = [self._rarities[number] * (1 if count == 1 else 1 + log(count)) for number, count in own]
            length = of_block / sqrt(sum(weight * weight for weight in raw)) if raw else 0.0
            numbers += [number for number, _ in own]
            weights += [weight * length for weight in raw]
        return numbers, weights
