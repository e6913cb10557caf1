"""Pairs who owe each other notes, all due at once."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.teams.route import Route
from bot.model import Address, Delivery, DeliveryKind, Note, Role, Seat
from bot.model.roster import Roster, RosterPerson, RosterSchool
from bot.ports import NewPairing
from storage.store import SqlStore
from tests.storage.world import FILES, enrolment, new_cycle

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PAIRS = 20


def _roster(pairs: int) -> Roster:
    people = tuple(
        RosterPerson(
            source_id=f"{school}-{n}",
            given_name=f"{school.title()}{n}",
            family_name="Example",
            email=f"{school}{n}@example.org",
            posts=((Role.TEACHER, school),),
        )
        for school in ("oak", "elm")
        for n in range(pairs)
    )
    schools = tuple(
        RosterSchool(source_id=each, name=each.title(), time_zone="UTC") for each in ("oak", "elm")
    )
    return Roster(schools=schools, people=people)


def _where(platform: str, url: str, school: str, member_id: int) -> Address:
    """On Slack each school has a workspace; on Teams both are one tenant: a process sends it one message at a time."""
    if platform == "slack":
        return Address("slack", f"T-{school}", f"U{member_id}", route=f"DU{member_id}")
    route = Route(url, f"chat-{member_id}", "28:bot", f"29:{member_id}", "tenant")
    return Address("teams", "tenant", f"aad-{member_id}", route=route.pack())


async def furnish(
    store: SqlStore, notes: int, platform: str = "slack", url: str = "", pairs: int = PAIRS
) -> None:
    """So many notes between partners, each due. `url`: of the platform, which Teams' people bring along."""
    async with store.transaction() as tx:
        partnership = await tx.schools.add_partnership("Town")
        await tx.schools.apply(partnership.id, _roster(pairs), TUESDAY)
        members = {each.source_id: each for each in await tx.members.of(partnership.id)}
        cycle = await tx.cycles.add(new_cycle(partnership.id), FILES)
        await tx.cycles.invite(
            [enrolment(cycle.id, each.id, each.home_school_id) for each in members.values()]
        )
        owed = []
        for n in range(pairs):
            two = [members[f"oak-{n}"], members[f"elm-{n}"]]
            seats = tuple(Seat(each.id, each.home_school_id) for each in two)
            pairing = await tx.pairings.add(cycle.id, NewPairing(seats, ()), TUESDAY)
            for each in two:
                there = _where(platform, url, each.source_id[:3], each.id)
                await tx.members.connect(there, each.id, TUESDAY)
            for number in range(n, notes, pairs):
                author, reader = two if number // pairs % 2 else reversed(two)
                note = await tx.notes.add(
                    Note(
                        id=0,
                        pairing_id=pairing.id,
                        author_id=author.id,
                        text=f"note {number}",
                        sent_at=TUESDAY,
                    )
                )
                owed.append(
                    Delivery(
                        id=0,
                        partnership_id=partnership.id,
                        cycle_id=cycle.id,
                        member_id=reader.id,
                        kind=DeliveryKind.NOTE,
                        subject_id=note.id,
                        due_at=TUESDAY,
                    )
                )
        await tx.deliveries.owe(owed)
