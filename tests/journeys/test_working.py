"""Workers: what they send, how they stop, and what a hanging platform or a missing database does to the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.errors import SendError, StoreAway
from bot.message import Message
from bot.model import Address, DeliveryKind, DeliveryState, Limit
from bot.ports import Tx
from bot.prompts import Prompts
from bot.worker import settling
from bot.worker.batch import BATCH_SIZE, LEASE
from bot.worker.delivery import deliver
from bot.worker.services import Services
from bot.worker.work import WorkerSettings, work
from storage.store import SqlStore
from tests.journeys.town import Post, Town, build, plain
from tests.support.limits import HANG
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)
SETTINGS = WorkerSettings(
    {}, timedelta(seconds=0.02), timedelta(seconds=20), concurrency=3, seconds=lambda: 0
)
"""Time stands still while a batch is sent, however slow the machine is."""
LOOPS = 4
"""The loops of a worker on one platform: two senders, one that resolves, one that meets people."""
QUESTION = "What should your pupils do"
Mishaps = list[MutableMapping[str, Any]]


class Played:
    """The store, on a clock that is played, whose database may be away."""

    def __init__(self, store: SqlStore, town: Town) -> None:
        self._store, self._town = store, town
        self.is_away = False
        self.missed = asyncio.Semaphore(0)

    async def now(self) -> datetime:
        return self._town.now

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        if self.is_away:
            self.missed.release()
            raise StoreAway
        async with self._store.transaction() as tx:
            yield tx


class Slow(Post):
    """A platform that lets one person's messages wait at its gate, and counts who has come through."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.arrived, self.waiting = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        if address.user == "Ann Ash":
            self.waiting.set()
            await self.gate.wait()
        ref = await super().send(address, message, delivery_id)
        if all(self.asked(name) for name in ("Ann Ash", "Cat Cox")):
            self.arrived.set()
        return ref

    def asked(self, name: str) -> int:
        return sum(QUESTION in plain(each) for each in self.received[name])


async def first_question_due(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY, principals=False)
    await town.run(date(2026, 9, 14), "peer-visit-2wk")
    await town.until(ASKED - timedelta(minutes=5))
    town.post.now = town.now = ASKED
    return town


pytestmark = [
    pytest.mark.core,  # a fake messenger hangs here; the wire has tests of its own
    begins_with(first_question_due),
]


@pytest.fixture
def town(town: Town) -> Town:
    town.post = Slow().following(town.post)
    return town


def post(town: Town) -> Slow:
    assert isinstance(town.post, Slow)
    return town.post


@asynccontextmanager
async def working(
    town: Town, store: Played, settings: WorkerSettings = SETTINGS, workers: int = 1
) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    carriers = {"test": town.post}
    at_work = [
        asyncio.create_task(work(store, town.prompts, carriers, {}, settings, stopped))
        for _ in range(workers)
    ]
    try:
        async with asyncio.timeout(HANG):
            yield
    finally:
        stopped.set()
        await asyncio.gather(*at_work)


async def state_of(town: Town, name: str) -> DeliveryState:
    check_in = (await town.check_ins(name))["focus"].id
    asked = DeliveryKind.CHECK_IN
    [found] = [
        each.state for each in await town.deliveries() if (each.kind, each.subject_id) == (asked, check_in)
    ]
    return found


async def settled(town: Town, name: str, state: DeliveryState) -> None:
    async with asyncio.timeout(HANG):
        while await state_of(town, name) is not state:
            pass


async def test_workers_send_what_is_due_once_and_end_when_they_are_asked_to(town: Town) -> None:
    async with working(town, Played(town.store, town), workers=3):
        await post(town).arrived.wait()

    assert (post(town).asked("Ann Ash"), post(town).asked("Cat Cox")) == (1, 1)
    assert await state_of(town, "Ann Ash") is await state_of(town, "Cat Cox") is DeliveryState.SENT


async def test_a_message_that_hangs_keeps_nobody_else_waiting(town: Town) -> None:
    post(town).gate.clear()
    async with working(town, Played(town.store, town)):
        await post(town).waiting.wait()
        await settled(town, "Cat Cox", DeliveryState.SENT)
        assert await state_of(town, "Ann Ash") is DeliveryState.SENDING
        post(town).gate.set()

    assert await state_of(town, "Ann Ash") is DeliveryState.SENT


async def test_who_stops_finishes_and_settles_what_was_begun(town: Town) -> None:
    post(town).gate.clear()
    async with working(town, Played(town.store, town)):
        await post(town).waiting.wait()
        asyncio.get_running_loop().call_later(0.2, post(town).gate.set)  # while it is stopping

    assert await state_of(town, "Ann Ash") is DeliveryState.SENT
    assert post(town).asked("Ann Ash") == 1


async def test_what_takes_longer_than_stopping_may_is_left_for_the_lease_to_end(town: Town) -> None:
    post(town).gate.clear()
    hasty = replace(SETTINGS, stop=timedelta(seconds=0.1))
    async with working(town, Played(town.store, town), hasty):
        await post(town).waiting.wait()
    assert await state_of(town, "Ann Ash") is DeliveryState.SENDING

    post(town).gate.set()
    town.now += LEASE
    async with working(town, Played(town.store, town)):
        await settled(town, "Ann Ash", DeliveryState.SENT)
    assert post(town).asked("Ann Ash") == 1


async def test_a_database_that_is_away_after_sending_makes_nobody_send_twice(
    town: Town, mishaps: Mishaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "SECONDS_BETWEEN_TRIES", [0.1] * 200)
    store = Played(town.store, town)
    post(town).gate.clear()
    async with working(town, store, replace(SETTINGS, concurrency=1)):
        await post(town).waiting.wait()
        await settled(town, "Cat Cox", DeliveryState.SENT)
        store.is_away = True
        post(town).gate.set()
        for _ in range(3):
            await store.missed.acquire()
        assert await state_of(town, "Ann Ash") is DeliveryState.SENDING
        store.is_away = False
        await settled(town, "Ann Ash", DeliveryState.SENT)

    assert post(town).asked("Ann Ash") == 1
    assert {each["event"] for each in mishaps if each["log_level"] == "error"} == {"delivery.not-settled"}
    mishaps.clear()


async def test_a_database_that_is_away_before_anything_was_claimed_is_waited_for(
    town: Town, mishaps: Mishaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.worker.work.SECONDS_WHILE_AWAY", (0.02, 0.03))
    store = Played(town.store, town)
    store.is_away = True
    async with working(town, store):
        for _ in range(5 * LOOPS):
            await store.missed.acquire()
        store.is_away = False
        await post(town).arrived.wait()

    assert (post(town).asked("Ann Ash"), post(town).asked("Cat Cox")) == (1, 1)
    said = [each for each in mishaps if each["event"].startswith("work.")]
    away = [each["again_in"] for each in said if each["event"] == "work.store-away"]
    assert away[:5] == [0.02, 0.03, 0.03, 0.03, 0.03]  # one loop logs it for all of them
    assert len(away) <= 7
    assert "work.store-is-back" in {each["event"] for each in said}


async def test_what_was_claimed_and_could_not_be_composed_goes_back_without_a_lost_try(
    town: Town, mishaps: Mishaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "SECONDS_BETWEEN_TRIES", [0.02] * 200)
    async with town.store.transaction() as tx:
        claimed = await tx.deliveries.claim(ASKED, ASKED + LEASE, BATCH_SIZE)
    store = Played(town.store, town)
    store.is_away = True
    delivering = asyncio.create_task(
        deliver(Services(store, town.prompts, {"test": town.post}, {}, {}, SETTINGS.seconds), claimed, ASKED)
    )
    for _ in range(3):  # composing, and twice settling
        await store.missed.acquire()
    store.is_away = False
    await delivering

    ids = {each.id for each in claimed}
    found = [each for each in await town.deliveries() if each.id in ids]
    assert found
    assert {(each.state, each.attempts) for each in found} == {(DeliveryState.QUEUED, 0)}
    assert {each["event"] for each in mishaps if each["log_level"] == "error"} == {"delivery.not-settled"}
    mishaps.clear()


@pytest.mark.parametrize("one_chat", [False, True])
async def test_who_asks_for_patience_is_left_alone_a_workspace_or_one_chat(
    town: Town, monkeypatch: pytest.MonkeyPatch, *, one_chat: bool
) -> None:
    async def busy(address: Address, message: Message, delivery_id: int) -> str:
        post(town).waiting.set()
        raise SendError("rate-limited", timedelta(minutes=7), one_chat=one_chat)

    monkeypatch.setattr(town.post, "send", busy)
    paced = replace(SETTINGS, limits={"test": Limit(timedelta(minutes=1))}, concurrency=1)
    async with working(town, Played(town.store, town), paced):
        await post(town).waiting.wait()
    async with town.store.transaction() as tx:
        ready_at = await tx.lanes.next_ready()

    assert ready_at == ASKED + timedelta(minutes=1 if one_chat else 7)  # the other waits in the lane
