"""Counts of deliveries under way and of lanes on hold; partial indexes keep them fast for a long ledger."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, text

from bot.model import Standing
from storage import tables as t
from storage.migrate import newest
from storage.store import SqlStore


async def standing(store: SqlStore) -> Standing:
    """Return the counts at this moment, by the clock of the store."""
    now = await store.now()
    d = t.delivery
    async with store.transaction() as tx:
        connection = tx.connection
        revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        due = select(func.count(), func.min(d.c.due_at)).where(
            text("delivery.state = 'queued'"), d.c.due_at <= now
        )
        waiting, since = (await connection.execute(due)).one()
        sending = select(func.count()).select_from(d).where(text("delivery.state = 'sending'"))
        uncertain = select(func.count()).select_from(d).where(text("delivery.state = 'uncertain'"))
        blocked = (
            select(func.count())
            .select_from(t.lane)
            .where(text("lane.ready_at IS NOT NULL"), t.lane.c.ready_at > now)
        )
        return Standing(
            due=waiting,
            lag=now - since if since else timedelta(),
            sending=await connection.scalar(sending) or 0,
            uncertain=await connection.scalar(uncertain) or 0,
            lanes_blocked=await connection.scalar(blocked) or 0,
            is_migrated=revision == newest(),
        )
