from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import UserError
from bot.events import Event, Joined
from bot.model import Address
from storage.store import SqlStore
from tests.storage.world import FILES, NOW, World, new_cycle

AT_THE_SAME_MOMENT = 8


async def test_leaving_the_block_commits(store: SqlStore) -> None:
    async with store.transaction() as tx:
        await tx.schools.add_partnership("Two Rivers")

    async with store.transaction() as tx:
        assert await tx.schools.partnership_named("Two Rivers")


async def test_raising_rolls_everything_back(store: SqlStore) -> None:
    async def change_ones_mind() -> None:
        async with store.transaction() as tx:
            await tx.schools.add_partnership("Two Rivers")
            raise UserError("changed-my-mind")

    with pytest.raises(UserError):
        await change_ones_mind()

    async with store.transaction() as tx:
        assert await tx.schools.partnerships() == ()


async def test_a_cancelled_transaction_leaves_nothing_and_the_next_one_works(store: SqlStore) -> None:
    begun = asyncio.Event()

    async def never_ends() -> None:
        async with store.transaction() as tx:
            await tx.schools.add_partnership("Two Rivers")
            begun.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(never_ends())
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    async with store.transaction() as tx:
        assert await tx.schools.partnerships() == ()


async def test_of_many_starts_at_once_one_opens_a_cycle_and_the_others_are_told(
    store: SqlStore, other_store: SqlStore
) -> None:
    async with store.transaction() as tx:
        partnership = await tx.schools.add_partnership("Two Rivers")

    async def start(by: SqlStore) -> str:
        try:
            async with by.transaction() as tx:
                await tx.cycles.add(new_cycle(partnership.id), FILES)
                await tx.cycles.all_of(partnership.id)  # still inside, while the others try
        except UserError as error:
            return error.key
        return "started"

    processes = (store, other_store)
    starts = [start(processes[number % 2]) for number in range(AT_THE_SAME_MOMENT)]
    outcomes = await asyncio.gather(*starts)

    assert sorted(outcomes) == ["cycle-is-open"] * (AT_THE_SAME_MOMENT - 1) + ["started"]


async def test_an_event_that_reaches_two_processes_at_once_is_new_to_one_of_them(
    store: SqlStore, other_store: SqlStore
) -> None:
    event = Event(id="e1", at=NOW, sender=Address("slack", "T1", "U1"), what=Joined())

    async def receive(by: SqlStore) -> bool:
        async with by.transaction() as tx:
            return await tx.events.first_time(event)

    outcomes = await asyncio.gather(*(receive(each) for each in (store, other_store) * 4))

    assert outcomes.count(True) == 1


async def test_an_event_whose_effect_failed_is_new_again(store: SqlStore) -> None:
    event = Event(id="e1", at=NOW, sender=Address("slack", "T1", "U1"), what=Joined())

    async def fail() -> None:
        async with store.transaction() as tx:
            assert await tx.events.first_time(event)
            raise UserError("no")

    with pytest.raises(UserError):
        await fail()

    async with store.transaction() as tx:
        assert await tx.events.first_time(event)


async def test_on_sqlite_what_was_read_is_still_true_when_it_is_written(sqlite_url: str) -> None:
    stores = SqlStore(sqlite_url), SqlStore(sqlite_url)
    async with stores[0].transaction() as tx:
        partnership = await tx.schools.add_partnership("Two Rivers")
        cycle = await tx.cycles.add(replace(new_cycle(partnership.id), name="0"), FILES)

    async def count(by: SqlStore) -> None:
        async with by.transaction() as tx:
            kept = await tx.cycles.get(cycle.id)
            await tx.cycles.save(replace(kept, name=str(int(kept.name) + 1)))

    await asyncio.gather(*(count(each) for each in stores * AT_THE_SAME_MOMENT))

    async with stores[0].transaction() as tx:
        assert (await tx.cycles.get(cycle.id)).name == str(2 * AT_THE_SAME_MOMENT)
    for each in stores:
        await each.close()


async def test_partners_who_give_at_the_same_moment_see_each_others_challenge(
    world: World, other_store: SqlStore, database_url: str
) -> None:
    async with world.store.transaction() as tx:
        pairing = await world.meet(tx, "Anest", "Tama")
        asked = {"Anest": await world.ask(tx, "Anest", pairing), "Tama": await world.ask(tx, "Tama", pairing)}
    # On SQLite the second transaction begins when the first has ended.
    both_have_begun = asyncio.Barrier(1 if database_url.startswith("sqlite") else 2)

    async def give(by: SqlStore, giver: str, receiver: str) -> int:
        async with by.transaction() as tx:
            assert await tx.challenges.of_pairing(pairing.id) == () or both_have_begun.parties == 1
            await both_have_begun.wait()
            await tx.challenges.give(world.challenge(pairing, asked[giver], receiver))
            return len(await tx.challenges.of_pairing(pairing.id))

    seen = await asyncio.gather(give(world.store, "Anest", "Tama"), give(other_store, "Tama", "Anest"))

    assert sorted(seen) == [1, 2]


async def test_the_store_has_one_clock_for_all_and_it_goes(store: SqlStore, other_store: SqlStore) -> None:
    moments = [await each.now() for each in (store, other_store) * 2]

    assert moments == sorted(moments)
    assert moments[0].utcoffset() == timedelta()
