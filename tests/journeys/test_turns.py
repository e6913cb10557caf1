"""Who goes before whom: a person's messages, and everybody's where nobody can be asked what arrived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.errors import Uncertain
from bot.message import Message
from bot.model import Address, Delivery, DeliveryState
from bot.prompts import Prompts
from bot.worker import batch as batches
from bot.worker.delivery import deliver
from bot.worker.services import Services
from bot.worker.turns import BACK_OFF
from storage.store import SqlStore
from tests.journeys.town import Post, Town, build, plain
from tests.support.limits import HANG
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)


class Gate(Post):
    """A platform that lets nobody through before it is told to, and notes who stands before it."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[tuple[str, str]] = []
        self.came = asyncio.Condition()
        self.passes = asyncio.Semaphore(0)
        self.silent: set[str] = set()

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        async with self.came:
            self.before.append((address.user, plain(message)))
            self.came.notify_all()
        await self.passes.acquire()
        if address.user in self.silent:
            raise Uncertain("timeout")
        return await super().send(address, message, delivery_id)

    async def until(self, number: int) -> None:
        async with asyncio.timeout(HANG), self.came:
            await self.came.wait_for(lambda: len(self.before) >= number)


async def three_notes_owed(store: SqlStore, prompts: Prompts) -> Town:
    """Ann and Cat, and Bob and Dee, are partners; Cat and Dee are owed three notes each."""
    people = {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox", "Dee Dow"]}
    town = await build(store, prompts, people, MONDAY, principals=False)
    await town.run(date(2026, 9, 14), "peer-visit-2wk")
    await town.until(NOW)
    for number in range(3):
        for name in ("Ann Ash", "Bob Box"):
            await town.submit(name, "tell", text=f"note {number}")
    return town


pytestmark = [
    pytest.mark.core,  # a fake messenger waits here; the wire has tests of its own
    begins_with(three_notes_owed),
]


@pytest.fixture
def town(town: Town) -> Town:
    town.post = Gate()
    return town


def gate(town: Town) -> Gate:
    assert isinstance(town.post, Gate)
    return town.post


async def claimed(town: Town) -> Sequence[Delivery]:
    async with town.store.transaction() as tx:
        return await tx.deliveries.claim(town.now, town.now + batches.LEASE, 20)


@asynccontextmanager
async def sending(town: Town) -> AsyncIterator[Services]:
    """While the block runs; what is under way is let through after it, and settled."""
    services = Services(town.store, town.prompts, {"test": town.post}, {}, {}, lambda: 0)
    batch = asyncio.create_task(deliver(services, await claimed(town), town.now))
    yield services
    for _ in range(20):
        gate(town).passes.release()
    async with asyncio.timeout(HANG):
        await batch


def notes(town: Town, name: str) -> list[str]:
    words = [plain(each) for each in town.post.received[name]]
    return [number for each in words for number in "012" if f"note {number}" in each]


async def test_a_persons_messages_keep_their_order_and_wait_for_no_other_person(town: Town) -> None:
    async with sending(town):
        await gate(town).until(2)
        stand = {name for name, _ in gate(town).before}
        assert len(gate(town).before) == len(stand) == 2

    names = [name for name in town.post.received if notes(town, name)]
    assert [notes(town, name) for name in names] == [["0", "1", "2"]] * 2


async def test_where_nobody_can_be_asked_the_next_goes_when_the_last_is_settled(town: Town) -> None:
    gate(town).one_at_a_time = True
    async with sending(town):
        for number in range(1, 4):
            await gate(town).until(number)
            assert len(gate(town).before) == number
            states = [each.state for each in await town.deliveries() if each.kind == "note"]
            assert states.count(DeliveryState.SENT) == number - 1
            gate(town).passes.release()

    assert (
        sum(each.state is DeliveryState.SENT for each in await town.deliveries() if each.kind == "note") == 6
    )


async def test_who_leaves_us_in_doubt_is_left_alone_for_a_moment_and_nothing_is_lost(town: Town) -> None:
    gate(town).one_at_a_time = True
    gate(town).silent = {"Cat Cox", "Dee Dow"}
    async with sending(town):
        await gate(town).until(1)

    notes_owed = [each for each in await town.deliveries() if each.kind == "note"]
    assert len(gate(town).before) == 1
    assert sorted(each.state for each in notes_owed) == ["queued"] * 5 + ["uncertain"]
    waiting = [each for each in notes_owed if each.state is DeliveryState.QUEUED]
    assert {each.attempts for each in waiting} == {0}
    assert all(town.now < each.due_at <= town.now + BACK_OFF for each in waiting)


async def test_what_has_waited_half_a_lease_goes_back_unsent(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(town):
        await gate(town).until(2)
        monkeypatch.setattr(batches, "LEASE", -timedelta(seconds=1))

    states = sorted(each.state for each in await town.deliveries() if each.kind == "note")
    assert states == ["queued"] * 4 + ["sent"] * 2
    assert len(gate(town).before) == 2
