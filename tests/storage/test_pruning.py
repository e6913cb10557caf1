"""Pruning: what is deleted from the ledger, and what never is."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from adapters.cli.running import Platforms, send_and_prune
from adapters.cli.settings import Settings
from bot.events import Event, Joined
from bot.model import CARRIES_WORDS, Address, Delivery, DeliveryKind, DeliveryState, Limit
from bot.prompts import Prompts
from bot.worker import pruning
from bot.worker.work import WorkerSettings
from storage import tables as t
from storage.playground import SqlConversations
from storage.queries.workspaces import EXPIRING
from storage.store import SqlStore
from tests.storage.world import DAY, HOUR, NOW, World, until_it_waits
from tests.support.limits import HANG
from tests.support.places import ROOT

MINUTE = timedelta(minutes=1)
YEAR = 365 * DAY
LONG_AGO = NOW - 2 * YEAR
ENDED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DROPPED)


async def keep(world: World, *deliveries: Delivery) -> None:
    async with world.store.transaction() as tx:
        await world.keep(tx, *deliveries)


async def close(world: World, at: datetime = LONG_AGO) -> None:
    async with world.store.transaction() as tx:
        closed = update(t.cycle).where(t.cycle.c.id == world.cycle.id)
        await tx.connection.execute(closed.values(state="closed", closed_at=at))


def ended(world: World, number: int, kind: DeliveryKind = DeliveryKind.CHECK_IN) -> Delivery:
    """Return a delivery that was sent long ago."""
    owed = world.delivery("Anest", number, kind, due_at=LONG_AGO - HOUR)
    return replace(owed, state=DeliveryState.SENT, ref="D1:1.0", settled_at=LONG_AGO)


async def left(world: World) -> list[int]:
    async with world.store.transaction() as tx:
        return sorted(each.subject_id for each in await world.ledger(tx))


async def forget(world: World) -> int:
    """Prune what was settled more than a year ago, and return how many."""
    return await pruning.prune_ledger(world.store, NOW - YEAR, asyncio.Event())


async def portions(store: SqlStore, cycle_id: int | None, before: datetime, limit: int) -> list[int]:
    """Return the sizes of the portions that were deleted, the last of them zero."""
    gone = [limit]
    while gone[-1]:
        async with store.transaction() as tx:
            gone.append(await tx.deliveries.prune(cycle_id, before, limit))
    return gone[1:]


async def test_what_ended_long_ago_in_a_cycle_that_is_long_closed_is_forgotten_and_nothing_else(
    world: World,
) -> None:
    await close(world)
    of_all_kinds = [ended(world, number, kind) for number, kind in enumerate(sorted(DeliveryKind))]
    other_ends = [replace(ended(world, 100 + n), state=state) for n, state in enumerate(ENDED)]
    lately = [replace(each, subject_id=200 + n, settled_at=NOW) for n, each in enumerate(other_ends)]
    under_way = [
        replace(ended(world, 300 + n), state=state)
        for n, state in enumerate(DeliveryState)
        if state not in ENDED
    ]
    await keep(world, *of_all_kinds, *other_ends, *lately, *under_way)

    assert await forget(world) == len(DeliveryKind) - len(CARRIES_WORDS) + 3
    stays = [each for each in of_all_kinds if each.kind in CARRIES_WORDS]
    assert await left(world) == sorted(each.subject_id for each in (*stays, *lately, *under_way))


@pytest.mark.parametrize("closed_at", [None, NOW], ids=["running", "closed lately"])
async def test_of_a_cycle_that_can_still_be_looked_at_nothing_is_forgotten(
    world: World, closed_at: datetime | None
) -> None:
    if closed_at is not None:
        await close(world, closed_at)
    await keep(world, *(ended(world, number) for number in range(3)))

    assert await forget(world) == 0
    assert await portions(world.store, world.cycle.id, NOW - YEAR, 9) == [0]
    assert await left(world) == [0, 1, 2]


async def test_what_belongs_to_no_cycle_is_forgotten_by_its_age_alone(world: World) -> None:
    await keep(
        world,
        replace(ended(world, 1), cycle_id=None),
        replace(ended(world, 2), cycle_id=None, settled_at=NOW),
        replace(ended(world, 3, DeliveryKind.NOTE), cycle_id=None),
        ended(world, 4),
    )

    assert await forget(world) == 1
    assert await left(world) == [2, 3, 4]


async def test_it_goes_in_portions_and_again_and_again_finds_nothing_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "PORTION", 3)
    monkeypatch.setattr(pruning, "SECONDS_BETWEEN_PORTIONS", 0)
    await close(world)
    await keep(world, *(ended(world, number) for number in range(10)))

    async with world.store.transaction() as tx:
        assert await tx.deliveries.cycles_to_prune(NOW - YEAR) == (world.cycle.id,)
        assert await tx.deliveries.prune(world.cycle.id, NOW - YEAR, 3) == 3
    assert len(await left(world)) == 7
    assert await forget(world) == 7
    assert await forget(world) == 0
    async with world.store.transaction() as tx:
        assert await tx.deliveries.cycles_to_prune(NOW - YEAR) == ()


async def test_whoever_is_stopped_leaves_the_rest_for_another_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "PORTION", 1)
    await close(world)
    await keep(world, ended(world, 1), ended(world, 2))
    stopped = asyncio.Event()
    stopped.set()

    assert await pruning.prune_ledger(world.store, NOW - YEAR, stopped) == 0
    assert await forget(world) == 2


async def test_what_carries_words_makes_no_cycle_worth_a_look(world: World) -> None:
    await close(world)
    await keep(world, *(ended(world, n, kind) for n, kind in enumerate(sorted(CARRIES_WORDS))))

    async with world.store.transaction() as tx:
        assert await tx.deliveries.cycles_to_prune(NOW) == ()


async def test_workers_who_prune_at_once_forget_each_row_once(world: World, other_store: SqlStore) -> None:
    await close(world)
    await keep(world, *(ended(world, number) for number in range(60)))

    by_all = await asyncio.gather(
        *(portions(each, world.cycle.id, NOW - YEAR, 7) for each in (world.store, other_store) * 2)
    )

    assert sum(gone for each in by_all for gone in each) == 60
    assert await left(world) == []


async def test_on_postgresql_a_prune_waits_for_nobody_and_nobody_for_it(postgresql_url: str) -> None:
    store = SqlStore(postgresql_url)
    world = await World.begin(store)
    await close(world)
    await keep(world, *(ended(world, number) for number in range(4)), world.delivery("Tama", 9))

    async with store.transaction() as mine, store.transaction() as theirs, store.transaction() as sending:
        await theirs.connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        assert await mine.deliveries.prune(world.cycle.id, NOW - YEAR, 3) == 3
        assert await theirs.deliveries.prune(world.cycle.id, NOW - YEAR, 3) == 1
        assert await sending.lanes.line_up(NOW, {}) == 1
        (claimed,) = await sending.lanes.claim(NOW, NOW + HOUR, 9)
    assert await left(world) == [9]
    await store.close()

    assert claimed.subject_id == 9


async def test_what_stands_in_the_playground_stays(world: World) -> None:
    await close(world)
    await keep(world, ended(world, 1), ended(world, 2))
    async with world.store.transaction() as tx:
        first, _ = await tx.deliveries.of_cycle(world.cycle.id)
    await SqlConversations(world.store).add(
        workspace="W", person="P", at=NOW, author="bot", html="", plain="Kia ora", delivery_id=first.id
    )

    assert await forget(world) == 1
    assert await left(world) == [first.subject_id]


def refreshed() -> set[DeliveryKind]:
    """Return the kinds whose sent messages the core updates."""
    calls = [
        node
        for file in (ROOT / "bot").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("deliveries.refresh")
    ]
    kinds = [ast.unparse(call.args[0]) for call in calls]
    return {
        DeliveryKind[each.removeprefix("DeliveryKind.")] for each in kinds if each.startswith("DeliveryKind.")
    }


def test_whatever_the_core_mends_where_it_stands_is_never_forgotten() -> None:
    assert refreshed()
    # An invitation is changed before its cycle begins; what is pruned belongs to cycles that were closed long ago.
    assert refreshed() - {DeliveryKind.INVITATION} <= CARRIES_WORDS


# --- lanes ----------------------------------------------------------------------------------------------------------


async def lanes(store: SqlStore) -> Sequence[str]:
    async with store.transaction() as tx:
        rows = await tx.connection.execute(t.lane.select().order_by(t.lane.c.name))
        return [row.name for row in rows]


async def fall_asleep(world: World, name: str, first: int = 0) -> None:
    """Send a message through the member's lane, which is found empty and falls asleep a minute later."""
    async with world.store.transaction() as tx:
        await tx.members.connect(Address("slack", f"T-{name}", name), world.members[name], NOW)
        await tx.deliveries.owe([world.delivery(name, first)])
        await tx.lanes.line_up(NOW, {"slack": Limit(gap=timedelta(seconds=1))})
        assert len(await tx.lanes.claim(NOW, NOW + HOUR, 9)) == 1
        assert await tx.lanes.claim(NOW + MINUTE, NOW + HOUR, 9) == ()
        assert await tx.lanes.next_ready() is None


async def test_a_lane_that_slept_long_is_forgotten_and_made_anew_when_somebody_waits_in_it(
    world: World,
) -> None:
    await fall_asleep(world, "Anest")
    async with world.store.transaction() as tx:
        assert await tx.lanes.prune(NOW) == 0, "it was looked at a minute later"
        await tx.lanes.hold("slack", "T-held", NOW, {})
        assert await tx.lanes.prune(NOW + DAY) == 1
    assert await lanes(world.store) == ["slack:T-held"]

    await fall_asleep(world, "Anest", first=1)
    assert await lanes(world.store) == ["slack:T-Anest", "slack:T-held"]


async def test_a_lane_that_is_woken_at_this_moment_is_not_forgotten(postgresql_url: str) -> None:
    store = SqlStore(postgresql_url)
    world = await World.begin(store)
    await fall_asleep(world, "Anest")

    async def prune() -> int:
        async with store.transaction() as tx:
            return await tx.lanes.prune(NOW + DAY)

    async with store.transaction() as waking:
        await waking.deliveries.owe([world.delivery("Anest", 1)])
        assert await waking.lanes.line_up(NOW, {}) == 1
        forgetting = asyncio.create_task(prune())
        await until_it_waits(store, forgetting)
    assert await forgetting == 0
    async with store.transaction() as tx:
        (claimed,) = await tx.lanes.claim(NOW + HOUR, NOW + 2 * HOUR, 9)
    await store.close()

    assert claimed.subject_id == 1


# --- the sweep ------------------------------------------------------------------------------------------------------


async def something_of_all(world: World) -> None:
    """Store rows of each kind that are old enough to delete, and some that are not."""
    now = await world.store.now()
    await close(world, now - 401 * DAY)
    old = replace(ended(world, 1), settled_at=now - 401 * DAY)
    await keep(world, old, replace(old, subject_id=2, settled_at=now - 399 * DAY))
    async with world.store.transaction() as tx:
        for days in (31, 29):
            sender = Address("slack", "T1", "U1")
            await tx.events.first_time(Event(id=str(days), at=now - days * DAY, sender=sender, what=Joined()))
            row = {"name": f"slack:{days}", "gap_ms": 0, "burst": 1, "tat": now - days * DAY}
            await tx.connection.execute(insert(t.lane).values(row))
        for days in (-1, 1):
            row = {"fingerprint": f"made {days}", "expires_at": now + days * DAY}
            await tx.connection.execute(insert(t.install_state).values(row))
            code = row | {"school_id": world.schools["s-bryn"].id}
            await tx.connection.execute(insert(t.link_code).values(code))


async def test_a_sweep_forgets_all_that_has_had_its_time(world: World) -> None:
    await something_of_all(world)

    await pruning.prune(world.store, 400 * DAY, asyncio.Event())

    await the_sweep_is_over(world)


async def test_whoever_works_sweeps(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await something_of_all(world)
    stopped = asyncio.Event()
    prompts = Prompts.load(ROOT / "prompts")
    settings = WorkerSettings({}, tick=MINUTE, stop=MINUTE)
    work = send_and_prune(Settings(ledger_days=400), world.store, prompts, Platforms(), settings, stopped)
    async with asyncio.timeout(HANG), asyncio.TaskGroup() as both:
        both.create_task(work)
        while 1 in await left(world):
            pass
        stopped.set()

    assert not caplog.records, "it ended in order"
    await the_sweep_is_over(world)


async def the_sweep_is_over(world: World) -> None:
    assert await left(world) == [2]
    assert await lanes(world.store) == ["slack:29"]
    now = await world.store.now()
    async with world.store.transaction() as tx:
        assert await tx.events.prune(now) == 1
        for table in (t.install_state, t.link_code):
            kept = await tx.connection.execute(select(table.c.fingerprint))
            assert list(kept.scalars()) == ["made 1"], f"a stranger can fill {table.name}"


def test_every_table_whose_rows_expire_is_swept_but_the_ledger() -> None:
    expire = {table.name for table in t.metadata.sorted_tables if "expires_at" in table.c}

    assert {"install_state", "link_code"} <= expire
    assert expire - {table.name for table in EXPIRING} == {"delivery"}
