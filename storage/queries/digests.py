"""What was published to principals, in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from storage import tables as t
from storage.queries.base import Queries


class SqlDigests(Queries):
    """What was published, kept so that nothing is published twice in two ways."""

    async def publish(self, cycle_id: int, school_id: int, week: date, figures: Mapping[str, object]) -> None:
        """Keep a week's figures; a second publishing of the same week changes nothing."""
        row = self._insert(t.digest).values(
            cycle_id=cycle_id, school_id=school_id, week=week, figures=dict(figures)
        )
        await self._connection.execute(row.on_conflict_do_nothing())

    async def published(self, cycle_id: int, school_id: int) -> tuple[tuple[date, Mapping[str, object]], ...]:
        """By week, oldest first."""
        kept = select(t.digest.c.week, t.digest.c.figures).order_by(t.digest.c.week)
        kept = kept.where(t.digest.c.cycle_id == cycle_id, t.digest.c.school_id == school_id)
        return tuple((row.week, row.figures) for row in await self._connection.execute(kept))
