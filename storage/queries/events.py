"""Queries about the events that were handled already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from bot.events import Event
from storage import tables as t
from storage.queries.base import Queries


class SqlEvents(Queries):
    """Queries about handled events. On PostgreSQL a repeated event waits here for the first one's transaction."""

    async def first_time(self, event: Event) -> bool:
        """Mark the event as handled; return False if it was marked before."""
        mark = self._insert(t.event_seen).values(
            platform=event.sender.platform,
            workspace=event.sender.workspace,
            event_id=event.id,
            at=event.at,
        )
        marked = mark.on_conflict_do_nothing().returning(t.event_seen.c.event_id)
        return await self._connection.scalar(marked) is not None

    async def prune(self, before: datetime) -> int:
        """Delete marks that are older, and return how many."""
        pruned = await self._connection.execute(delete(t.event_seen).where(t.event_seen.c.at < before))
        return pruned.rowcount
