"""The history of earlier cycles as pairing needs it: repeats, ties between schools, and poor fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from bot.pairing.quality import MOST_POOR_FITS, Person, Weights, score_fit

History: TypeAlias = Collection[tuple[int, frozenset[int]]]
"""Every two members who were ever in one group, each with the id of the cycle."""


@dataclass(frozen=True, slots=True)
class Past:
    """The history in the form that pairing needs."""

    ages: Mapping[frozenset[int], int]
    """The pairs that have met, each with the number of its latest cycle: 1 is the oldest cycle of the history."""
    cycles: int
    """The number of cycles in the history."""
    ties: Mapping[frozenset[int], int]
    """The number of past pairings of each two schools, by the schools of today's people."""
    poor_fits: Mapping[int, int]
    """In how many cycles a member was among the quarter that fitted worst. Points count more for them now."""

    @classmethod
    def of(cls, history: History, people: Mapping[int, Person], on: date, weights: Weights) -> Past:
        """Digest a history; the order of its rows does not matter."""
        numbers = {cycle: age for age, cycle in enumerate(sorted({cycle for cycle, _ in history}), start=1)}
        ages: dict[frozenset[int], int] = {}
        for cycle, pair in history:
            ages[pair] = max(numbers[cycle], ages.get(pair, 0))
        schools = [[people[each].school_id for each in pair if each in people] for _, pair in history]
        ties = Counter(frozenset(two) for two in schools if len(set(two)) == 2)
        return cls(ages, len(numbers), ties, _poor_fits(history, people, on, weights))


def _poor_fits(
    history: History, people: Mapping[int, Person], on: date, weights: Weights
) -> Mapping[int, int]:
    best_fits: dict[int, dict[int, int]] = {}
    for cycle, pair in history:
        if len(pair) == 2 and pair <= people.keys():
            a, b = pair
            fit = score_fit(people[a], people[b], ties=0, on=on, weights=weights)
            for each in pair:
                best = best_fits.setdefault(cycle, {})
                best[each] = max(best.get(each, 0), fit)
    count: Counter[int] = Counter()
    for fits in best_fits.values():
        upper_bound = sorted(fits.values())[len(fits) // 4]
        count.update(each for each, fit in fits.items() if fit < upper_bound)
    return {each: min(cycles, MOST_POOR_FITS) for each, cycles in count.items()}
