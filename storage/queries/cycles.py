"""Queries about cycles and enrolments."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeAlias

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import UserError
from bot.model import Cycle, Enrolment, EnrolmentState
from storage import tables as t
from storage.queries.base import Queries, batches, columns, values

Packs: TypeAlias = dict[str, Mapping[str, str]]
"""The files of packs by fingerprint, which are the same in every transaction: a fingerprint names one content."""
MOST_PACKS = 64
_CYCLES = select(*columns(t.cycle, Cycle))
_ENROLMENTS = select(*columns(t.enrolment, Enrolment))


class SqlCycles(Queries):
    """Queries about cycles and enrolments; cycles are read once in a transaction, and packs once in a process."""

    def __init__(self, connection: AsyncConnection, packs: Packs) -> None:
        super().__init__(connection)
        self._packs = packs
        self._fingerprints: dict[int, str] = {}
        self._known: dict[int, Cycle] = {}
        self._current: dict[int, Cycle | None] = {}

    async def add(self, cycle: Cycle, pack_files: Mapping[str, str]) -> Cycle:
        """Add a cycle with a copy of its pack's files, and return it with its id.

        Raises `UserError("cycle-is-open")` if the partnership has a cycle that is not closed.
        """
        self._current.clear()
        fingerprint = await self._keep(pack_files)
        row = self._insert(t.cycle).values(**values(cycle, "id"), pack_fingerprint=fingerprint)
        # A query beforehand would not do: on PostgreSQL two cycles may be started at once.
        row = row.on_conflict_do_nothing(
            index_elements=[t.cycle.c.partnership_id], index_where=t.CYCLE_IS_OPEN
        )
        new_id = await self._connection.scalar(row.returning(t.cycle.c.id))
        if new_id is None:
            raise UserError("cycle-is-open")
        return replace(cycle, id=new_id)

    async def _keep(self, pack_files: Mapping[str, str]) -> str:
        """Store the files once for all cycles that use exactly these, and return their fingerprint."""
        files = dict(pack_files)
        fingerprint = sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
        row = self._insert(t.pack_snapshot).values(fingerprint=fingerprint, files=files)
        await self._connection.execute(row.on_conflict_do_nothing())
        return fingerprint

    async def pack_files(self, cycle_id: int) -> Mapping[str, str]:
        """Return the pack's files as they were when the cycle was added."""
        await self.get(cycle_id)
        fingerprint = self._fingerprints[cycle_id]
        files = self._packs.get(fingerprint)
        if files is None:
            kept = select(t.pack_snapshot.c.files).where(t.pack_snapshot.c.fingerprint == fingerprint)
            files = (await self._connection.execute(kept)).scalar_one()
            if len(self._packs) >= MOST_PACKS:
                self._packs.clear()
            self._packs[fingerprint] = files
        return files

    async def get(self, cycle_id: int) -> Cycle:
        if cycle_id not in self._known:
            one = select(*columns(t.cycle, Cycle), t.cycle.c.pack_fingerprint).where(t.cycle.c.id == cycle_id)
            row = (await self._connection.execute(one)).one_or_none()
            if row is None:
                raise LookupError("there is no such Cycle")
            self.remember(row._asdict())
        return self._known[cycle_id]

    def remember(self, facts: Mapping[str, Any]) -> None:
        """Take a cycle's columns, `pack_fingerprint` among them, that this transaction has read."""
        cycle = Cycle(**{name: fact for name, fact in facts.items() if name != "pack_fingerprint"})
        self._known[cycle.id], self._fingerprints[cycle.id] = cycle, facts["pack_fingerprint"]

    async def current(self, partnership_id: int) -> Cycle | None:
        """Return the partnership's cycle that is not closed."""
        if partnership_id not in self._current:
            is_theirs = t.cycle.c.partnership_id == partnership_id
            self._current[partnership_id] = await self._first(
                Cycle, _CYCLES.where(is_theirs, t.CYCLE_IS_OPEN)
            )
        return self._current[partnership_id]

    async def last(self, partnership_id: int) -> Cycle | None:
        """Return the newest that is open or was confirmed."""
        theirs = _CYCLES.where(
            t.cycle.c.partnership_id == partnership_id,
            or_(t.CYCLE_IS_OPEN, t.cycle.c.confirmed_at.is_not(None)),
        )
        return await self._first(Cycle, theirs.order_by(t.cycle.c.id.desc()))

    async def all_of(self, partnership_id: int) -> tuple[Cycle, ...]:
        """Return the partnership's cycles, newest first."""
        theirs = _CYCLES.where(t.cycle.c.partnership_id == partnership_id)
        return await self._all(Cycle, theirs.order_by(t.cycle.c.id.desc()))

    async def save(self, cycle: Cycle) -> None:
        """Write name, goal, starts_on, state, confirmed_at and closed_at."""
        self._known.pop(cycle.id, None)
        self._current.clear()
        row = update(t.cycle).where(t.cycle.c.id == cycle.id)
        await self._connection.execute(
            row.values(
                name=cycle.name,
                goal=cycle.goal,
                starts_on=cycle.starts_on,
                state=cycle.state,
                confirmed_at=cycle.confirmed_at,
                closed_at=cycle.closed_at,
            )
        )

    async def invite(self, enrolments: Sequence[Enrolment]) -> None:
        """Add enrolments that are not there yet."""
        if enrolments:
            new = self._insert(t.enrolment).on_conflict_do_nothing(index_elements=["cycle_id", "member_id"])
            await self._connection.execute(new, [values(each) for each in enrolments])

    async def enrolment(self, cycle_id: int, member_id: int) -> Enrolment | None:
        one = _ENROLMENTS.where(t.enrolment.c.cycle_id == cycle_id, t.enrolment.c.member_id == member_id)
        return await self._first(Enrolment, one)

    async def enrolments_of(self, cycle_id: int, member_ids: Collection[int]) -> tuple[Enrolment, ...]:
        found: list[Enrolment] = []
        for ids in batches(set(member_ids)):
            theirs = _ENROLMENTS.where(t.enrolment.c.cycle_id == cycle_id, t.enrolment.c.member_id.in_(ids))
            found += await self._all(Enrolment, theirs)
        return tuple(found)

    async def was_opened(self, cycle_id: int) -> bool:
        """Return whether anybody was invited."""
        anybody = select(t.enrolment.c.member_id).where(t.enrolment.c.cycle_id == cycle_id)
        return await self._connection.scalar(anybody.limit(1)) is not None

    async def enrolments(self, cycle_id: int) -> tuple[Enrolment, ...]:
        """Return the enrolments of everybody who was invited."""
        invited = _ENROLMENTS.where(t.enrolment.c.cycle_id == cycle_id)
        return await self._all(Enrolment, invited.order_by(t.enrolment.c.member_id))

    async def save_enrolment(self, enrolment: Enrolment) -> None:
        """Write everything but the school, which the member's pairings refer to."""
        row = update(t.enrolment).where(
            t.enrolment.c.cycle_id == enrolment.cycle_id, t.enrolment.c.member_id == enrolment.member_id
        )
        await self._connection.execute(row.values(values(enrolment, "cycle_id", "member_id", "school_id")))

    async def move_enrolment(self, enrolment: Enrolment) -> None:
        """Write the school of an enrolment without seats."""
        row = update(t.enrolment).where(
            t.enrolment.c.cycle_id == enrolment.cycle_id, t.enrolment.c.member_id == enrolment.member_id
        )
        await self._connection.execute(row.values(school_id=enrolment.school_id))

    async def lock_cohort(self, cycle_id: int) -> None:
        """Mark all who have accepted as the cohort that the cycle's figures are counted in."""
        accepted = update(t.enrolment).where(
            t.enrolment.c.cycle_id == cycle_id, t.enrolment.c.state == EnrolmentState.ACCEPTED
        )
        await self._connection.execute(accepted.values(in_cohort=True))
