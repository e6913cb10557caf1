"""What every two people of a level are worth, as arrays: `quality.value` and `quality.counted`, a tile at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bot.pairing import quality
from bot.pairing.free_times import meeting
from bot.pairing.quality import FLOOR, SHARED_FOCUS, SHARED_SLOTS, YEARS, Person, Weights

Points: TypeAlias = NDArray[np.uint16]
"""Hundredths of a point; also counted, they stay below 2**15 where nobody is owed anything."""
Tile: TypeAlias = NDArray[np.int16] | NDArray[np.int32]
Places: TypeAlias = NDArray[np.intp]
"""Places of people in the order given, or of their schools in that order."""
Mask: TypeAlias = NDArray[Any]
"""A set a person, as bits of the smallest unsigned integers that hold them: the smaller, the faster."""

NO_PAIR = -1
"""They may not be a pair, or (in a tile) are set aside."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """A part that counts where a set of the one meets a set of the other; large sets have several words."""

    points: int
    mine: tuple[Mask, ...]
    theirs: tuple[Mask, ...]


class Values:
    """Every pair of people of one level, by their places in the order given. Schools must lie together in it."""

    def __init__(
        self,
        people: Sequence[Person],
        *,
        ties: Mapping[frozenset[int], int],
        owed: Mapping[int, int],
        on: date,
        weights: Weights,
        need_slot: bool,
    ) -> None:
        numbers = {school: at for at, school in enumerate(dict.fromkeys(each.school_id for each in people))}
        self.school: Places = np.array([numbers[each.school_id] for each in people], dtype=np.intp)
        self._schools = len(numbers)
        self._weights, self._need_slot = weights, need_slot
        self._owed = np.array([2 ** owed.get(each.id, 0) - 1 for each in people], dtype=np.int32)
        self._overlaps = tuple(each for each in _overlaps(people, weights) if each.points)
        self._zone, self._seen, self._slots = _slots(people, on)
        known = [each.experience is not None for each in people]
        self._counts_years = any(known) and weights.experience > 0
        self._years = np.array([min(each.experience or 0, 100) for each in people], dtype=np.int16)
        self._known = np.array(known, dtype=np.int16)
        self._tie_keys, self._tie_points = _ties(numbers, ties, weights)
        self._aside: tuple[Places, Places] = (np.empty(0, np.intp), np.empty(0, np.intp))

    def set_aside(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Pairs of places that tiles say nothing about: they may not meet, or something else counts as well."""
        both = sorted({each for a, b in pairs for each in ((a, b), (b, a))})
        rows = np.array(both, dtype=np.intp).reshape(-1, 2)
        self._aside = (rows[:, 0], rows[:, 1])

    def of(self, a: Places, b: Places) -> NDArray[np.int64]:
        """What each two are worth, set aside or not; `NO_PAIR` where they may not be a pair."""
        worth, free = self._worth(a, b, self._ties_of(a, b))
        may = self.school[a] != self.school[b]
        return np.where(may if free is None else may & free, worth.astype(np.int64), NO_PAIR)

    def fresh(self, a: Places, b: Places) -> NDArray[np.int64]:
        """The same, and `NO_PAIR` where they are set aside."""
        size = len(self.school)
        aside = np.isin(a * size + b, self._aside[0] * size + self._aside[1])
        return np.where(aside, NO_PAIR, self.of(a, b))

    def tile(self, rows: slice, columns: slice) -> Tile:
        """What everybody of the rows and everybody of the columns are worth."""
        a, b = np.arange(rows.start, rows.stop)[:, None], np.arange(columns.start, columns.stop)[None, :]
        tile, free = self._worth(a, b, self._ties_between(self.school[rows], self.school[columns]))
        if free is not None:
            tile[~free] = NO_PAIR
        _forbid_colleagues(tile, self.school[rows], self.school[columns])
        first, last = np.searchsorted(self._aside[0], (rows.start, rows.stop))
        left, right = self._aside[0][first:last], self._aside[1][first:last]
        inside = (right >= columns.start) & (right < columns.stop)
        tile[left[inside] - rows.start, right[inside] - columns.start] = NO_PAIR
        return tile

    def _worth(self, a: Places, b: Places, points: Points) -> tuple[Tile, NDArray[np.bool_] | None]:
        """What they are worth, and whether they have a free time in common, where that is demanded."""
        for part in self._overlaps:
            points += _meet(part.mine, part.theirs, a, b).view(np.uint8) * np.uint16(part.points)
        free = self._add_slots(points, a, b)
        if self._counts_years:
            years = self._years[a] - self._years[b]
            np.abs(years, out=years)
            np.minimum(years, YEARS, out=years)
            years *= self._known[a] * np.int16(self._weights.experience * (100 // YEARS))
            years *= self._known[b]
            points += years.view(np.uint16)
        counted = points + np.minimum(points, np.uint16(FLOOR))
        if not self._owed.any():
            return counted.view(np.int16), free
        return counted + (points.astype(np.int32) * (self._owed[a] + self._owed[b]) >> 1), free

    def _add_slots(self, points: Points, a: Places, b: Places) -> NDArray[np.bool_] | None:
        if not self._weights.slots and not self._need_slot:
            return None
        count: Any = 0
        for mine, theirs in zip(self._seen, self._slots, strict=True):
            seen = mine[0][a] if len(mine) == 1 else mine[self._zone[b], a]
            count = count + np.bitwise_count(seen & theirs[b])
        for more, (before, percent) in enumerate(pairwise(SHARED_SLOTS), start=1):
            points += (count >= more).view(np.uint8) * np.uint16(self._weights.slots * (percent - before))
        return count > 0 if self._need_slot else None

    def _ties_of(self, a: Places, b: Places) -> Points:
        keys = self.school[a] * self._schools + self.school[b]
        found = np.minimum(np.searchsorted(self._tie_keys, keys), max(len(self._tie_keys) - 1, 0))
        none = np.full(keys.shape, self._weights.ties * 100, dtype=np.uint16)
        if not len(self._tie_keys):
            return none
        return np.where(self._tie_keys[found] == keys, self._tie_points[found], none)

    def _ties_between(self, schools: Places, others: Places) -> Points:
        """The same for every two of two runs of schools."""
        (first, last), (left, right) = (schools[0], schools[-1]), (others[0], others[-1])
        table = np.full((last - first + 1, right - left + 1), self._weights.ties * 100, dtype=np.uint16)
        size = self._schools
        start, stop = np.searchsorted(self._tie_keys, (first * size, (last + 1) * size))
        school, other = np.divmod(self._tie_keys[start:stop], size)
        inside = (other >= left) & (other <= right)
        table[school[inside] - first, other[inside] - left] = self._tie_points[start:stop][inside]
        points: Points = table[:, others - left][schools - first]
        return points


def _forbid_colleagues(tile: Tile, schools: Places, others: Places) -> None:
    for school in range(max(schools[0], others[0]), min(schools[-1], others[-1]) + 1):
        top, bottom = np.searchsorted(schools, (school, school + 1))
        left, right = np.searchsorted(others, (school, school + 1))
        tile[top:bottom, left:right] = NO_PAIR


def _meet(some: Sequence[Mask], others: Sequence[Mask], a: Places, b: Places) -> NDArray[np.bool_]:
    meets: NDArray[np.bool_] = (some[0][a] & others[0][b]) != 0
    for mine, theirs in zip(some[1:], others[1:], strict=True):
        meets |= (mine[a] & theirs[b]) != 0
    return meets


def _overlaps(people: Sequence[Person], weights: Weights) -> Iterator[Overlap]:
    """Every part that asks whether two sets meet, as `quality.value` counts it."""
    profiles = [each.profile for each in people]
    offers, needs = _masks([each.offers for each in profiles], [each.needs for each in profiles])
    yield Overlap(weights.offer * 50, offers, needs)
    yield Overlap(weights.offer * 50, needs, offers)
    by_rank = [quality.focus_by_rank(each) for each in people]
    if all(any_of == first for any_of, _, first in by_rank):  # one look does for all three
        [focus] = _masks([first for *_, first in by_rank])
        yield Overlap(weights.focus * sum(SHARED_FOCUS), focus, focus)
    else:
        for percent, focus in zip(SHARED_FOCUS, _masks(*zip(*by_rank, strict=True)), strict=True):
            yield Overlap(weights.focus * percent, focus, focus)
    for points, sets in (
        (weights.closeness * 60, [each.subjects for each in profiles]),
        (weights.closeness * 40, [(each.phase,) if each.phase else () for each in profiles]),
        (weights.tools * 50, [each.languages for each in people]),
        (weights.tools * 50, [(each.platform,) if each.platform else () for each in people]),
    ):
        [masks] = _masks(sets)
        yield Overlap(points, masks, masks)


def _masks(*columns: Sequence[Collection[str]]) -> list[tuple[Mask, ...]]:
    """Sets as bits; what is one thing in one column is the same bit in the others."""
    names = sorted({name for column in columns for names in column for name in names})
    bit = {name: at for at, name in enumerate(names)}
    coded = [[sum(1 << bit[name] for name in set(names)) for names in column] for column in columns]
    shifts = range(0, max(len(names), 1), 64)
    return [
        tuple(
            np.array([code >> shift & (1 << 64) - 1 for code in column], dtype=_smallest(len(names) - shift))
            for shift in shifts
        )
        for column in coded
    ]


def _smallest(bits: int) -> type[np.unsignedinteger[Any]]:
    return np.uint16 if bits <= 16 else np.uint32 if bits <= 32 else np.uint64


def _slots(people: Sequence[Person], on: date) -> tuple[Places, list[Mask], list[Mask]]:
    """Whose clock each lives by; a word after the other, their free times by every clock, and by their own."""
    zones = sorted({each.time_zone for each in people})
    by_clock = [
        [
            frozenset().union(*(meeting(slot, each.time_zone, zone, on) for slot in each.profile.slots))
            for each in people
        ]
        for zone in zones
    ]
    *seen, own = _masks(*by_clock, [each.profile.slots for each in people])
    zone_of = np.array([zones.index(each.time_zone) for each in people], dtype=np.intp)
    return zone_of, [np.stack(words) for words in zip(*seen, strict=True)], list(own)


def _ties(
    numbers: Mapping[int, int], ties: Mapping[frozenset[int], int], weights: Weights
) -> tuple[Places, Points]:
    """Schools that have met, as sorted keys with the points that are left for them; both ways round."""
    met = [
        (numbers[a] * len(numbers) + numbers[b], weights.ties * 100 // (1 + count))
        for (a, b), count in ((sorted(pair), count) for pair, count in ties.items() if count)
        if a in numbers and b in numbers
        for a, b in ((a, b), (b, a))
    ]
    met.sort()
    return np.array([key for key, _ in met], dtype=np.intp), np.array([left for _, left in met], np.uint16)
