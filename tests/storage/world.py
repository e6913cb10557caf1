"""A small partnership to test the store with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from bot.model import (
    Challenge,
    CheckIn,
    CheckInState,
    Cycle,
    CycleState,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Enrolment,
    EnrolmentState,
    Pairing,
    Role,
    School,
    Seat,
)
from bot.model.roster import Roster, RosterPerson, RosterSchool
from bot.ports import NewPairing
from storage import tables as t
from storage.queries.base import columns, values
from storage.store import SqlStore, SqlTx
from tests.support.limits import HANG

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FILES = {"pack.yaml": "id: joint-practice-6wk", "steps/1-focus.en.md": "What puzzles you?"}

BRYN = RosterSchool(source_id="s-bryn", name="Ysgol y Bryn", time_zone="Europe/London", holidays="GB-WLS")
KAURI = RosterSchool(source_id="s-kauri", name="Kauri School", time_zone="Pacific/Auckland")
RIVER = RosterSchool(source_id="s-river", name="Riverside")


def person(name: str, school: RosterSchool, role: Role = Role.TEACHER) -> RosterPerson:
    return RosterPerson(
        source_id=f"p-{name.lower()}",
        given_name=name,
        family_name="Example",
        email=f"{name.lower()}@{school.source_id}.test",
        posts=((role, school.source_id),),
    )


ROSTER = Roster(
    schools=(BRYN, KAURI, RIVER),
    people=(person("Anest", BRYN), person("Tama", KAURI), person("Rosa", RIVER), person("Bethan", BRYN)),
)


@dataclass(frozen=True)
class World:
    store: SqlStore
    partnership_id: int
    schools: dict[str, School]
    members: dict[str, int]
    cycle: Cycle

    @classmethod
    async def begin(cls, store: SqlStore) -> World:
        """Import the roster and start a cycle with everybody in it."""
        async with store.transaction() as tx:
            partnership = await tx.schools.add_partnership("Two Rivers")
            await tx.schools.apply(partnership.id, ROSTER, NOW)
            schools = {each.source_id: each for each in await tx.schools.of(partnership.id)}
            members = {each.given_name: each for each in await tx.members.of(partnership.id)}
            cycle = await tx.cycles.add(new_cycle(partnership.id), FILES)
            enrolments = [enrolment(cycle.id, each.id, each.home_school_id) for each in members.values()]
            await tx.cycles.invite(enrolments)
        ids = {name: each.id for name, each in members.items()}
        return cls(store=store, partnership_id=partnership.id, schools=schools, members=ids, cycle=cycle)

    def seat(self, name: str) -> Seat:
        member_id = self.members[name]
        of_person = next(each for each in ROSTER.people if each.given_name == name)
        return Seat(member_id, self.schools[of_person.posts[0][1]].id)

    def pair(self, *names: str) -> NewPairing:
        return NewPairing(seats=tuple(self.seat(name) for name in names), reasons=())

    async def meet(self, tx: SqlTx, *names: str) -> Pairing:
        return await tx.pairings.add(self.cycle.id, self.pair(*names), NOW)

    async def ask(self, tx: SqlTx, name: str, pairing: Pairing | None = None, step: str = "focus") -> CheckIn:
        (added,) = await tx.check_ins.add([self.check_in(name, pairing, step)])
        return added

    def check_in(self, name: str, pairing: Pairing | None = None, step: str = "focus") -> CheckIn:
        return CheckIn(
            id=0,
            cycle_id=self.cycle.id,
            member_id=self.members[name],
            pairing_id=pairing.id if pairing else None,
            step=step,
            due_at=NOW,
            closes_at=NOW + 3 * DAY,
            state=CheckInState.OPEN,
        )

    def challenge(self, pairing: Pairing, check_in: CheckIn, receiver: str) -> Challenge:
        return Challenge(
            id=0,
            check_in_id=check_in.id,
            pairing_id=pairing.id,
            giver_id=check_in.member_id,
            receiver_id=self.members[receiver],
            evidence="Four pupils chose the hardest task.",
            question="What made them choose it?",
            suggestion="Let them say why.",
            given_at=NOW,
        )

    async def keep(self, tx: SqlTx, *deliveries: Delivery) -> None:
        """Write deliveries to the ledger as given, in any state."""
        rows = [
            values(each, "id")
            | {"dedupe_key": each.dedupe_key}
            | {"lease_until": NOW if each.state is DeliveryState.SENDING else None}
            for each in deliveries
        ]
        await tx.connection.execute(insert(t.delivery), rows)

    async def ledger(self, tx: SqlTx) -> list[Delivery]:
        """Return every delivery of the partnership, by id."""
        theirs = select(*columns(t.delivery, Delivery)).where(
            t.delivery.c.partnership_id == self.partnership_id
        )
        rows = await tx.connection.execute(theirs.order_by(t.delivery.c.id))
        return [Delivery(**row) for row in rows.mappings()]

    def delivery(
        self, name: str, subject_id: int, kind: DeliveryKind = DeliveryKind.CHECK_IN, due_at: datetime = NOW
    ) -> Delivery:
        return Delivery(
            id=0,
            partnership_id=self.partnership_id,
            cycle_id=self.cycle.id,
            member_id=self.members[name],
            kind=kind,
            subject_id=subject_id,
            due_at=due_at,
        )


def new_cycle(partnership_id: int, state: CycleState = CycleState.RUNNING) -> Cycle:
    return Cycle(
        id=0,
        partnership_id=partnership_id,
        name="Autumn",
        goal="Every child explains their thinking",
        pack_id="joint-practice-6wk",
        pack_version="1",
        state=state,
        starts_on=date(2026, 11, 30),
        created_at=NOW,
    )


def enrolment(cycle_id: int, member_id: int, school_id: int) -> Enrolment:
    return Enrolment(
        cycle_id=cycle_id,
        member_id=member_id,
        school_id=school_id,
        state=EnrolmentState.ACCEPTED,
        invited_at=NOW,
        answered_at=NOW,
    )


async def until_it_waits(store: SqlStore, begun: asyncio.Task[Any], waiting: int = 1) -> None:
    """Wait until that many connections wait for a lock in PostgreSQL, or the task has ended."""
    async with asyncio.timeout(HANG):
        while not begun.done():
            async with store.transaction() as tx:
                counted = await tx.connection.exec_driver_sql(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted"
                )
                if counted.scalar_one() >= waiting:
                    return
