from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from bot.rules.school_time import Calendar, Term
from storage.store import SqlStore
from tests.storage.world import World

AUTUMN = Term("Autumn", date(2026, 9, 3), date(2026, 12, 18))
SPRING = Term("Spring", date(2027, 1, 5), date(2027, 3, 26))


async def test_a_partnership_is_found_by_its_name(store: SqlStore) -> None:
    async with store.transaction() as tx:
        added = await tx.schools.add_partnership("Two Rivers", language="cy")

        assert await tx.schools.partnership_named("Two Rivers") == added
        assert await tx.schools.partnership(added.id) == added
        assert await tx.schools.partnership_named("Three Hills") is None
        assert await tx.schools.partnerships() == (added,)


async def test_a_new_school_teaches_by_its_zone_alone(world: World) -> None:
    async with world.store.transaction() as tx:
        calendar = await tx.schools.calendar(world.schools["s-kauri"].id)

    assert calendar == Calendar(time_zone="Pacific/Auckland")


async def test_a_calendar_is_kept_and_replaced_as_a_whole(world: World) -> None:
    school_id = world.schools["s-bryn"].id
    async with world.store.transaction() as tx:
        await tx.schools.set_calendar(school_id, [SPRING, AUTUMN], {date(2026, 10, 26): "Half-term"})
        first = await tx.schools.calendar(school_id)
        await tx.schools.set_calendar(school_id, [SPRING], {})
        second = await tx.schools.calendar(school_id)

    assert first.terms == (AUTUMN, SPRING)
    assert first.closed == {date(2026, 10, 26)}
    assert first.holidays == "GB-WLS"
    assert second.terms == (SPRING,)
    assert second.closed == frozenset()


async def test_settings_change_what_a_calendar_says_and_no_name(world: World) -> None:
    school = world.schools["s-bryn"]
    changed = replace(
        school, time_zone="Europe/Dublin", ask_at=time(16), lead_name="Carys Lead", name="Other"
    )

    async with world.store.transaction() as tx:
        await tx.schools.set_settings(changed)
        kept = await tx.schools.get(school.id)
        calendar = await tx.schools.calendar(school.id)

    assert kept == replace(changed, name=school.name)
    assert (calendar.time_zone, calendar.ask_at) == ("Europe/Dublin", time(16))


async def test_a_school_that_nobody_knows_is_a_lookup_error(store: SqlStore) -> None:
    async with store.transaction() as tx:
        with pytest.raises(LookupError):
            await tx.schools.get(999)
