"""Queries about published digests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import groupby

from sqlalchemy import select

from storage import tables as t
from storage.queries.base import Queries


class SqlDigests(Queries):
    """Queries about published digests: figures never change once they are published."""

    async def publish(self, cycle_id: int, week: date, figures: Mapping[int, Mapping[str, object]]) -> None:
        """Store a week's figures, unless that week is published already."""
        rows = [
            {"cycle_id": cycle_id, "school_id": school_id, "week": week, "figures": dict(of_school)}
            for school_id, of_school in figures.items()
        ]
        if rows:
            await self._connection.execute(self._insert(t.digest).on_conflict_do_nothing(), rows)

    async def published(self, cycle_id: int, school_id: int) -> tuple[tuple[date, Mapping[str, object]], ...]:
        """Return the published figures by week, oldest first."""
        kept = select(t.digest.c.week, t.digest.c.figures).order_by(t.digest.c.week)
        kept = kept.where(t.digest.c.cycle_id == cycle_id, t.digest.c.school_id == school_id)
        return tuple((row.week, row.figures) for row in await self._connection.execute(kept))

    async def published_by_school(
        self, cycle_id: int
    ) -> Mapping[int, tuple[tuple[date, Mapping[str, object]], ...]]:
        """Return the published figures of every school by week, oldest first."""
        kept = select(t.digest.c.school_id, t.digest.c.week, t.digest.c.figures)
        kept = kept.where(t.digest.c.cycle_id == cycle_id).order_by(t.digest.c.school_id, t.digest.c.week)
        rows = await self._connection.execute(kept)
        return {
            school_id: tuple((row.week, row.figures) for row in of_school)
            for school_id, of_school in groupby(rows, key=lambda row: int(row.school_id))
        }

    async def weeks(self, cycle_id: int) -> frozenset[date]:
        """Return the published weeks."""
        weeks = select(t.digest.c.week).where(t.digest.c.cycle_id == cycle_id).distinct()
        return frozenset((await self._connection.execute(weeks)).scalars())
