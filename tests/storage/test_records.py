"""Handled events and published digests: repeating them changes nothing."""

from __future__ import annotations

from datetime import date

from bot.events import Event, Joined
from bot.model import Address
from storage.store import SqlStore
from tests.storage.world import DAY, NOW, World


def event(event_id: str = "e1", workspace: str = "T1", platform: str = "slack") -> Event:
    return Event(id=event_id, at=NOW, sender=Address(platform, workspace, "U1"), what=Joined())


async def test_an_event_is_new_once_on_its_platform_and_workspace(store: SqlStore) -> None:
    async with store.transaction() as tx:
        assert await tx.events.first_time(event())
        assert not await tx.events.first_time(event())
        assert await tx.events.first_time(event(workspace="T2"))
        assert await tx.events.first_time(event(platform="teams"))
        assert await tx.events.first_time(event("e2"))


async def test_old_marks_are_forgotten_and_counted(store: SqlStore) -> None:
    async with store.transaction() as tx:
        await tx.events.first_time(event())

        assert await tx.events.prune(NOW) == 0
        assert await tx.events.prune(NOW + DAY) == 1
        assert await tx.events.first_time(event())


async def test_a_week_is_published_once_and_stays_as_it_was(world: World) -> None:
    school_id = world.schools["s-bryn"].id
    first, second = date(2026, 11, 23), date(2026, 11, 30)
    async with world.store.transaction() as tx:
        await tx.digests.publish(world.cycle.id, second, {school_id: {"band": None}})
        await tx.digests.publish(world.cycle.id, first, {school_id: {"band": 3, "ties": [1, 2]}})
        await tx.digests.publish(world.cycle.id, first, {school_id: {"band": 4}})
        published = await tx.digests.published(world.cycle.id, school_id)

        assert await tx.digests.published(world.cycle.id, world.schools["s-kauri"].id) == ()
    assert published == ((first, {"band": 3, "ties": [1, 2]}), (second, {"band": None}))
