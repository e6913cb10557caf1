"""What people decide about a message while it is being sent, or while nobody knows whether it has arrived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.errors import SendError, Uncertain
from bot.message import Message
from bot.model import Address, Delivery, DeliveryKind, DeliveryState
from bot.prompts import Prompts
from bot.rules import outcomes, planning
from storage.queries.deliveries import SqlDeliveries
from storage.queries.notes import SqlNotes
from storage.store import SqlStore
from tests.journeys.town import Post, Town, build, plain
from tests.support.limits import HANG
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)
QUESTION = "What should your pupils do"
Mishaps = list[MutableMapping[str, Any]]


class Slow(Post):
    """What is for one person waits at a gate, or arrives without our being told; mends may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.waiting = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self.waits_for = self.loses_for = ""
        self.arrived: dict[int, str] = {}
        self.mends = True

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        if address.user == self.waits_for:
            self.waiting.set()
            await self.gate.wait()
        ref = await super().send(address, message, delivery_id)
        if address.user == self.loses_for:
            self.arrived[delivery_id], self.loses_for = ref, ""
            raise Uncertain("timeout")
        return ref

    async def update(self, address: Address, ref: str, message: Message) -> None:
        if not self.mends:
            raise SendError("down")
        await super().update(address, ref, message)

    async def find(self, address: Address, delivery_id: int) -> str | None:
        return self.arrived.get(delivery_id)


async def first_question_due(store: SqlStore, prompts: Prompts) -> Town:
    """The first question is about to be asked."""
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY, principals=False)
    await town.run(date(2026, 9, 14), "peer-visit-2wk")
    await town.until(ASKED - timedelta(minutes=5))
    town.now = ASKED
    return town


pytestmark = [
    pytest.mark.core,  # a fake messenger waits here; the wire has tests of its own
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
async def being_sent(town: Town, name: str) -> AsyncIterator[None]:
    """While what is for that person is on its way; it arrives after the block."""
    post(town).waits_for = name
    post(town).gate.clear()
    sending = asyncio.create_task(town.beat())
    async with asyncio.timeout(HANG):
        await post(town).waiting.wait()
        yield
        post(town).gate.set()
        await sending


@asynccontextmanager
async def in_doubt(town: Town, name: str) -> AsyncIterator[None]:
    """While nobody knows whether it has arrived; after the block the platform tells."""
    post(town).loses_for = name
    await town.beat()
    town.now += timedelta(minutes=1)
    yield
    town.now += outcomes.SETTLING
    for _ in range(3):
        await town.beat()


def stands(town: Town, name: str, words: str) -> bool:
    """Whether they are to be read there now."""
    return any(words in plain(each) for each in town.post.received[name])


@pytest.mark.parametrize("under_way", [being_sent, in_doubt])
async def test_words_that_are_taken_back_meanwhile_disappear(town: Town, under_way: Any) -> None:
    await town.beat()
    await town.fill("Ann Ash", pupils="Give reasons")
    async with under_way(town, "Cat Cox"):
        await town.press("Ann Ash", "Take it back")
    assert stands(town, "Cat Cox", "Give reasons") or under_way is in_doubt

    await town.beat()

    assert not stands(town, "Cat Cox", "Give reasons")


@pytest.mark.parametrize("under_way", [being_sent, in_doubt])
async def test_words_whose_author_wants_to_be_forgotten_meanwhile_disappear(
    town: Town, under_way: Any
) -> None:
    await town.beat()
    await town.submit("Ann Ash", "tell", text="secret words")
    async with under_way(town, "Cat Cox"):
        await town.command("Ann Ash", "forget me yes")
    await town.beat()

    assert not stands(town, "Cat Cox", "secret words")


async def test_whoever_leaves_while_nobody_knows_gets_nothing_again(town: Town) -> None:
    await town.beat()
    await town.submit("Ann Ash", "tell", text="words for Cat")
    async with in_doubt(town, "Cat Cox"):
        assert stands(town, "Cat Cox", "words for Cat")
        post(town).arrived.clear()  # as far as the platform knows, it never came
        await town.command("Cat Cox", "leave yes")

    assert sum("words for Cat" in plain(each) for each in town.post.received["Cat Cox"]) == 1


async def test_what_could_not_be_mended_for_hours_is_mended_when_its_author_writes_again(town: Town) -> None:
    await town.beat()
    await town.fill("Ann Ash", pupils="Give reasons")
    await town.beat()
    post(town).mends = False
    await town.press("Ann Ash", "Take it back")
    await town.until(town.now + timedelta(hours=6))
    assert stands(town, "Cat Cox", "Give reasons")

    post(town).mends = True
    await town.fill_step("Ann Ash", "focus", pupils="Other words")
    await town.beat()

    assert not stands(town, "Cat Cox", "Give reasons")


async def test_words_that_are_taken_back_in_a_long_outage_disappear_when_it_is_over(town: Town) -> None:
    await town.beat()
    await town.fill("Ann Ash", pupils="Give reasons")
    await town.beat()
    post(town).mends = False
    await town.press("Ann Ash", "Take it back")
    await town.days(2)
    assert stands(town, "Cat Cox", "Give reasons")

    post(town).mends = True
    await town.days(1)

    assert not stands(town, "Cat Cox", "Give reasons")


async def test_what_is_answered_again_while_it_was_about_to_be_dropped_arrives(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.beat()
    await town.fill("Ann Ash", pupils="Give reasons")
    await town.press("Ann Ash", "Take it back")
    number = (await town.check_ins("Ann Ash"))["focus"].id
    settle, again = SqlDeliveries.settle, [True]

    async def late(self: SqlDeliveries, deliveries: Sequence[Delivery]) -> frozenset[int]:
        if again and any(each.kind is DeliveryKind.SHARED_ANSWER for each in deliveries):
            again.clear()
            assert {each.state for each in deliveries} == {DeliveryState.DROPPED}
            await self.owe(
                [replace(each, state=DeliveryState.QUEUED, settled_at=None) for each in deliveries]
            )
            await self.refresh(DeliveryKind.SHARED_ANSWER, number, town.now)
        return await settle(self, deliveries)

    monkeypatch.setattr(SqlDeliveries, "settle", late)
    await town.beat()
    await town.fill("Ann Ash", pupils="Give better reasons")
    await town.days(1)

    assert not again
    assert stands(town, "Cat Cox", "Give better reasons")


# --- one ask a day --------------------------------------------------------------------------------------------------


async def two_asks(town: Town, at: datetime) -> None:
    """Ann is owed a nudge and a reminder at one moment, about the question that she has not answered."""
    await town.beat()
    ann, cycle = (await town.members())["Ann Ash"], await town.cycle()
    number = (await town.check_ins("Ann Ash"))["focus"].id
    async with town.store.transaction() as tx:
        owed = [
            planning.owe(cycle, ann.id, kind, number, at)
            for kind in (DeliveryKind.NUDGE, DeliveryKind.REMINDER)
        ]
        await tx.deliveries.owe([replace(each, occurrence="one more") for each in owed])
    town.now = at


def questions(town: Town, name: str) -> int:
    """Return how often a person was asked, reminders included."""
    received = [plain(each) for each in town.post.received[name]]
    return sum(QUESTION in each or "reminder: this is open" in each for each in received)


async def test_beside_a_message_that_cannot_be_made_one_ask_a_day_still_holds(
    town: Town, mishaps: Mishaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_asks(town, ASKED + timedelta(days=1))
    await town.submit("Ann Ash", "tell", text="see you")

    async def broken(self: SqlNotes, note_id: int) -> object:
        raise RuntimeError("the row cannot be read")

    monkeypatch.setattr(SqlNotes, "get", broken)
    before = questions(town, "Ann Ash")
    await town.beat()

    assert questions(town, "Ann Ash") == before + 1
    assert {each["event"] for each in mishaps if each["log_level"] == "error"} == {"delivery.not-composed"}
    mishaps.clear()


async def test_an_ask_that_may_have_arrived_is_the_one_of_its_day(town: Town) -> None:
    await two_asks(town, ASKED + timedelta(days=1))
    before = questions(town, "Ann Ash")
    async with in_doubt(town, "Ann Ash"):
        await town.beat()
    for _ in range(10):
        town.now += timedelta(minutes=1)
        await town.beat()

    assert questions(town, "Ann Ash") == before + 1


async def test_what_is_found_today_and_was_sent_yesterday_is_yesterdays_ask(town: Town) -> None:
    await two_asks(town, ASKED + timedelta(days=1))
    async with in_doubt(town, "Ann Ash"):
        town.now += timedelta(hours=18)
    ann = (await town.members())["Ann Ash"]
    async with town.store.transaction() as tx:
        midnight = datetime(2026, 9, 15, 23, 0, tzinfo=UTC)
        [sent_at] = (await tx.deliveries.asks_sent([ann.id], midnight - timedelta(days=1)))[ann.id]
        assert sent_at < midnight
