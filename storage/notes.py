"""Notes on the platforms: that one was heard, refused an answer, or that a workspace rests."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select

from storage import tables as t
from storage.queries.base import Queries
from storage.store import SqlStore


class PlatformNote(NamedTuple):
    """A note, with the time of the first and of the last, and how many there were."""

    kind: str
    workspace: str
    reason: str
    times: int
    first_at: datetime
    last_at: datetime


class StoredNotes:
    """The notes on one platform. Each call is a transaction of its own."""

    def __init__(self, store: SqlStore, platform: str) -> None:
        self._store = store
        self._platform = platform

    async def add(self, kind: str, now: datetime, *, workspace: str = "", reason: str = "") -> None:
        """Store a note, or count one that is there."""
        async with self._store.transaction() as tx:
            await _SqlNotes(tx.connection).add(self._platform, workspace, kind, reason, now)

    async def clear(self, kind: str, *, workspace: str = "") -> None:
        """Delete a note."""
        note = t.platform_note.c
        mine = [note.platform == self._platform, note.workspace == workspace, note.kind == kind]
        async with self._store.transaction() as tx:
            await tx.connection.execute(delete(t.platform_note).where(*mine))

    async def all(self) -> tuple[PlatformNote, ...]:
        """Return all notes."""
        note = t.platform_note.c
        wanted = select(note.kind, note.workspace, note.reason, note.times, note.first_at, note.last_at)
        wanted = wanted.where(note.platform == self._platform).order_by(note.kind, note.workspace)
        async with self._store.transaction() as tx:
            return tuple(PlatformNote(*row) for row in (await tx.connection.execute(wanted)).all())


class _SqlNotes(Queries):
    """The query that both databases need in their own words."""

    async def add(self, platform: str, workspace: str, kind: str, reason: str, now: datetime) -> None:
        key = {"platform": platform, "workspace": workspace, "kind": kind}
        row = self._insert(t.platform_note).values(**key, reason=reason, times=1, first_at=now, last_at=now)
        again = {"reason": reason, "times": t.platform_note.c.times + 1, "last_at": now}
        await self._connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=again))
