from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.model import Note
from tests.storage.world import DAY, HOUR, NOW, World


async def test_a_challenge_given_again_takes_the_place_of_the_first(world: World) -> None:
    async with world.store.transaction() as tx:
        pairing = await world.meet(tx, "Anest", "Tama")
        asked = await world.ask(tx, "Anest", pairing)
        first = await tx.challenges.give(world.challenge(pairing, asked, "Tama"))
        again = replace(world.challenge(pairing, asked, "Tama"), question="And why?", given_at=NOW + HOUR)
        second = await tx.challenges.give(again)

        assert second == replace(again, id=first.id)
        assert await tx.challenges.of_check_in(asked.id) == second
        assert await tx.challenges.of_pairing(pairing.id) == (second,)
        assert await tx.challenges.of_cycle(world.cycle.id) == (second,)
        assert await tx.challenges.get(first.id) == second
        assert await tx.challenges.get(999) is None


async def test_a_challenge_taken_back_is_gone(world: World) -> None:
    async with world.store.transaction() as tx:
        pairing = await world.meet(tx, "Anest", "Tama")
        asked = await world.ask(tx, "Anest", pairing)
        await tx.challenges.give(world.challenge(pairing, asked, "Tama"))
        await tx.challenges.take_back(asked.id)

        assert await tx.challenges.of_check_in(asked.id) is None


async def test_a_release_happens_once_and_editing_does_not_hide_it_again(world: World) -> None:
    async with world.store.transaction() as tx:
        pairing = await world.meet(tx, "Anest", "Tama")
        asked = await world.ask(tx, "Anest", pairing)
        given = world.challenge(pairing, asked, "Tama")
        await tx.challenges.give(given)
        await tx.challenges.release(pairing.id, NOW + HOUR)
        await tx.challenges.release(pairing.id, NOW + DAY)
        edited = await tx.challenges.give(replace(given, suggestion="Ask them."))

    assert edited.released_at == NOW + HOUR
    assert edited.suggestion == "Ask them."


async def test_a_reply_and_its_next_step_are_kept(world: World) -> None:
    async with world.store.transaction() as tx:
        pairing = await world.meet(tx, "Anest", "Tama")
        asked = await world.ask(tx, "Anest", pairing)
        given = await tx.challenges.give(world.challenge(pairing, asked, "Tama"))
        await tx.challenges.release(pairing.id, NOW)
        replied = replace(
            given,
            released_at=NOW,
            reply="I had not seen that.",
            next_step="Ask the four.",
            next_step_on=date(2026, 12, 1),
            replied_at=NOW + HOUR,
        )
        await tx.challenges.save_reply(replied)

        assert await tx.challenges.get(given.id) == replied


async def test_notes_are_kept_by_author(world: World) -> None:
    async with world.store.transaction() as tx:
        pairing = await world.meet(tx, "Anest", "Tama")
        anest = world.members["Anest"]
        note = await tx.notes.add(
            Note(id=0, pairing_id=pairing.id, author_id=anest, text="<!channel> Hello & bore da", sent_at=NOW)
        )

        assert await tx.notes.get(note.id) == note
        assert await tx.notes.by(anest) == (note,)
        assert await tx.notes.by(world.members["Tama"]) == ()
        assert await tx.notes.get(999) is None
