"""Queries about files that were sent and wait for their sender's decision."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import tables as t
from storage.drivers.at_rest import mark_erased
from storage.queries.base import Queries
from storage.secrets import NoSuchKey, Seal


class SqlFiles(Queries):
    """Queries about kept files; each is sealed, and a member has one at most."""

    def __init__(self, connection: AsyncConnection, seal: Seal) -> None:
        super().__init__(connection)
        self._seal = seal

    async def keep(self, member_id: int, content: str, sent_at: datetime) -> int:
        """Keep a file in place of an earlier one, and return its id, which no other file ever has."""
        await self.delete(member_id)
        row = {"member_id": member_id, "sealed": self._seal.close(content), "sent_at": sent_at}
        added = insert(t.kept_file).values(row).returning(t.kept_file.c.id)
        return int((await self._connection.execute(added)).scalar_one())

    async def get(self, member_id: int, file_id: int) -> tuple[str, datetime] | None:
        """Return a member's file and when it was sent; None if it is gone, or if its key is lost."""
        kept = select(t.kept_file.c.sealed, t.kept_file.c.sent_at)
        kept = kept.where(t.kept_file.c.member_id == member_id, t.kept_file.c.id == file_id)
        row = (await self._connection.execute(kept)).one_or_none()
        try:
            return None if row is None else (self._seal.open(row.sealed), row.sent_at)
        except NoSuchKey:  # kept by another process without keys, or sealed with a key that is gone
            return None

    async def delete(self, member_id: int) -> None:
        """Delete a member's file."""
        mark_erased(self._connection)
        await self._connection.execute(delete(t.kept_file).where(t.kept_file.c.member_id == member_id))

    async def prune(self, before: datetime) -> int:
        """Delete the files that were sent before that time, and return how many."""
        old = delete(t.kept_file).where(t.kept_file.c.sent_at < before)
        count = (await self._connection.execute(old)).rowcount
        if count:
            mark_erased(self._connection)
        return count
