"""Points of many pairs at once: each class holds one comparison of all people of a level as numpy arrays.

People are numbered in the order given; two arrays of such numbers name the pairs. Arrays of shapes (n, 1) and (1, m)
name all pairs of two runs of people.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bot.pairing.free_times import meeting

Points: TypeAlias = NDArray[np.uint16]
"""Hundredths of a point."""
Places: TypeAlias = NDArray[np.intp]
"""Numbers of people in the order given, or of their schools in that order."""
Mask: TypeAlias = NDArray[Any]
"""One set per person, as bits of the smallest unsigned integers that hold them: the smaller, the faster."""


class Column(Protocol):
    """One comparison of all people of a level."""

    def add_to(self, points: Points, a: Places, b: Places) -> None:
        """Add the points of each pair, in place."""


class Overlap:
    """Points for a pair in which a set of the first and a set of the second have a member in common."""

    def __init__(
        self, points: int, mine: Sequence[Collection[str]], theirs: Sequence[Collection[str]]
    ) -> None:
        self._points = np.uint16(points)
        self._mine, self._theirs = _masks(mine, theirs)

    def add_to(self, points: Points, a: Places, b: Places) -> None:
        """Add the points of each pair, in place."""
        overlaps: NDArray[np.bool_] = (self._mine[0][a] & self._theirs[0][b]) != 0
        for mine, theirs in zip(self._mine[1:], self._theirs[1:], strict=True):
            overlaps |= (mine[a] & theirs[b]) != 0
        points += overlaps.view(np.uint8) * self._points


class SharedSlots:
    """Points by the number of free times that a pair shares: `steps` holds the points for none, for one, and so on."""

    def __init__(
        self, steps: Sequence[int], slots: Sequence[Collection[str]], time_zones: Sequence[str], on: date
    ) -> None:
        self._steps = steps
        zones = sorted(set(time_zones))
        # Each person's free times as they are called in every time zone there is.
        in_zone = [
            [
                frozenset().union(*(meeting(slot, own_zone, zone, on) for slot in own))
                for own, own_zone in zip(slots, time_zones, strict=True)
            ]
            for zone in zones
        ]
        *converted, own_slots = _masks(*in_zone, slots)
        self._zone: Places = np.array([zones.index(zone) for zone in time_zones], dtype=np.intp)
        self._converted = [np.stack(masks) for masks in zip(*converted, strict=True)]
        self._own = own_slots

    def count(self, a: Places, b: Places) -> NDArray[np.uint8]:
        """Return how many free times each pair shares."""
        count: Any = 0
        for converted, own in zip(self._converted, self._own, strict=True):
            of_a = converted[0][a] if len(converted) == 1 else converted[self._zone[b], a]
            count = count + np.bitwise_count(of_a & own[b])
        shared: NDArray[np.uint8] = count
        return shared

    def add_to(self, points: Points, a: Places, b: Places) -> None:
        """Add the points of each pair, in place."""
        count = self.count(a, b)
        for number, (before, after) in enumerate(pairwise(self._steps), start=1):
            points += (count >= number).view(np.uint8) * np.uint16(after - before)


class SchoolTies:
    """Points that become fewer with each past pairing of the two schools. People of a school lie side by side."""

    def __init__(self, points: int, school_ids: Sequence[int], ties: Mapping[frozenset[int], int]) -> None:
        self._points = points
        self._school, numbers = number_schools(school_ids)
        self._schools = len(numbers)
        met = sorted(
            (numbers[a] * len(numbers) + numbers[b], points // (1 + count))
            for (a, b), count in ((sorted(pair), count) for pair, count in ties.items() if count)
            if a in numbers and b in numbers
            for a, b in ((a, b), (b, a))
        )
        self._keys: Places = np.array([key for key, _ in met], dtype=np.intp)
        self._left: Points = np.array([left for _, left in met], dtype=np.uint16)

    def add_to(self, points: Points, a: Places, b: Places) -> None:
        """Add the points of each pair, in place."""
        if points.ndim == 2:
            points += self._between(self._school[a[:, 0]], self._school[b[0]])
        else:
            points += self._of(self._school[a], self._school[b])

    def _of(self, schools: Places, others: Places) -> Points:
        none = np.full(schools.shape, self._points, dtype=np.uint16)
        if not len(self._keys):
            return none
        keys = schools * self._schools + others
        found = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[found] == keys, self._left[found], none)

    def _between(self, schools: Places, others: Places) -> Points:
        """Return the points of all pairs of two runs of people, looked up once a pair of schools."""
        (first, last), (left, right) = (schools[0], schools[-1]), (others[0], others[-1])
        table = np.full((last - first + 1, right - left + 1), self._points, dtype=np.uint16)
        start, stop = np.searchsorted(self._keys, (first * self._schools, (last + 1) * self._schools))
        school, other = np.divmod(self._keys[start:stop], self._schools)
        inside = (other >= left) & (other <= right)
        table[school[inside] - first, other[inside] - left] = self._left[start:stop][inside]
        points: Points = table[:, others - left][schools - first]
        return points


class YearsApart:
    """Points for each year of difference, up to a number of years; none where a number is not known."""

    def __init__(self, points: int, most: int, years: Sequence[int | None]) -> None:
        self._points, self._most = np.int16(points), most
        self._years = np.array([min(each or 0, 100) for each in years], dtype=np.int16)
        self._is_known = np.array([each is not None for each in years], dtype=np.int16)

    def add_to(self, points: Points, a: Places, b: Places) -> None:
        """Add the points of each pair, in place."""
        years = self._years[a] - self._years[b]
        np.abs(years, out=years)
        np.minimum(years, self._most, out=years)
        years *= self._is_known[a] * self._points
        years *= self._is_known[b]
        points += years.view(np.uint16)


def number_schools(school_ids: Sequence[int]) -> tuple[Places, Mapping[int, int]]:
    """Return each person's school as a number in order of appearance, and the number of each school id."""
    numbers = {school: at for at, school in enumerate(dict.fromkeys(school_ids))}
    return np.array([numbers[each] for each in school_ids], dtype=np.intp), numbers


def _masks(*columns: Sequence[Collection[str]]) -> list[tuple[Mask, ...]]:
    """Return each column's sets as bits, in words of 64 names; a name has the same bit in all columns."""
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
