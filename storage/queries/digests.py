"""Queries about published digests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from storage import tables as t
from storage.queries.base import Queries


class SqlDigests(Queries):
    """Queries about published digests: figures never change once they are published."""

    async def publish(self, cycle_id: int, school_id: int, week: date, figures: Mapping[str, object]) -> None:
        """Store a week's figures, unless that week is published already."""
        row = self._insert(t.digest).values(
            cycle_id=cycle_id, school_id=school_id, week=week, figures=dict(figures)
        )
        await self._connection.execute(row.on_conflict_do_nothing())

    async def published(self, cycle_id: int, school_id: int) -> tuple[tuple[date, Mapping[str, object]], ...]:
        """Return the published figures by week, oldest first."""
        kept = select(t.digest.c.week, t.digest.c.figures).order_by(t.digest.c.week)
        kept = kept.where(t.digest.c.cycle_id == cycle_id, t.digest.c.school_id == school_id)
        return tuple((row.week, row.figures) for row in await self._connection.execute(kept))
