"""The playground's conversations and its clock, kept apart from the core's tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select, update

from storage import tables as t
from storage.queries.base import Queries, columns, values
from storage.store import SqlStore


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlLine:
    """One message in somebody's conversation with the bot."""

    id: int = 0
    workspace: str
    person: str
    """The address's user."""
    at: datetime
    author: str
    """`bot` or `person`."""
    delivery_id: int | None = None
    html: str
    plain: str
    previews: Mapping[str, str] = field(default_factory=dict)
    """By platform, the text that it would get."""
    replaced: bool = False
    """True if another message stood here before."""


class SqlConversations:
    """Everybody's lines, and the clock. Each call is a transaction of its own."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._now: datetime | None = None

    async def lines(self, workspace: str, person: str) -> tuple[SqlLine, ...]:
        """Return the whole conversation, oldest first, without lines whose words were erased."""
        async with self._lines() as lines:
            return await lines.of(workspace, person)

    async def add(
        self,
        *,
        workspace: str,
        person: str,
        at: datetime,
        author: str,
        html: str,
        plain: str,
        previews: Mapping[str, str] | None = None,
        delivery_id: int | None = None,
    ) -> int:
        """Add a line and return its id; for a delivery that is there already, return the first line's."""
        line = SqlLine(
            workspace=workspace,
            person=person,
            at=at,
            author=author,
            delivery_id=delivery_id,
            html=html,
            plain=plain,
            previews=previews or {},
        )
        async with self._lines() as lines:
            return await lines.add(line)

    async def replace(
        self, line_id: int, *, html: str, plain: str, previews: Mapping[str, str], at: datetime
    ) -> None:
        """Put another message in the place of a line."""
        async with self._lines() as lines:
            await lines.replace(line_id, html=html, plain=plain, previews=previews, at=at)

    async def find(self, delivery_id: int) -> int | None:
        """Return the id of the line by which a delivery arrived, or None."""
        async with self._lines() as lines:
            return await lines.find(delivery_id)

    async def clock(self) -> datetime | None:
        """Return the playground's time, or None before it was ever set. Only this process sets it."""
        if self._now is None:
            async with self._lines() as lines:
                self._now = await lines.clock()
        return self._now

    async def set_clock(self, now: datetime) -> None:
        """Set the playground's time."""
        async with self._lines() as lines:
            await lines.set_clock(now)
        self._now = now

    @asynccontextmanager
    async def _lines(self) -> AsyncIterator[_SqlLines]:
        async with self._store.transaction() as tx:
            yield _SqlLines(tx.connection)


class _SqlLines(Queries):
    """The queries."""

    async def of(self, workspace: str, person: str) -> tuple[SqlLine, ...]:
        said = select(*columns(t.playground_line, SqlLine)).where(
            t.playground_line.c.workspace == workspace,
            t.playground_line.c.person == person,
            or_(t.playground_line.c.plain != "", t.playground_line.c.html != ""),
        )
        return await self._all(SqlLine, said.order_by(t.playground_line.c.id))

    async def add(self, line: SqlLine) -> int:
        row = self._insert(t.playground_line).values(values(line, "id"))
        row = row.on_conflict_do_nothing(index_elements=["delivery_id"])
        new_id = await self._connection.scalar(row.returning(t.playground_line.c.id))
        if new_id is not None:
            return int(new_id)
        first = select(t.playground_line.c.id).where(t.playground_line.c.delivery_id == line.delivery_id)
        return int((await self._connection.execute(first)).scalar_one())

    async def replace(self, line_id: int, **content: object) -> None:
        row = update(t.playground_line).where(t.playground_line.c.id == line_id)
        await self._connection.execute(row.values(**content, replaced=True))

    async def find(self, delivery_id: int) -> int | None:
        arrived = select(t.playground_line.c.id).where(t.playground_line.c.delivery_id == delivery_id)
        line_id: int | None = await self._connection.scalar(arrived)
        return line_id

    async def clock(self) -> datetime | None:
        now: datetime | None = await self._connection.scalar(select(t.playground_clock.c.now))
        return now

    async def set_clock(self, now: datetime) -> None:
        row = self._insert(t.playground_clock).values(id=1, now=now)
        await self._connection.execute(row.on_conflict_do_update(index_elements=["id"], set_={"now": now}))
