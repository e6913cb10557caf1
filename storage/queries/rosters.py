"""Roster imports: the store read as a roster, and a difference written in a few large statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, select, update

from bot.model import Hours, Profile, Role, School
from bot.model.roster import Fault, Roster, RosterError, RosterPerson, RosterSchool
from bot.rules.likely_same import find_likely_same, find_unknown
from bot.rules.roster_difference import Difference, difference
from storage import tables as t
from storage.queries.base import Queries, batches, columns, values
from storage.queries.rows import hours_columns, profile_from


class RosterQueries(Queries):
    """Queries of a roster import: compare, then write in the same transaction."""

    async def compare(self, partnership_id: int, roster: Roster) -> Difference:
        """Return what importing the roster would change. Another import of the partnership waits for this one."""
        lock = select(t.partnership.c.id).where(t.partnership.c.id == partnership_id)
        await self._connection.execute(lock.with_for_update(key_share=True))
        return difference(await self._stored_roster(partnership_id), roster)

    async def likely_same(self, partnership_id: int, roster: Roster) -> tuple[Fault, ...]:
        """Return questions about people and schools whom the roster names anew, as it seems."""
        stored = await self._stored_roster(partnership_id)
        return find_likely_same(stored, roster, difference(stored, roster))

    async def unite(self, partnership_id: int, roster: Roster, same: Mapping[str, str]) -> None:
        """Write the new ids of people and schools (by old id). Raises `RosterError` for ids that fit nobody."""
        stored = await self._stored_roster(partnership_id)
        if faults := find_unknown(same, stored, roster):
            raise RosterError(faults)
        for table in (t.member, t.school):
            for old, new in same.items():
                known = update(table).where(
                    table.c.partnership_id == partnership_id, table.c.source_id == old
                )
                await self._connection.execute(known.values(source_id=new))

    async def write(self, partnership_id: int, changes: Difference) -> None:
        """Write a difference."""
        await self._write_schools(partnership_id, changes)
        await self._write_members(partnership_id, changes)
        ids = await self._ids(t.member, partnership_id)
        await self._write_posts(changes, ids, await self._ids(t.school, partnership_id))
        await self._write_profiles(changes, ids)

    # --- reading --------------------------------------------------------------------------------------------

    async def _stored_roster(self, partnership_id: int) -> Roster:
        """Read all schools, and all members who are not erased, as a roster."""
        schools = select(*columns(t.school, RosterSchool)).where(t.school.c.partnership_id == partnership_id)
        return Roster(
            schools=await self._all(RosterSchool, schools), people=await self._stored_people(partnership_id)
        )

    async def _stored_people(self, partnership_id: int) -> tuple[RosterPerson, ...]:
        posts: defaultdict[int, list[tuple[Role, str]]] = defaultdict(list)
        held = select(t.post.c.member_id, t.post.c.role, t.school.c.source_id).join_from(t.post, t.school)
        held = held.where(t.school.c.partnership_id == partnership_id).order_by(
            t.post.c.member_id, t.post.c.position
        )
        for row in await self._connection.execute(held):
            posts[row.member_id].append((row.role, row.source_id))
        people = select(t.member, t.profile).join_from(t.member, t.profile, isouter=True)
        people = people.where(t.member.c.partnership_id == partnership_id, t.member.c.erased_at.is_(None))
        return tuple(
            RosterPerson(
                source_id=row.source_id,
                given_name=row.given_name,
                family_name=row.family_name,
                email=row.email,
                posts=tuple(posts[row.id]),
                language=row.language,
                profile=Profile() if row.subjects is None else profile_from(row),
                active=row.active,
            )
            for row in await self._connection.execute(people.order_by(t.member.c.id))
        )

    async def _ids(self, table: Table, partnership_id: int) -> Mapping[str, int]:
        known = select(table.c.source_id, table.c.id).where(table.c.partnership_id == partnership_id)
        return {row.source_id: row.id for row in await self._connection.execute(known)}

    # --- writing --------------------------------------------------------------------------------------------

    async def _write_schools(self, partnership_id: int, changes: Difference) -> None:
        new = [after for before, after in changes.schools if before is None]
        await self._add(t.school, [values(_new_school(partnership_id, each), "id") for each in new])
        changed = [after for before, after in changes.schools if before is not None]
        await self._change(t.school, partnership_id, [values(each) for each in changed])

    async def _write_members(self, partnership_id: int, changes: Difference) -> None:
        language = await self._connection.scalar(
            select(t.partnership.c.language).where(t.partnership.c.id == partnership_id)
        )
        at_first = {"partnership_id": partnership_id, "language": language, **hours_columns(Hours())}
        new = [after for before, after in changes.people if before is None]
        await self._add(t.member, [at_first | _member_columns(each) for each in new])
        changed = [after for before, after in changes.people if before is not None]
        await self._change(t.member, partnership_id, [_member_columns(each) for each in changed])

    async def _write_posts(
        self, changes: Difference, member_ids: Mapping[str, int], school_ids: Mapping[str, int]
    ) -> None:
        moved = [after for before, after in changes.people if before is None or before.posts != after.posts]
        for ids in batches([member_ids[person.source_id] for person in moved]):
            await self._connection.execute(delete(t.post).where(t.post.c.member_id.in_(ids)))
        rows = [
            {
                "member_id": member_ids[person.source_id],
                "position": position,
                "school_id": school_ids[school_source_id],
                "role": role,
            }
            for person in moved
            for position, (role, school_source_id) in enumerate(person.posts)
        ]
        await self._add(t.post, rows)

    async def _write_profiles(self, changes: Difference, member_ids: Mapping[str, int]) -> None:
        rows = [
            {"member_id": member_ids[after.source_id], **values(after.profile)}
            for before, after in changes.people
            if after.profile is not None and after.profile != (before.profile if before else Profile())
        ]
        for ids in batches([row["member_id"] for row in rows]):
            await self._connection.execute(delete(t.profile).where(t.profile.c.member_id.in_(ids)))
        await self._add(t.profile, rows)

    async def _add(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            await self._connection.execute(insert(table), rows)

    async def _change(self, table: Table, partnership_id: int, rows: Sequence[dict[str, Any]]) -> None:
        """Update the rows that have the same source ids."""
        if rows:
            named = table.c.source_id == bindparam("old_source_id")
            found = update(table).where(table.c.partnership_id == partnership_id, named)
            changed = [{**row, "old_source_id": row["source_id"]} for row in rows]
            await self._connection.execute(found, changed)


def _new_school(partnership_id: int, came: RosterSchool) -> School:
    """Return a school with the model's defaults for everything that the roster leaves open."""
    given = {name: value for name, value in values(came).items() if value is not None}
    return School(id=0, partnership_id=partnership_id, **given)


def _member_columns(person: RosterPerson) -> dict[str, Any]:
    """Return a person's columns, without the language if the roster gives none."""
    row = values(person, "posts", "profile")
    if person.language is None:
        del row["language"]
    return row
