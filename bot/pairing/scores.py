"""The worth of every pair of people of one level, as arrays: computed a rectangle at a time and never stored whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bot.pairing.columns import Places, Points, SharedSlots, number_schools
from bot.pairing.quality import CRITERIA, DOUBLED_UP_TO, PeopleOfLevel, Person, Weights

Tile: TypeAlias = NDArray[np.int16] | NDArray[np.int32]
"""The worth of all pairs of two runs of people, in hundredths of a point: 16 bits hold it where nobody has had a poor
fit."""

NO_PAIR = -1
"""Stands for the worth of two people who may not be a pair or (in a tile) are set aside."""


class Values:
    """The worth of every pair of one level, by their places in the order given: `weigh_fit` of `score_fit`.

    People of a school must lie side by side in that order.
    """

    def __init__(
        self,
        people: Sequence[Person],
        *,
        ties: Mapping[frozenset[int], int],
        poor_fits: Mapping[int, int],
        on: date,
        weights: Weights,
        need_slot: bool,
    ) -> None:
        self.school, _ = number_schools([each.school_id for each in people])
        level = PeopleOfLevel(people, ties, on)
        self._columns = [
            column
            for criterion in CRITERIA
            if (weight := getattr(weights, criterion.name))
            for column in criterion.columns(level, weight)
        ]
        slots = [each.profile.slots for each in people]
        zones = [each.time_zone for each in people]
        self._slots = SharedSlots((), slots, zones, on) if need_slot else None
        self._extra = np.array([2 ** poor_fits.get(each.id, 0) - 1 for each in people], dtype=np.int32)
        self._aside: tuple[Places, Places] = (np.empty(0, np.intp), np.empty(0, np.intp))

    def set_aside(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Leave these pairs of places out of all tiles: they may not meet, or more than quality decides on them."""
        both = sorted({each for a, b in pairs for each in ((a, b), (b, a))})
        rows = np.array(both, dtype=np.intp).reshape(-1, 2)
        self._aside = (rows[:, 0], rows[:, 1])

    def of(self, a: Places, b: Places) -> NDArray[np.int64]:
        """Return the worth of each pair, set aside or not; `NO_PAIR` where the two may not be a pair."""
        worth, may_meet = self._worth(a, b)
        may_pair = self.school[a] != self.school[b]
        return np.where(
            may_pair if may_meet is None else may_pair & may_meet, worth.astype(np.int64), NO_PAIR
        )

    def not_aside(self, a: Places, b: Places) -> NDArray[np.int64]:
        """Return the worth of each pair; `NO_PAIR` also where it is set aside."""
        size = len(self.school)
        aside = np.isin(a * size + b, self._aside[0] * size + self._aside[1])
        return np.where(aside, NO_PAIR, self.of(a, b))

    def tile(self, rows: slice, columns: slice) -> Tile:
        """Return the worth of everybody of the rows with everybody of the columns."""
        a, b = np.arange(rows.start, rows.stop)[:, None], np.arange(columns.start, columns.stop)[None, :]
        tile, may_meet = self._worth(a, b)
        if may_meet is not None:
            tile[~may_meet] = NO_PAIR
        _forbid_colleagues(tile, self.school[rows], self.school[columns])
        first, last = np.searchsorted(self._aside[0], (rows.start, rows.stop))
        left, right = self._aside[0][first:last], self._aside[1][first:last]
        inside = (right >= columns.start) & (right < columns.stop)
        tile[left[inside] - rows.start, right[inside] - columns.start] = NO_PAIR
        return tile

    def _worth(self, a: Places, b: Places) -> tuple[Tile, NDArray[np.bool_] | None]:
        """Return the worth of each pair, and whether it shares a free time where that is demanded (else None)."""
        points: Points = np.zeros(np.broadcast_shapes(a.shape, b.shape), dtype=np.uint16)
        for column in self._columns:
            column.add_to(points, a, b)
        may_meet = None if self._slots is None else self._slots.count(a, b) > 0
        worth = points + np.minimum(points, np.uint16(DOUBLED_UP_TO))
        if not self._extra.any():
            return worth.view(np.int16), may_meet
        return worth + (points.astype(np.int32) * (self._extra[a] + self._extra[b]) >> 1), may_meet


def _forbid_colleagues(tile: Tile, schools: Places, others: Places) -> None:
    for school in range(max(schools[0], others[0]), min(schools[-1], others[-1]) + 1):
        top, bottom = np.searchsorted(schools, (school, school + 1))
        left, right = np.searchsorted(others, (school, school + 1))
        tile[top:bottom, left:right] = NO_PAIR
