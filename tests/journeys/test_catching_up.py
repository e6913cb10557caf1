"""After days without a process, a holiday, or a clock that jumped: what is sent is what a good colleague would send."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.model import ASKS, DeliveryState
from bot.prompts import Prompts
from bot.rules.school_time import Term
from storage.store import SqlStore
from tests.journeys.town import Town, build, plain
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)
LONDON = timedelta(hours=1)
PEOPLE = {"Oak": ["Ann Ash", "Amy Alder"], "Elm": ["Cat Cox", "Cy Cole"]}
TEACHERS = [name for names in PEOPLE.values() for name in names]


async def cycle_confirmed(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, prompts, PEOPLE, MONDAY, principals=False)
    await town.run(date(2026, 9, 14), "joint-practice-6wk")
    return town


pytestmark = [
    pytest.mark.core,  # what is sent when; how it looks has tests of its own
    begins_with(cycle_confirmed),
]


async def down(town: Town, until: datetime) -> dict[str, int]:
    """Nothing runs until then; how many messages each has had before."""
    town.now = until
    return {name: len(town.post.received[name]) for name in TEACHERS}


def since(town: Town, before: dict[str, int], name: str) -> list[tuple[datetime, str]]:
    """When they got what, after the silence."""
    received = town.post.received[name][before[name] :]
    return list(zip(town.post.at[name][before[name] :], map(plain, received), strict=True))


async def asks_a_day(town: Town) -> list[int]:
    """For each person and day on which they were asked anything: how often."""
    counted: dict[tuple[int, date], int] = {}
    for each in await town.deliveries():
        if each.kind in ASKS and each.state is DeliveryState.SENT and each.settled_at:
            key = (each.member_id, (each.settled_at + LONDON).date())
            counted[key] = counted.get(key, 0) + 1
    return list(counted.values())


async def test_after_three_days_down_each_is_asked_once_at_the_asking_time(town: Town) -> None:
    await town.until(ASKED - timedelta(hours=1))
    before = await down(town, datetime(2026, 9, 17, 8, 0, tzinfo=UTC))  # a Thursday, during the first lesson
    await town.until(datetime(2026, 9, 17, 20, 0, tzinfo=UTC))

    for name in TEACHERS:
        [(at, said)] = since(town, before, name)
        assert at == datetime(2026, 9, 17, 14, 30, tzinfo=UTC)
        assert "[" in said
    assert set(await asks_a_day(town)) == {1}


async def test_a_weekend_down_sends_nothing_on_the_weekend_and_no_burst_on_monday(town: Town) -> None:
    await town.until(datetime(2026, 9, 18, 12, 0, tzinfo=UTC))
    before = await down(town, datetime(2026, 9, 20, 12, 0, tzinfo=UTC))  # it comes back on a Sunday
    await town.until(datetime(2026, 9, 22, 8, 0, tzinfo=UTC))

    for name in TEACHERS:
        found = since(town, before, name)
        assert all(at.date() == date(2026, 9, 21) for at, _ in found)
        assert len(found) <= 2
    assert set(await asks_a_day(town)) == {1}


async def test_a_fortnight_of_holidays_saves_nothing_up(town: Town) -> None:
    await town.until(ASKED + timedelta(hours=1))
    async with town.store.transaction() as tx:  # a holiday that nobody had told us of
        terms = [
            Term("", date(2026, 9, 1), date(2026, 9, 18)),
            Term("", date(2026, 10, 5), date(2026, 12, 18)),
        ]
        for school in await tx.schools.of((await tx.schools.partnerships())[0].id):
            await tx.schools.set_calendar(school.id, terms, {})
    await town.until(datetime(2026, 9, 18, 20, 0, tzinfo=UTC))
    before = await down(town, town.now)
    await town.until(datetime(2026, 10, 5, 22, 0, tzinfo=UTC))

    for name in TEACHERS:
        found = since(town, before, name)
        assert all(at >= datetime(2026, 10, 5, tzinfo=UTC) for at, _ in found)
        assert len(found) <= 2
    assert set(await asks_a_day(town)) == {1}


async def test_a_clock_that_jumps_back_asks_nobody_again(town: Town) -> None:
    await town.until(ASKED + timedelta(hours=1))
    before = await down(town, ASKED - timedelta(days=2))
    await town.until(ASKED + timedelta(hours=2))

    assert all(not since(town, before, name) for name in TEACHERS)
    assert set(await asks_a_day(town)) == {1}


async def test_after_a_whole_cycle_down_nothing_old_is_asked(town: Town) -> None:
    await town.until(ASKED - timedelta(hours=1))
    before = await down(town, datetime(2026, 12, 1, 14, 30, tzinfo=UTC))
    await town.until(datetime(2026, 12, 4, 20, 0, tzinfo=UTC))

    for name in TEACHERS:
        assert len(since(town, before, name)) <= 2, "what closed meanwhile is dropped"
    states = {each.state for each in await town.deliveries() if each.kind in ASKS and each.due_at < town.now}
    assert DeliveryState.SENDING not in states
