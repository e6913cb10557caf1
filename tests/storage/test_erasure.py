from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from bot.model import (
    Address,
    Answer,
    Challenge,
    CycleState,
    EnrolmentState,
    Hours,
    Note,
    PairingState,
    Profile,
    Reason,
    Share,
)
from storage.playground import SqlConversations
from storage.store import SqlTx
from storage.tables import metadata
from tests.storage.world import HOUR, NOW, ROSTER, World

WORDS = "zanzibar"
"""Stands in everything about Anest: if it is found after erasing, something was not erased."""
COUNTED = ("member", "post", "enrolment", "pairing", "seat", "check_in", "delivery", "note")


async def where_the_words_are(tx: SqlTx) -> set[str]:
    """Return every column of every table that holds the marker, of whatever type."""
    found = set()
    for table in metadata.sorted_tables:
        for row in (await tx.connection.execute(select(table))).mappings():
            found |= {f"{table.name}.{name}" for name, value in row.items() if WORDS in str(value).casefold()}
    return found


async def counts(tx: SqlTx) -> dict[str, int | None]:
    counted = [metadata.tables[name] for name in COUNTED]
    return {
        table.name: await tx.connection.scalar(select(func.count()).select_from(table)) for table in counted
    }


@pytest.fixture
async def spoken(world: World) -> World:
    """Let Anest and her partner Tama write and set everything that a member can."""
    anest, tama = world.members["Anest"], world.members["Tama"]
    named = replace(
        ROSTER.people[0],
        source_id="p-anest",
        given_name=f"Anest {WORDS}",
        family_name=WORDS,
        email=f"{WORDS}@x.test",
        profile=Profile(subjects=(WORDS,), phase=WORDS, offers=(WORDS,), needs=(WORDS,), slots=(WORDS,)),
    )
    async with world.store.transaction() as tx:
        await tx.schools.apply(world.partnership_id, replace(ROSTER, people=(named, *ROSTER.people[1:])), NOW)
        await tx.members.connect(Address("playground", "w", f"u-{WORDS}", route=WORDS), anest, NOW)
        await tx.members.connect(Address("slack", "T1", WORDS, route=WORDS), anest, NOW)
        await tx.members.set_hours(anest, Hours(days=frozenset({0})))
        await tx.members.set_pause(anest, date(2026, 12, 1))
        await tx.members.keep_words(anest, f"{WORDS} held", NOW)
        await tx.files.keep(anest, f"{WORDS} sent", NOW)
        await tx.members.block(anest, world.members["Rosa"], NOW)
        reasons = (Reason("subject", (("subject", WORDS),)),)
        pairing = await tx.pairings.add(
            world.cycle.id, replace(world.pair("Anest", "Tama"), reasons=reasons), NOW
        )
        await tx.notes.add(Note(id=0, pairing_id=pairing.id, author_id=anest, text=WORDS, sent_at=NOW))
        await tx.notes.add(Note(id=0, pairing_id=pairing.id, author_id=tama, text="Tama's note", sent_at=NOW))
        await speak(tx, world, "Anest", "Tama", WORDS, "Tama's reply")
        await speak(tx, world, "Tama", "Anest", "Tama's words", WORDS)
        await tx.deliveries.owe([world.delivery("Anest", 1), world.delivery("Tama", 1)])
        for delivery in await tx.deliveries.of_cycle(world.cycle.id):
            ref = WORDS if delivery.member_id == anest else "C1:1.0"
            await tx.deliveries.settle([replace(delivery, ref=ref)])
    conversations = SqlConversations(world.store)
    for person, words in ((f"u-{WORDS}", WORDS), ("u-tama", "Tama's line")):
        await conversations.add(
            workspace="w",
            person=person,
            at=NOW,
            author="person",
            html=words,
            plain=words,
            previews={"slack": words, "teams": words},
        )
    return world


async def speak(tx: SqlTx, world: World, name: str, partner: str, words: str, reply: str) -> Challenge:
    """Store an answer and a challenge by a member, and the partner's reply."""
    (pairing,) = await tx.pairings.of_cycle(world.cycle.id)
    asked = await world.ask(tx, name, pairing)
    answer = Answer(
        check_in_id=asked.id, question="q", text=words, share=Share.ME, language="en", given_at=NOW
    )
    await tx.check_ins.answer(answer)
    challenge = replace(
        world.challenge(pairing, asked, partner), evidence=words, question=words, suggestion=words
    )
    given = await tx.challenges.give(challenge)
    await tx.challenges.release(pairing.id, NOW)
    replied = replace(given, reply=reply, next_step=reply, next_step_on=date(2026, 12, 1), replied_at=NOW)
    await tx.challenges.save_reply(replied)
    return replied


async def test_not_one_word_of_theirs_is_left_in_any_column_of_any_table(spoken: World) -> None:
    async with spoken.store.transaction() as tx:
        before = await where_the_words_are(tx)
        await tx.members.forget(spoken.members["Anest"], NOW + HOUR)
        after = await where_the_words_are(tx)

    assert len(before) >= 23, f"the test itself has grown thin: {sorted(before)}"
    assert after <= {"playground_line.person"}, "a conversation's owner is its key: see below"


async def test_every_count_stays_the_same(spoken: World) -> None:
    async with spoken.store.transaction() as tx:
        before = await counts(tx)
        await tx.members.forget(spoken.members["Anest"], NOW + HOUR)

        assert await counts(tx) == before


async def test_what_a_partner_said_stays_theirs(spoken: World) -> None:
    async with spoken.store.transaction() as tx:
        await tx.members.forget(spoken.members["Anest"], NOW + HOUR)
        (challenge,) = await tx.challenges.of_cycle(spoken.cycle.id)
        answers = await tx.check_ins.answers_of(spoken.cycle.id, spoken.members["Tama"])
        (note,) = await tx.notes.by(spoken.members["Tama"])
        (delivery,) = (each for each in await tx.deliveries.of_cycle(spoken.cycle.id) if each.ref)

    assert challenge.giver_id == spoken.members["Tama"]
    assert challenge.evidence == "Tama's words"
    assert (challenge.reply, challenge.next_step, challenge.next_step_on) == ("", "", None)
    assert [answer.text for answer in answers["focus"]] == ["Tama's words"]
    assert note.text == "Tama's note"
    assert delivery.member_id == spoken.members["Tama"]
    (line,) = await SqlConversations(spoken.store).lines("w", "u-tama")
    assert line.plain == "Tama's line"


async def test_the_member_is_nobody_and_can_not_be_reached(spoken: World) -> None:
    anest = spoken.members["Anest"]
    async with spoken.store.transaction() as tx:
        await tx.members.forget(anest, NOW + HOUR)
        erased = await tx.members.get(anest)

        assert erased.name == ""
        assert not erased.active
        assert erased.source_id == f"erased-{anest}"
        assert (erased.hours, erased.paused_until) == (Hours(), None)
        assert erased.home_school_id == spoken.schools["s-bryn"].id, "counts by school need it"
        assert await tx.members.address_of(anest) is None
        assert await tx.members.take_words(anest) is None
        assert await tx.members.profile(anest) == Profile()
        assert await tx.members.blocked(spoken.partnership_id) == frozenset()


async def test_they_leave_the_open_cycle_and_stay_in_the_closed_one(spoken: World) -> None:
    anest = spoken.members["Anest"]
    async with spoken.store.transaction() as tx:
        closed = replace(spoken.cycle, state=CycleState.CLOSED, closed_at=NOW)
        await tx.cycles.save(closed)
        second = await tx.cycles.add(replace(spoken.cycle, name="Spring"), {})
        kept = await tx.cycles.enrolment(spoken.cycle.id, anest)
        assert kept is not None
        await tx.cycles.invite([replace(kept, cycle_id=second.id, state=EnrolmentState.INVITED)])
        await tx.members.forget(anest, NOW + HOUR)
        of_first = await tx.cycles.enrolment(spoken.cycle.id, anest)
        of_second = await tx.cycles.enrolment(second.id, anest)

    assert of_first == kept
    assert of_second is not None
    assert of_second.state is EnrolmentState.LEFT


async def test_forgetting_twice_is_harmless(spoken: World) -> None:
    async with spoken.store.transaction() as tx:
        await tx.members.forget(spoken.members["Anest"], NOW)
        await tx.members.forget(spoken.members["Anest"], NOW + HOUR)
        (pairing,) = await tx.pairings.of_cycle(spoken.cycle.id)

    assert pairing.state is PairingState.LIVE, "ending it, and telling the partner, is the core's to do"


async def test_a_line_emptied_by_forgetting_can_still_be_replaced(spoken: World) -> None:
    conversations = SqlConversations(spoken.store)
    (pressed,) = await conversations.lines("w", f"u-{WORDS}")
    async with spoken.store.transaction() as tx:
        await tx.members.forget(spoken.members["Anest"], NOW)

    assert await conversations.lines("w", f"u-{WORDS}") == ()
    await conversations.replace(pressed.id, html="<p>Forgotten</p>", plain="Forgotten", previews={}, at=NOW)
    (line,) = await conversations.lines("w", f"u-{WORDS}")
    assert line.plain == "Forgotten"
