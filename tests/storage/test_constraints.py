"""Invalid states that the database itself refuses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, time

import pytest
from sqlalchemy import Table, delete, insert, update
from sqlalchemy.exc import IntegrityError

from bot.model import Answer, Note, PairingState, Post, Role, Seat, Share
from bot.ports import NewPairing
from bot.rules.school_time import Term
from storage import tables as t
from storage.store import SqlTx
from tests.storage.world import DAY, NOW, World, enrolment

Attempt = Callable[[SqlTx, World], Awaitable[object]]


async def pairing_of_one_school(tx: SqlTx, world: World) -> None:
    await world.meet(tx, "Anest", "Bethan")


async def proposal_of_one_school(tx: SqlTx, world: World) -> None:
    await tx.pairings.propose(world.cycle.id, [world.pair("Anest", "Bethan")], NOW)


async def somebody_paired_with_themselves(tx: SqlTx, world: World) -> None:
    other_school = Seat(world.members["Anest"], world.schools["s-kauri"].id)
    await tx.pairings.add(world.cycle.id, NewPairing((world.seat("Anest"), other_school), ()), NOW)


async def two_live_pairings_of_one_member(tx: SqlTx, world: World) -> None:
    await world.meet(tx, "Anest", "Tama")
    await world.meet(tx, "Anest", "Rosa")


async def seat_for_a_school_they_are_not_enrolled_for(tx: SqlTx, world: World) -> None:
    elsewhere = Seat(world.members["Anest"], world.schools["s-river"].id)
    await tx.pairings.add(world.cycle.id, NewPairing((elsewhere, world.seat("Tama")), ()), NOW)


async def fourth_seat(tx: SqlTx, world: World) -> None:
    pairing = await world.meet(tx, "Anest", "Tama")
    await tx.pairings.add_third(pairing.id, world.seat("Rosa"))
    await tx.pairings.add_third(pairing.id, world.seat("Bethan"))


async def two_pairings_of_one_number(tx: SqlTx, world: World) -> None:
    pairing = await world.meet(tx, "Anest", "Tama")
    again = {"cycle_id": world.cycle.id, "number": pairing.number, "state": PairingState.PROPOSED}
    await tx.connection.execute(insert(t.pairing).values(**again, reasons=[], created_at=NOW))


async def live_pairing_without_its_moment(tx: SqlTx, world: World) -> None:
    live = {"cycle_id": world.cycle.id, "number": 7, "state": PairingState.LIVE}
    await tx.connection.execute(insert(t.pairing).values(**live, reasons=[], created_at=NOW))


async def enrolment_in_no_cycle(tx: SqlTx, world: World) -> None:
    await tx.cycles.invite([enrolment(999, world.members["Anest"], world.schools["s-bryn"].id)])


async def second_open_cycle_by_reopening(tx: SqlTx, world: World) -> None:
    other = {column.name: getattr(world.cycle, column.name, None) for column in t.cycle.c}
    other |= {"pack_fingerprint": "0" * 64}
    await tx.connection.execute(insert(t.pack_snapshot).values(fingerprint="0" * 64, files={}))
    del other["id"]
    await tx.connection.execute(insert(t.cycle).values(other))


async def closed_cycle_without_its_moment(tx: SqlTx, world: World) -> None:
    await tx.connection.execute(update(t.cycle).values(state="closed"))


async def groups_of_four(tx: SqlTx, world: World) -> None:
    await tx.connection.execute(update(t.cycle).values(group_size=4))


async def check_in_of_somebody_not_enrolled(tx: SqlTx, world: World) -> None:
    await tx.check_ins.add([replace(world.check_in("Anest"), member_id=999)])


async def check_in_that_closes_before_it_is_due(tx: SqlTx, world: World) -> None:
    await tx.check_ins.add([replace(world.check_in("Anest"), closes_at=NOW - DAY)])


async def check_in_in_a_pairing_of_others(tx: SqlTx, world: World) -> None:
    pairing = await world.meet(tx, "Anest", "Tama")
    await world.ask(tx, "Rosa", pairing)


async def answer_without_its_check_in(tx: SqlTx, world: World) -> None:
    said = Answer(check_in_id=999, question="q", text="yes", share=Share.ME, language="en", given_at=NOW)
    await tx.check_ins.answer(said)


async def challenge_without_its_check_in(tx: SqlTx, world: World) -> None:
    pairing = await world.meet(tx, "Anest", "Tama")
    asked = await world.ask(tx, "Anest", pairing)
    await tx.challenges.give(replace(world.challenge(pairing, asked, "Tama"), check_in_id=999))


async def challenge_to_oneself(tx: SqlTx, world: World) -> None:
    pairing = await world.meet(tx, "Anest", "Tama")
    asked = await world.ask(tx, "Anest", pairing)
    await tx.challenges.give(world.challenge(pairing, asked, "Anest"))


async def challenge_to_somebody_elses_partner(tx: SqlTx, world: World) -> None:
    pairing = await world.meet(tx, "Anest", "Tama")
    asked = await world.ask(tx, "Anest", pairing)
    await tx.challenges.give(world.challenge(pairing, asked, "Rosa"))


async def challenge_without_evidence(tx: SqlTx, world: World) -> None:
    pairing = await world.meet(tx, "Anest", "Tama")
    asked = await world.ask(tx, "Anest", pairing)
    await tx.challenges.give(replace(world.challenge(pairing, asked, "Tama"), evidence=""))


async def reply_before_the_release(tx: SqlTx, world: World) -> None:
    pairing = await world.meet(tx, "Anest", "Tama")
    asked = await world.ask(tx, "Anest", pairing)
    given = await tx.challenges.give(world.challenge(pairing, asked, "Tama"))
    await tx.challenges.save_reply(replace(given, reply="Thank you", replied_at=NOW))


async def note_into_a_pairing_of_others(tx: SqlTx, world: World) -> None:
    pairing = await world.meet(tx, "Anest", "Tama")
    note = Note(id=0, pairing_id=pairing.id, author_id=world.members["Rosa"], text="Hello", sent_at=NOW)
    await tx.notes.add(note)


async def delivery_to_nobody(tx: SqlTx, world: World) -> None:
    await tx.deliveries.owe([replace(world.delivery("Anest", 1), member_id=999)])


async def sending_without_a_lease(tx: SqlTx, world: World) -> None:
    await tx.deliveries.owe([world.delivery("Anest", 1)])
    await tx.connection.execute(update(t.delivery).values(state="sending"))


async def sent_at_no_moment(tx: SqlTx, world: World) -> None:
    await tx.deliveries.owe([world.delivery("Anest", 1)])
    await tx.connection.execute(update(t.delivery).values(state="sent"))


async def delivery_in_a_state_that_is_none(tx: SqlTx, world: World) -> None:
    await tx.deliveries.owe([world.delivery("Anest", 1)])
    await tx.connection.exec_driver_sql("UPDATE delivery SET state = 'lost'")


async def term_that_ends_before_it_begins(tx: SqlTx, world: World) -> None:
    backwards = Term("Spring", date(2027, 4, 1), date(2027, 1, 5))
    await tx.schools.set_calendar(world.schools["s-bryn"].id, [backwards], {})


async def school_that_closes_before_it_opens(tx: SqlTx, world: World) -> None:
    await tx.schools.set_settings(replace(world.schools["s-bryn"], opens=time(17), closes=time(8)))


async def second_school_under_one_source_id(tx: SqlTx, world: World) -> None:
    twin = {column.name: getattr(world.schools["s-bryn"], column.name) for column in t.school.c}
    del twin["id"]
    await tx.connection.execute(insert(t.school).values(twin))


async def post_at_no_school(tx: SqlTx, world: World) -> None:
    post = Post(Role.COORDINATOR, 999)
    row = {"member_id": world.members["Anest"], "position": 1, "school_id": post.school_id, "role": post.role}
    await tx.connection.execute(insert(t.post).values(row))


async def one_role_twice_at_one_school(tx: SqlTx, world: World) -> None:
    school_id = world.schools["s-bryn"].id
    row = {"member_id": world.members["Anest"], "position": 1, "school_id": school_id, "role": Role.TEACHER}
    await tx.connection.execute(insert(t.post).values(row))


async def erased_member_who_is_active(tx: SqlTx, world: World) -> None:
    await tx.members.forget(world.members["Anest"], NOW)
    await tx.connection.execute(update(t.member).values(active=True))


async def somebody_blocked_from_themselves(tx: SqlTx, world: World) -> None:
    await tx.members.block(world.members["Anest"], world.members["Anest"], NOW)


async def second_clock(tx: SqlTx, world: World) -> None:
    await tx.connection.execute(insert(t.playground_clock).values(id=2, now=NOW))


WRONG_STATES: tuple[Attempt, ...] = (
    pairing_of_one_school,
    proposal_of_one_school,
    somebody_paired_with_themselves,
    two_live_pairings_of_one_member,
    seat_for_a_school_they_are_not_enrolled_for,
    fourth_seat,
    two_pairings_of_one_number,
    live_pairing_without_its_moment,
    enrolment_in_no_cycle,
    second_open_cycle_by_reopening,
    closed_cycle_without_its_moment,
    groups_of_four,
    check_in_of_somebody_not_enrolled,
    check_in_that_closes_before_it_is_due,
    check_in_in_a_pairing_of_others,
    answer_without_its_check_in,
    challenge_without_its_check_in,
    challenge_to_oneself,
    challenge_to_somebody_elses_partner,
    challenge_without_evidence,
    reply_before_the_release,
    note_into_a_pairing_of_others,
    delivery_to_nobody,
    sending_without_a_lease,
    sent_at_no_moment,
    delivery_in_a_state_that_is_none,
    term_that_ends_before_it_begins,
    school_that_closes_before_it_opens,
    second_school_under_one_source_id,
    post_at_no_school,
    one_role_twice_at_one_school,
    erased_member_who_is_active,
    somebody_blocked_from_themselves,
    second_clock,
)


@pytest.mark.parametrize("attempt", WRONG_STATES, ids=lambda attempt: attempt.__name__)
async def test_a_wrong_state_is_refused(world: World, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError):
        async with world.store.transaction() as tx:
            await attempt(tx, world)


@pytest.mark.parametrize(
    "table",
    [t.partnership, t.school, t.member, t.cycle, t.pairing, t.check_in, t.enrolment, t.pack_snapshot],
    ids=lambda table: table.name,
)
async def test_what_others_are_about_can_not_be_deleted(world: World, table: Table) -> None:
    async with world.store.transaction() as tx:
        pairing = await world.meet(tx, "Anest", "Tama")
        asked = await world.ask(tx, "Anest", pairing)
        await tx.challenges.give(world.challenge(pairing, asked, "Tama"))

    with pytest.raises(IntegrityError):
        async with world.store.transaction() as tx:
            await tx.connection.execute(delete(table))
