"""What earlier cycles left behind: who has met, which schools have, and who is owed a better fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from bot.pairing.quality import OWED_AT_MOST, Person, Weights, value

History: TypeAlias = Collection[tuple[int, frozenset[int]]]
"""Every two who ever sat together, with the cycle in which they did."""


@dataclass(frozen=True, slots=True)
class Past:
    """The history as pairing needs it."""

    ages: Mapping[frozenset[int], int]
    """Who has met, and how lately: 1 in the oldest cycle there is, and so on."""
    cycles: int
    ties: Mapping[frozenset[int], int]
    """How often each two schools have met, as far as the people of today tell."""
    owed: Mapping[int, int]
    """How often somebody sat among the quarter that fitted worst: nobody shall do so for good."""

    @classmethod
    def of(cls, history: History, people: Mapping[int, Person], on: date, weights: Weights) -> Past:
        """Nothing in it depends on the order of the rows."""
        numbers = {cycle: age for age, cycle in enumerate(sorted({cycle for cycle, _ in history}), start=1)}
        ages: dict[frozenset[int], int] = {}
        for cycle, pair in history:
            ages[pair] = max(numbers[cycle], ages.get(pair, 0))
        schools = [[people[each].school_id for each in pair if each in people] for _, pair in history]
        ties = Counter(frozenset(two) for two in schools if len(set(two)) == 2)
        return cls(ages, len(numbers), ties, _owed(history, people, on, weights))


def _owed(history: History, people: Mapping[int, Person], on: date, weights: Weights) -> Mapping[int, int]:
    fits: dict[int, dict[int, int]] = {}
    for cycle, pair in history:
        if len(pair) == 2 and pair <= people.keys():
            a, b = pair
            fit = value(people[a], people[b], ties=0, on=on, weights=weights)
            for each in pair:
                best = fits.setdefault(cycle, {})
                best[each] = max(best.get(each, 0), fit)
    owed: Counter[int] = Counter()
    for of_cycle in fits.values():
        worst = sorted(of_cycle.values())[len(of_cycle) // 4]
        owed.update(each for each, fit in of_cycle.items() if fit < worst)
    return {each: min(times, OWED_AT_MOST) for each, times in owed.items()}
