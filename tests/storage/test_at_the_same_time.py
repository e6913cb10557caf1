"""Use cases and workers at the same moment on PostgreSQL: no change is lost, and none deadlock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.model import Address, CheckInState, Delivery, DeliveryKind, DeliveryState, Limit
from storage.store import SqlStore
from tests.storage.world import DAY, HOUR, NOW, World, until_it_waits

LIMITS = {"slack": Limit(timedelta(seconds=1), burst=20)}


@pytest.fixture
async def world(postgresql_url: str) -> AsyncIterator[World]:
    store = SqlStore(postgresql_url, durable=False)
    yield await World.begin(store)
    await store.close()


async def line_up(world: World, *owed: Delivery, workspace: str = "T") -> None:
    async with world.store.transaction() as tx:
        for each in owed:
            there = Address("slack", workspace, f"U{each.member_id}")
            await tx.members.connect(there, each.member_id, NOW)
        await tx.deliveries.owe(owed)
        await tx.lanes.line_up(NOW, LIMITS)


async def claim(world: World, now: datetime = NOW) -> tuple[Delivery, ...]:
    async with world.store.transaction() as tx:
        return await tx.lanes.claim(now, now + HOUR, 20)


async def the_one(world: World) -> Delivery:
    async with world.store.transaction() as tx:
        [found] = await tx.deliveries.of_cycle(world.cycle.id)
    return found


async def test_what_a_use_case_puts_off_at_this_moment_is_not_claimed_today(world: World) -> None:
    await line_up(world, world.delivery("Anest", 1))
    async with world.store.transaction() as planning_anew:
        await planning_anew.deliveries.owe([world.delivery("Anest", 1, due_at=NOW + 7 * DAY)])
        claiming = asyncio.create_task(claim(world))
        await until_it_waits(world.store, claiming)
        assert claiming.done(), "it waits for a use case, with lanes in hand"

    assert await claiming == ()
    assert await claim(world) == ()
    assert (await the_one(world)).due_at == NOW + 7 * DAY


async def test_what_a_use_case_held_and_left_as_it_was_goes_at_the_next_look(world: World) -> None:
    await line_up(world, world.delivery("Anest", 1), world.delivery("Anest", 2))
    async with world.store.transaction() as reading:
        await reading.deliveries.refresh(DeliveryKind.CHECK_IN, 1, NOW)
        assert [each.subject_id for each in await claim(world)] == [2]

    assert [each.subject_id for each in await claim(world)] == [1]


async def test_a_use_case_and_a_claim_never_wait_in_a_circle(world: World) -> None:
    await line_up(world, *(world.delivery("Anest", number) for number in (1, 2, 3)))
    async with world.store.transaction() as use_case:
        await use_case.deliveries.bring_forward(DeliveryKind.CHECK_IN, [3], NOW - HOUR)
        claiming = asyncio.create_task(claim(world))
        await until_it_waits(world.store, claiming)
        await use_case.deliveries.bring_forward(DeliveryKind.CHECK_IN, [1], NOW - HOUR)

    assert len([*await claiming, *await claim(world)]) == 3


@pytest.mark.parametrize("is_settled_first", [False, True])
async def test_words_that_change_while_they_are_settled_are_mended(
    world: World, *, is_settled_first: bool
) -> None:
    await line_up(world, world.delivery("Anest", 1))
    [claimed] = await claim(world)
    sent = replace(claimed, state=DeliveryState.SENT, ref="D:1", settled_at=NOW)

    async def settle() -> None:
        async with world.store.transaction() as tx:
            await tx.deliveries.settle([sent])

    async def change() -> None:
        async with world.store.transaction() as tx:
            await tx.deliveries.refresh(DeliveryKind.CHECK_IN, 1, NOW)

    first, second = (settle, change) if is_settled_first else (change, settle)
    async with world.store.transaction() as both_wait:
        await both_wait.connection.exec_driver_sql("SELECT 1 FROM delivery FOR UPDATE")
        one = asyncio.create_task(first())
        for _ in range(50):
            await asyncio.sleep(0)
        two = asyncio.create_task(second())
    await asyncio.gather(one, two)

    assert await the_one(world) == replace(sent, state=DeliveryState.QUEUED)


async def test_what_is_planned_anew_while_its_question_is_settled_stays_planned_anew(world: World) -> None:
    async with world.store.transaction() as tx:
        asked = await world.ask(tx, "Anest")
        await tx.check_ins.save(replace(asked, state=CheckInState.PLANNED))
    async with world.store.transaction() as settling:
        assert await settling.check_ins.get(asked.id)
        async with world.store.transaction() as planning:
            await planning.check_ins.save(replace(asked, state=CheckInState.PLANNED, closes_at=NOW + 9 * DAY))
        await settling.check_ins.open({asked.id: "pupils"})
    async with world.store.transaction() as tx:
        now = await tx.check_ins.get(asked.id)

    assert now == replace(asked, state=CheckInState.OPEN, asking="pupils", closes_at=NOW + 9 * DAY)


@pytest.mark.parametrize("state", [CheckInState.ANSWERED, CheckInState.SKIPPED])
async def test_who_was_quicker_than_settling_is_asked_nothing_again(
    world: World, state: CheckInState
) -> None:
    async with world.store.transaction() as tx:
        asked = await world.ask(tx, "Anest")
        await tx.check_ins.save(replace(asked, state=state))
        await tx.check_ins.open({asked.id: "pupils"})
        now = await tx.check_ins.get(asked.id)

    assert now == replace(asked, state=state)
