"""Many workspaces and platforms at once: nobody waits for another's, and whoever can go on is woken."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.errors import SendError
from bot.events import SentFile
from bot.message import Message
from bot.model import Account, Address, Delivery, DeliveryState, Limit
from bot.ports import Messenger
from bot.prompts import Prompts
from bot.worker import addresses, settling
from bot.worker.batch import BATCH_SIZE
from bot.worker.work import WorkerSettings, work
from storage import tables as t
from storage.queries.deliveries import SqlDeliveries
from storage.queries.lanes import SqlLanes
from storage.store import SqlStore
from tests.crash.town import TUESDAY, furnish
from tests.journeys.town import Post
from tests.support.limits import HANG

pytestmark = pytest.mark.core  # a fake messenger hangs here; the wire has tests of its own

HASTY = WorkerSettings({}, timedelta(seconds=0.02), timedelta(seconds=20), concurrency=1, seconds=lambda: 0)
PATIENT = replace(HASTY, tick=timedelta(minutes=10))
"""Whoever is not woken sleeps longer than any test."""
Mishaps = list[MutableMapping[str, Any]]


class Shut(Post):
    """A platform that takes nothing from some workspaces until its gate is opened, and counts what it took."""

    def __init__(self, *shut: str) -> None:
        super().__init__()
        self.shut, self.gate, self.came = shut, asyncio.Event(), asyncio.Condition()
        self.taken: Counter[str] = Counter()
        self.most, self.under_way = Counter[str](), Counter[str]()

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        self.under_way[address.workspace] += 1
        self.most |= self.under_way
        if address.workspace in self.shut:
            await self.gate.wait()
        ref = await super().send(address, message, delivery_id)
        async with self.came:
            self.under_way[address.workspace] -= 1
            self.taken[address.workspace] += 1
            self.came.notify_all()
        return ref

    async def until(self, number: int, workspace: str) -> None:
        async with asyncio.timeout(HANG), self.came:
            await self.came.wait_for(lambda: self.taken[workspace] >= number)


class Still(SqlStore):
    """On a Tuesday that does not pass."""

    async def now(self) -> datetime:
        return TUESDAY


@asynccontextmanager
async def posting(
    store: SqlStore, prompts: Prompts, carriers: dict[str, Messenger], settings: WorkerSettings = HASTY
) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    at_work = asyncio.create_task(work(store, prompts, carriers, {}, settings, stopped))
    try:
        yield
    finally:
        stopped.set()
        await at_work


@pytest.fixture
async def still(database_url: str) -> AsyncIterator[SqlStore]:
    """120 notes are due in each of two workspaces."""
    store = Still(database_url, durable=False)
    await furnish(store, 240)
    yield store
    await store.close()


async def test_a_platform_that_hangs_keeps_no_other_platform_waiting(
    still: SqlStore, prompts: Prompts
) -> None:
    hangs, works = Shut("T-oak"), Shut()
    async with still.transaction() as tx:
        theirs = update(t.address).where(t.address.c.workspace == "T-oak")
        await tx.connection.execute(theirs.values(platform="teams"))

    async with posting(still, prompts, {"teams": hangs, "slack": works}):
        await works.until(120, "T-elm")
        assert not hangs.taken
        hangs.gate.set()
        await hangs.until(120, "T-oak")


@pytest.mark.parametrize("one_at_a_time", [False, True])
async def test_a_workspace_that_hangs_keeps_no_other_workspace_waiting(
    still: SqlStore, prompts: Prompts, *, one_at_a_time: bool
) -> None:
    post = Shut("T-oak")
    post.one_at_a_time = one_at_a_time

    async with posting(still, prompts, {"slack": post}):
        await post.until(120, "T-elm")
        assert post.taken["T-oak"] == 0
        assert 1 <= post.most["T-oak"] <= (1 if one_at_a_time else BATCH_SIZE)
        post.gate.set()
        await post.until(120, "T-oak")

    assert post.taken == {"T-oak": 120, "T-elm": 120}


async def test_whoever_is_on_a_platform_that_is_not_connected_here_is_not_connected(
    still: SqlStore, prompts: Prompts
) -> None:
    post = Shut()
    async with still.transaction() as tx:
        theirs = update(t.address).where(t.address.c.workspace == "T-oak")
        await tx.connection.execute(theirs.values(platform="elsewhere"))

    async with posting(still, prompts, {"slack": post}):
        async with asyncio.timeout(HANG):
            while await number(still, "not-connected") < 120:
                pass
        await post.until(120, "T-elm")


async def number(store: SqlStore, reason: str) -> int:
    async with store.transaction() as tx:
        of = select(func.count()).where(t.delivery.c.reason == reason)
        return await tx.connection.scalar(of) or 0


# --- who wakes whom -------------------------------------------------------------------------------------------------


async def test_what_has_landed_wakes_whoever_waited_for_it_and_nobody_spins(
    still: SqlStore, prompts: Prompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0
    line_up = SqlLanes.line_up

    async def counted(self: SqlLanes, now: datetime, limits: Mapping[str, Limit]) -> int:
        nonlocal looked
        looked += 1
        return await line_up(self, now, limits)

    monkeypatch.setattr(SqlLanes, "line_up", counted)
    post = Shut()
    async with posting(still, prompts, {"slack": post}, PATIENT):
        await post.until(120, "T-oak")
        await post.until(120, "T-elm")
        async with asyncio.timeout(HANG):
            while await in_state(still, DeliveryState.SENT) < 240:
                pass
        so_far = looked
        for _ in range(30):  # each takes as long as a look
            await in_state(still, DeliveryState.SENT)

    assert looked - so_far <= 4


async def test_whoever_lines_up_for_another_hand_wakes_it(
    still: SqlStore, prompts: Prompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    line_up, looks = SqlLanes.line_up, count()

    async def held(self: SqlLanes, now: datetime, limits: Mapping[str, Limit]) -> int:
        # The first to look finds the rows in the other's hand.
        return await line_up(self, now, limits) if next(looks) else 0

    monkeypatch.setattr(SqlLanes, "line_up", held)
    post = Shut()
    async with posting(still, prompts, {"slack": post}, PATIENT):
        await post.until(1, "T-elm")


async def test_a_directory_that_hangs_keeps_no_other_workspace_waiting(
    still: SqlStore, prompts: Prompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "SECONDS_TO_LOOK_UP", 0.05)
    async with still.transaction() as tx:
        oak = update(t.address).where(t.address.c.workspace == "T-oak")
        await tx.connection.execute(oak.values(live=False))
        for school in await tx.schools.of(1):
            await tx.workspaces.link("slack", f"T-{school.source_id}", school, TUESDAY)
    stopped, post = asyncio.Event(), Shut()
    at_work = asyncio.create_task(work(still, prompts, {"slack": post}, {"slack": Silent()}, HASTY, stopped))
    await post.until(120, "T-elm")
    stopped.set()
    await at_work

    assert post.taken == {"T-elm": 120}
    assert await in_state(still, DeliveryState.QUEUED) == 120


class Silent:
    """A directory that answers nobody."""

    gathers = False

    async def email_of(self, address: Address) -> str:
        raise SendError("silent")

    async def named(self, workspace: str, email: str) -> Address | None:
        await asyncio.Event().wait()
        return None

    async def members_of(self, sender: Address, channel: str) -> tuple[Account, ...]:
        raise SendError("silent")

    async def download(self, sender: Address, file: SentFile, most: int) -> bytes:
        raise SendError("silent")


async def test_one_that_cannot_be_settled_stops_no_other(
    still: SqlStore, prompts: Prompts, mishaps: Mishaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "SECONDS_BETWEEN_TRIES", (0.01,))
    settle, broken = SqlDeliveries.settle, 7

    async def breaks(self: SqlDeliveries, deliveries: Sequence[Delivery]) -> frozenset[int]:
        if any(each.id == broken for each in deliveries):
            raise RuntimeError("the row cannot be written")
        return await settle(self, deliveries)

    monkeypatch.setattr(SqlDeliveries, "settle", breaks)
    async with posting(still, prompts, {"slack": Shut()}):
        async with asyncio.timeout(HANG):
            while await in_state(still, DeliveryState.SENT) < 239:
                pass

    assert await in_state(still, DeliveryState.SENDING) == 1
    mishaps.clear()


async def in_state(store: SqlStore, state: DeliveryState) -> int:
    async with store.transaction() as tx:
        of = select(func.count()).where(t.delivery.c.state == state)
        return await tx.connection.scalar(of) or 0
