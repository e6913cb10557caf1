"""Lanes: one rate limit for each workspace, shared by all processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from bot.model import Address, Delivery, DeliveryState, Limit
from storage import tables as t
from storage.queries.lanes import LINED_UP_AT_ONCE, _allowed, _count_against_limit
from storage.store import SqlStore
from tests.storage.world import DAY, HOUR, NOW, World, until_it_waits

SECOND = timedelta(seconds=1)
SLACK = {"slack": Limit(gap=SECOND, burst=3)}


@dataclass(frozen=True)
class Lane:
    """A row of the lane table."""

    gap_ms: int
    burst: int
    tat: datetime
    name: str = "slack:T"


async def owed(world: World, *names: str, first: int = 0, due_at: datetime = NOW) -> None:
    """Connect each member in their own workspace, and owe one delivery for each time they are named."""
    async with world.store.transaction() as tx:
        for name in set(names):
            await tx.members.connect(Address("slack", f"T-{name}", name), world.members[name], NOW)
        await tx.deliveries.owe(
            [world.delivery(name, first + n, due_at=due_at) for n, name in enumerate(names)]
        )


async def line_up(store: SqlStore, now: datetime = NOW) -> int:
    async with store.transaction() as tx:
        return await tx.lanes.line_up(now, SLACK)


async def claim(store: SqlStore, now: datetime = NOW, limit: int = 20) -> tuple[Delivery, ...]:
    async with store.transaction() as tx:
        return await tx.lanes.claim(now, now + HOUR, limit)


def whose(world: World, claimed: Sequence[Delivery]) -> Counter[str]:
    names = {number: name for name, number in world.members.items()}
    return Counter(names[each.member_id] for each in claimed)


async def test_nothing_is_claimed_before_it_has_lined_up_and_nothing_lines_up_before_it_is_due(
    world: World,
) -> None:
    await owed(world, "Anest", due_at=NOW + HOUR)

    assert await line_up(world.store) == 0
    assert await claim(world.store) == ()
    assert await line_up(world.store, NOW + HOUR) == 1
    assert len(await claim(world.store, NOW + HOUR)) == 1


async def test_a_lane_gives_its_burst_and_then_one_a_gap(world: World) -> None:
    await owed(world, *["Anest"] * 6)
    await line_up(world.store)

    at_once = await claim(world.store)
    assert await claim(world.store, NOW + 0.9 * SECOND) == ()
    one = await claim(world.store, NOW + SECOND)
    two = await claim(world.store, NOW + 3 * SECOND)

    assert [each.subject_id for each in at_once + one + two] == list(range(6))
    assert (len(at_once), len(one), len(two)) == (3, 1, 2)
    assert {each.state for each in at_once} == {DeliveryState.SENDING}
    assert len({each.lease for each in at_once}) == 1


async def test_a_large_school_takes_nothing_from_a_small_one(world: World) -> None:
    await owed(world, *["Anest"] * 30, "Tama", "Rosa")
    await line_up(world.store)

    assert whose(world, await claim(world.store)) == {"Anest": 3, "Tama": 1, "Rosa": 1}


async def test_who_has_no_room_left_in_this_batch_is_first_in_the_next(world: World) -> None:
    await owed(world, *["Anest"] * 3, *["Tama"] * 3, *["Rosa"] * 3)
    await line_up(world.store)

    batches = [await claim(world.store, limit=4) for _ in range(3)]

    assert [len(each) for each in batches] == [4, 4, 1]
    assert whose(world, [one for each in batches for one in each]) == {"Anest": 3, "Tama": 3, "Rosa": 3}


async def test_a_lane_that_fell_asleep_keeps_its_pace_when_it_is_woken(world: World) -> None:
    await owed(world, *["Anest"] * 3)
    await line_up(world.store)
    await claim(world.store)
    assert await claim(world.store, NOW + SECOND) == ()  # nothing waits: it sleeps
    async with world.store.transaction() as tx:
        assert await tx.lanes.next_ready() is None

    await owed(world, *["Anest"] * 5, first=10)
    await line_up(world.store, NOW + SECOND)

    assert len(await claim(world.store, NOW + SECOND)) == 1


async def test_who_is_told_to_wait_waits_alone_asleep_or_not(world: World) -> None:
    await owed(world, *["Anest"] * 5, "Tama")
    async with world.store.transaction() as tx:
        await tx.lanes.line_up(NOW, SLACK)
        await tx.lanes.hold("slack", "T-Anest", NOW + HOUR / 2, SLACK)
        await tx.lanes.hold("slack", "T-Anest", NOW + SECOND, SLACK)  # never earlier again
        await tx.lanes.hold("slack", "T-new", NOW + HOUR, SLACK)

    assert whose(world, await claim(world.store)) == {"Tama": 1}
    async with world.store.transaction() as tx:
        await tx.lanes.hold("slack", "T-Tama", NOW + HOUR, SLACK)  # idle
    await owed(world, "Tama", first=10)
    await line_up(world.store)
    assert await claim(world.store, NOW + HOUR / 2 - SECOND) == ()
    assert whose(world, await claim(world.store, NOW + HOUR / 2)) == {"Anest": 3}
    assert whose(world, await claim(world.store, NOW + HOUR)) == {"Anest": 2, "Tama": 1}


async def test_who_lines_up_while_the_lane_falls_asleep_wakes_it(postgresql_url: str) -> None:
    store = SqlStore(postgresql_url)
    world = await World.begin(store)
    await owed(world, "Anest")
    await line_up(store)
    async with store.transaction() as going_to_sleep:
        assert len(await going_to_sleep.lanes.claim(NOW, NOW + HOUR, 20)) == 1
        await owed(world, "Anest", first=1)
        waking = asyncio.create_task(line_up(store))
        await until_it_waits(store, waking)
    assert await waking == 1
    second = await claim(store)
    await store.close()

    assert [each.subject_id for each in second] == [1]


async def test_many_processes_keep_one_pace_and_share_no_row(world: World, other_store: SqlStore) -> None:
    await owed(world, *["Anest"] * 50, *["Tama"] * 50, *["Rosa"] * 2)

    async def work(store: SqlStore) -> list[Delivery]:
        await line_up(store)
        return [one for _ in range(5) for one in await claim(store)]

    by_all = await asyncio.gather(*(work(each) for each in (world.store, other_store) * 2))
    claimed = [one for each in by_all for one in each]

    assert len({each.id for each in claimed}) == len(claimed)
    assert whose(world, claimed) == {"Anest": 3, "Tama": 3, "Rosa": 2}


async def test_whoever_has_no_address_waits_in_the_lane_of_a_workspace_of_their_school(world: World) -> None:
    async with world.store.transaction() as tx:
        await tx.workspaces.link("slack", "T9", world.schools["s-bryn"], NOW)
        await tx.deliveries.owe(
            [world.delivery(name, n) for n in range(10) for name in ("Anest", "Bethan", "Tama")]
        )
    await line_up(world.store)

    claimed = whose(world, await claim(world.store))
    assert claimed["Anest"] + claimed["Bethan"] == 3
    assert claimed["Tama"] == 10  # there is nowhere to look: nothing will be sent


async def test_an_address_that_is_live_no_more_is_no_lane(world: World) -> None:
    await owed(world, "Anest")
    async with world.store.transaction() as tx:
        await tx.members.connect(Address("slack", "T-new", "U"), world.members["Anest"], NOW - DAY)
        await tx.members.disconnect(Address("slack", "T-Anest", "Anest"), NOW)
    await line_up(world.store)

    async with world.store.transaction() as tx:
        assert (await tx.connection.scalars(select(t.delivery.c.lane))).all() == ["slack:T-new"]


async def test_what_is_dropped_or_owed_for_later_leaves_its_lane(world: World) -> None:
    await owed(world, "Anest", "Tama")
    await line_up(world.store)
    async with world.store.transaction() as tx:
        await tx.deliveries.drop(member_id=world.members["Anest"], cycle_id=None, reason="left", now=NOW)
        await tx.deliveries.owe([world.delivery("Tama", 1, due_at=NOW + DAY)])

    assert await claim(world.store) == ()
    await line_up(world.store, NOW + DAY)
    assert whose(world, await claim(world.store, NOW + DAY)) == {"Tama": 1}


async def test_a_clock_that_jumps_back_puts_nothing_to_sleep(world: World) -> None:
    await owed(world, "Anest")
    await line_up(world.store)

    assert await claim(world.store, NOW - HOUR) == ()
    async with world.store.transaction() as tx:
        assert await tx.lanes.next_ready() == NOW
    assert len(await claim(world.store)) == 1


@pytest.mark.parametrize("ahead", [HOUR, DAY])
async def test_a_clock_that_was_ahead_puts_nothing_to_sleep(world: World, ahead: timedelta) -> None:
    await owed(world, *["Anest"] * 10)
    await line_up(world.store, NOW + ahead)
    assert len(await claim(world.store, NOW + ahead)) == 3
    async with world.store.transaction() as tx:  # a clock that was ahead asked for patience, too
        await tx.lanes.hold("slack", "T-Anest", NOW + ahead + HOUR, SLACK)

    later = [await claim(world.store, NOW + n * SECOND) for n in range(10)]

    assert sum(map(len, later)) == 7


async def test_new_limits_hold_from_the_next_in_line_on(world: World) -> None:
    await owed(world, *["Anest"] * 10)
    await line_up(world.store)
    await claim(world.store)
    await owed(world, "Anest", first=20)
    async with world.store.transaction() as tx:
        await tx.lanes.line_up(NOW, {"slack": Limit(gap=SECOND / 10, burst=10)})

    assert len(await claim(world.store, NOW + 3 * SECOND)) == 8


async def test_a_crowd_lines_up_by_hundreds(world: World) -> None:
    await owed(world, *["Anest"] * (LINED_UP_AT_ONCE + 5))

    assert await line_up(world.store) == LINED_UP_AT_ONCE
    assert await line_up(world.store) == 5
    assert await line_up(world.store) == 0


async def test_what_is_played_takes_all_at_once_from_lanes_as_well(world: World) -> None:
    await owed(world, *["Anest"] * 5)
    await line_up(world.store)
    async with world.store.transaction() as tx:
        assert len(await tx.deliveries.claim(NOW, NOW + HOUR, 10)) == 5

    assert await claim(world.store) == ()


@pytest.mark.parametrize("state", ["sending", "sent", "dropped"])
async def test_only_what_is_queued_is_in_a_lane(world: World, state: str) -> None:
    await owed(world, "Anest")
    await line_up(world.store)
    moved = {"state": state, "settled_at": NOW, "lease_until": NOW if state == "sending" else None}

    with pytest.raises(IntegrityError, match="queued_in_a_lane"):
        async with world.store.transaction() as tx:
            await tx.connection.execute(update(t.delivery).values(moved))


@given(
    gap=st.integers(1, 2_000),
    burst=st.integers(1, 20),
    steps=st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 30)), max_size=30),
)
def test_in_any_stretch_of_time_a_lane_never_gives_more_than_it_may(
    gap: int, burst: int, steps: list[tuple[int, int]]
) -> None:
    lane: Any = Lane(gap_ms=gap, burst=burst, tat=NOW)
    given_at: list[datetime] = []
    now = NOW
    for wait, wanted in steps:
        now += wait * timedelta(milliseconds=1)
        quota = min(_allowed(lane, now), wanted)
        lane = replace(lane, tat=_count_against_limit(lane, now, quota, is_empty=False)["new_tat"])
        given_at += [now] * quota
    for first, start in enumerate(given_at):
        for last in range(first, len(given_at)):
            stretch = (given_at[last] - start) // timedelta(milliseconds=1)
            assert last - first + 1 <= burst + stretch // gap


async def test_beside_a_large_school_at_its_limit_small_ones_wait_a_moment_only(store: SqlStore) -> None:
    """Play three workers at ten claims a second: 90 messages of one school at 3/s, two each of the others."""
    world = await World.begin(store)
    large, small = "Anest", ("Tama", "Rosa", "Bethan")
    await owed(world, *[large] * 90)
    await owed(world, *small * 2, first=100)
    pace = {"slack": Limit(gap=SECOND / 3, burst=3)}
    went: dict[int, list[datetime]] = {number: [] for number in world.members.values()}
    now = NOW
    while sum(map(len, went.values())) < 96:
        for _ in range(3):
            async with store.transaction() as tx:
                await tx.lanes.line_up(now, pace)
                for each in await tx.lanes.claim(now, now + HOUR, 20):
                    went[each.member_id].append(now)
        now += SECOND / 10

    assert all(went[world.members[name]][-1] - NOW < SECOND for name in small)
    ideal = (90 - 3) * SECOND / 3
    assert ideal <= went[world.members[large]][-1] - NOW <= ideal * 1.05
