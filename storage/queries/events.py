"""The marks of what has reached us already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from bot.events import Event
from storage import tables as t
from storage.queries.base import Queries


class SqlEvents(Queries):
    """Marks of events: on PostgreSQL a retry waits here for the first try's end."""

    async def first_time(self, event: Event) -> bool:
        """Mark the event; False when it was marked before."""
        mark = self._insert(t.event_seen).values(
            platform=event.sender.platform,
            workspace=event.sender.workspace,
            event_id=event.id,
            at=event.at,
        )
        marked = mark.on_conflict_do_nothing().returning(t.event_seen.c.event_id)
        return await self._connection.scalar(marked) is not None

    async def prune(self, before: datetime) -> int:
        """Forget marks older than that; how many."""
        pruned = await self._connection.execute(delete(t.event_seen).where(t.event_seen.c.at < before))
        return pruned.rowcount
