"""Queries about linked workspaces."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, delete, insert, select, update

from bot.model import LinkCode, School, Workspace
from storage import tables as t
from storage.queries import erasure
from storage.queries.base import Queries, columns, values
from storage.queries.delivery_statements import make_due

EXPIRING = tuple(
    table for table in t.metadata.sorted_tables if "expires_at" in table.c and table is not t.delivery
)
"""The tables whose rows go when they expire. A delivery that expires is dropped, and its line stays in the ledger."""


class SqlWorkspaces(Queries):
    """Queries about linked workspaces."""

    async def add_code(self, code: LinkCode) -> None:
        await self._connection.execute(insert(t.link_code).values(values(code)))

    async def take_code(self, fingerprint: str, now: datetime) -> LinkCode | None:
        """Return a code, and delete it; None if it is unknown or has expired."""
        await self._connection.execute(delete(t.link_code).where(t.link_code.c.expires_at <= now))
        taken = delete(t.link_code).where(t.link_code.c.fingerprint == fingerprint)
        row = (await self._connection.execute(taken.returning(*columns(t.link_code, LinkCode)))).one_or_none()
        return None if row is None else LinkCode(**row._asdict())

    async def prune_expired(self, now: datetime) -> int:
        """Delete the rows of all tables with `expires_at` that have expired, and return how many."""
        deleted = 0
        for table in EXPIRING:
            expired = delete(table).where(table.c.expires_at <= now)
            deleted += (await self._connection.execute(expired)).rowcount
        return deleted

    async def get(self, platform: str, workspace_id: str) -> Workspace | None:
        row = await self._connection.execute(
            select(t.workspace).where(t.workspace.c.platform == platform, t.workspace.c.id == workspace_id)
        )
        found = row.one_or_none()
        if found is None:
            return None
        linked = select(t.workspace_school.c.school_id).where(
            t.workspace_school.c.platform == platform, t.workspace_school.c.workspace_id == workspace_id
        )
        return Workspace(
            platform=platform,
            id=workspace_id,
            partnership_id=found.partnership_id,
            school_ids=frozenset((await self._connection.execute(linked)).scalars()),
            linked_by=found.linked_by,
            gone_at=found.gone_at,
        )

    async def of_school(self, school_id: int) -> tuple[Workspace, ...]:
        """Return the workspaces that are linked to a school and have not removed the bot."""
        linked = (
            select(t.workspace.c.platform, t.workspace.c.id)
            .join(
                t.workspace_school,
                and_(
                    t.workspace_school.c.platform == t.workspace.c.platform,
                    t.workspace_school.c.workspace_id == t.workspace.c.id,
                ),
            )
            .where(t.workspace_school.c.school_id == school_id, t.workspace.c.gone_at.is_(None))
            .order_by(t.workspace.c.platform, t.workspace.c.id)
        )
        rows = (await self._connection.execute(linked)).all()
        found = [await self.get(row.platform, row.id) for row in rows]
        return tuple(each for each in found if each is not None)

    async def take_untold_rests(self, before: datetime) -> tuple[Workspace, ...]:
        """Return the workspaces that have rested since that time or longer, each once."""
        note = t.platform_note.c
        untold = update(t.platform_note).where(note.kind == "rests", ~note.told, note.first_at <= before)
        taken = untold.values(told=True).returning(note.platform, note.workspace)
        found = [await self.get(*row) for row in (await self._connection.execute(taken)).all()]
        return tuple(each for each in found if each is not None and each.gone_at is None)

    async def resting(self, partnership_id: int) -> frozenset[int]:
        """Return the ids of the schools with a workspace that takes nothing for a time."""
        linked, note, workspace = t.workspace_school.c, t.platform_note.c, t.workspace.c
        resting = (
            select(linked.school_id)
            .join(
                t.workspace, and_(workspace.platform == linked.platform, workspace.id == linked.workspace_id)
            )
            .join(
                t.platform_note,
                and_(note.platform == linked.platform, note.workspace == linked.workspace_id),
            )
            .where(
                workspace.partnership_id == partnership_id, note.kind == "rests", workspace.gone_at.is_(None)
            )
        )
        return frozenset((await self._connection.execute(resting)).scalars())

    async def link(
        self, platform: str, workspace_id: str, school: School, now: datetime, *, linked_by: str = ""
    ) -> None:
        """Link a workspace to a school, and make due the deliveries that wait for an address of its members."""
        row = self._insert(t.workspace).values(
            platform=platform,
            id=workspace_id,
            partnership_id=school.partnership_id,
            linked_at=now,
            linked_by=linked_by,
        )
        keys = ["platform", "id"]
        await self._connection.execute(row.on_conflict_do_update(index_elements=keys, set_={"gone_at": None}))
        linked = self._insert(t.workspace_school).values(
            platform=platform, workspace_id=workspace_id, school_id=school.id
        )
        await self._connection.execute(linked.on_conflict_do_nothing())
        theirs = select(t.post.c.member_id).where(t.post.c.school_id == school.id)
        await make_due(self._connection, t.delivery.c.member_id.in_(theirs), now)

    async def leave(self, platform: str, workspace_id: str, now: datetime) -> None:
        """Mark a workspace that removed the bot, and all its addresses as not working."""
        gone = update(t.workspace).where(
            t.workspace.c.platform == platform,
            t.workspace.c.id == workspace_id,
            t.workspace.c.gone_at.is_(None),
        )
        await self._connection.execute(gone.values(gone_at=now))
        await self._set_live(platform, workspace_id, live=False)

    async def come_back(self, platform: str, workspace_id: str, now: datetime) -> None:
        """Mark a workspace that installed the bot again: its addresses work, and their deliveries are due."""
        back = update(t.workspace).where(t.workspace.c.platform == platform, t.workspace.c.id == workspace_id)
        await self._connection.execute(back.values(gone_at=None))
        await self._set_live(platform, workspace_id, live=True)
        theirs = select(t.address.c.member_id).where(
            t.address.c.platform == platform, t.address.c.workspace == workspace_id
        )
        await make_due(self._connection, t.delivery.c.member_id.in_(theirs), now)

    async def _set_live(self, platform: str, workspace_id: str, *, live: bool) -> None:
        theirs = update(t.address).where(
            t.address.c.platform == platform, t.address.c.workspace == workspace_id
        )
        await self._connection.execute(theirs.values(live=live))

    async def erase_gone(self, before: datetime) -> int:
        """Erase workspaces that removed the bot before then, and return how many."""
        gone = select(t.workspace.c.platform, t.workspace.c.id).where(t.workspace.c.gone_at <= before)
        rows = (await self._connection.execute(gone)).all()
        for row in rows:
            await erasure.erase_workspace(self._connection, row.platform, row.id)
        return len(rows)
