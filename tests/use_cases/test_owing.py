from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.model import DeliveryKind
from bot.use_cases.owing import owe
from storage.store import SqlStore
from tests.storage.world import NOW, World


@pytest.fixture
async def world(database_url: str) -> World:
    return await World.begin(SqlStore(database_url, durable=False))


async def test_each_member_is_owed_one_message_at_their_own_next_hour(world: World) -> None:
    wales, auckland = world.members["Anest"], world.members["Tama"]
    expires_at = NOW + timedelta(days=2)
    async with world.store.transaction() as tx:
        members = (await tx.members.many([wales, auckland])).values()
        moments = await owe(
            tx, world.cycle, DeliveryKind.NOTE, 7, members, NOW, occurrence="first", expires_at=expires_at
        )
        owed = {each.member_id: each for each in await tx.deliveries.of_cycle(world.cycle.id)}
    await world.store.close()

    # In Wales it is half past three on a school day; in Auckland it is night, and school opens at half past eight.
    assert moments == {wales: NOW, auckland: datetime(2026, 11, 24, 19, 30, tzinfo=UTC)}
    assert {member_id: each.due_at for member_id, each in owed.items()} == moments
    assert {(each.kind, each.subject_id, each.occurrence, each.expires_at) for each in owed.values()} == {
        (DeliveryKind.NOTE, 7, "first", expires_at)
    }


async def test_nobody_is_owed_anything_without_members(world: World) -> None:
    async with world.store.transaction() as tx:
        assert await owe(tx, world.cycle, DeliveryKind.NOTE, 7, [], NOW) == {}
        assert await tx.deliveries.of_cycle(world.cycle.id) == ()
    await world.store.close()
