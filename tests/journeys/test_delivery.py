"""What becomes of a message when platforms refuse, vanish or leave us guessing; and events that come twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, MutableMapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.errors import Disconnected, SendError, Uncertain, Unreachable, Untraceable
from bot.events import Command, Joined, Said
from bot.message import Message
from bot.model import Address, CheckIn, DeliveryKind, DeliveryState
from bot.prompts import Prompts
from bot.rules import outcomes
from bot.worker import compose
from bot.worker.batch import LEASE
from bot.worker.carried import Dropped
from bot.worker.shared import read_shared
from storage.queries.check_ins import SqlCheckIns
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Post, Town, build, dump, plain
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)
SHORT = "peer-visit-2wk"
Mishaps = list[MutableMapping[str, Any]]


class Difficult(Post):
    """A platform that fails for one person as often as it is told to, and may know what arrived."""

    fails: Callable[[], Exception] | None = None
    times = 99
    arrived: dict[int, str]
    asked_for: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.arrived, self.asked_for = {}, []

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        if address.user == "Ann Ash" and self.fails and self.times:
            self.times -= 1
            raise self.fails()
        return await super().send(address, message, delivery_id)

    async def find(self, address: Address, delivery_id: int) -> str | None:
        self.asked_for.append(delivery_id)
        return self.arrived.get(delivery_id)


async def first_question_due(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY, principals=False)
    await town.run(date(2026, 9, 14), SHORT)
    await town.until(ASKED - timedelta(minutes=5))
    town.now = ASKED
    return town


pytestmark = [
    pytest.mark.core,  # a fake messenger fails here; the wire has tests of its own
    begins_with(first_question_due),
]


@pytest.fixture
def town(town: Town) -> Town:
    town.post = Difficult().following(town.post)
    return town


def post(town: Town) -> Difficult:
    assert isinstance(town.post, Difficult)
    return town.post


async def the_question(town: Town, name: str = "Ann Ash") -> tuple[DeliveryState, str, int, datetime]:
    """Of the delivery of the first question: state, reason, tries and when it is due."""
    check_in = (await town.check_ins(name))["focus"]
    [found] = [
        each
        for each in await town.deliveries()
        if (each.kind, each.subject_id) == (DeliveryKind.CHECK_IN, check_in.id)
    ]
    return found.state, found.reason, found.attempts, found.due_at


async def test_what_the_platform_refuses_now_waits_as_long_as_it_says(town: Town) -> None:
    post(town).fails, post(town).times = lambda: SendError("rate", timedelta(minutes=7)), 1
    await town.beat()

    assert await the_question(town) == (DeliveryState.QUEUED, "", 0, ASKED + timedelta(minutes=7))
    assert "What should your pupils do" in town.last("Cat Cox")  # nobody else waits
    await town.until(ASKED + timedelta(minutes=8))
    assert "What should your pupils do" in town.last("Ann Ash")
    assert town.post.at["Ann Ash"][-1] == ASKED + timedelta(minutes=7)


async def test_what_is_refused_until_nobody_wants_it_has_failed_and_the_coordinator_sees_it(
    town: Town,
) -> None:
    post(town).fails = lambda: SendError("down")
    await town.days(3)

    assert (await the_question(town))[:2] == (DeliveryState.FAILED, "too-many-tries")
    assert "Not delivered: the platform did not take it (1)" in await town.command(COORDINATOR, "status")
    ledger = await town.command(COORDINATOR, "ledger")
    assert "Ann Ash, question: the platform did not take it" in ledger
    assert "Not delivered: 1" in ledger


async def test_after_ten_refusals_it_has_failed_each_later_than_the_last(town: Town) -> None:
    town.now = MONDAY + timedelta(days=7)
    tried: list[datetime] = []

    def down() -> Exception:
        tried.append(town.now)
        return SendError("down")

    post(town).fails = down
    await town.submit("Cat Cox", "tell", text="see you")
    await town.until(ASKED)

    [note] = [each for each in await town.deliveries() if each.kind is DeliveryKind.NOTE]
    assert (note.state, note.reason, note.attempts) == (DeliveryState.FAILED, "too-many-tries", 10)
    waits = [later - earlier for earlier, later in pairwise(tried[:10])]
    assert waits == sorted(waits)
    assert timedelta(minutes=1) <= waits[0] <= timedelta(minutes=2)
    assert waits[-1] >= timedelta(hours=1)


@pytest.mark.parametrize(
    "fails", [lambda: SendError("down"), lambda: Uncertain("status 500"), lambda: Disconnected("token")]
)
async def test_a_platform_that_has_a_bad_hour_costs_no_message(
    town: Town, fails: Callable[[], Exception]
) -> None:
    post(town).fails = fails
    await town.submit("Cat Cox", "tell", text="see you")
    for _ in range(60):
        await town.beat()
        town.now += timedelta(minutes=1)
    post(town).fails = None
    await town.days(1)

    assert "see you" in town.everything("Ann Ash")
    assert "What should your pupils do" in town.everything("Ann Ash")


async def test_a_network_that_is_away_for_a_day_costs_no_message(town: Town) -> None:
    post(town).fails, post(town).times = lambda: SendError("connect", timedelta(minutes=1)), 9_999
    await town.submit("Cat Cox", "tell", text="see you")
    await town.days(1)
    post(town).fails = None
    await town.days(1)

    assert "see you" in town.everything("Ann Ash")


async def test_whoever_is_invited_again_after_a_failure_is_invited(town: Town, prompts: Prompts) -> None:
    other = await build(
        town.store,
        prompts,
        {"Ash": ["Ann Ash"], "Yew": ["Yan Yip"]},
        MONDAY,
        principals=False,
        partnership="Other",
    )
    other.post = Difficult()
    post(other).fails, post(other).times = lambda: Unreachable("blocked"), 1
    await other.start(date(2026, 9, 21), SHORT)
    await other.days(1)
    assert not other.post.received["Ann Ash"]

    await other.command(COORDINATOR, "invite")
    await other.days(1)

    assert "invites you" in other.last("Ann Ash")


async def test_who_can_never_be_reached_is_not_tried_again(town: Town) -> None:
    post(town).fails = lambda: Unreachable("blocked")
    await town.until(ASKED + timedelta(hours=1))

    assert (await the_question(town))[:3] == (DeliveryState.FAILED, "blocked", 1)
    assert "Ann Ash, question: does not take messages from me" in await town.command(COORDINATOR, "ledger")


async def test_whatever_may_have_arrived_is_asked_about_before_it_is_sent_again(town: Town) -> None:
    post(town).fails, post(town).times = lambda: Uncertain("timeout"), 1
    await town.beat()
    assert (await the_question(town))[:2] == (DeliveryState.UNCERTAIN, "unknown")
    assert "Ann Ash, question: the outcome is being checked" in await town.command(COORDINATOR, "ledger")

    await town.beat()
    assert not post(town).asked_for  # a slow platform may still take it
    town.now += outcomes.SETTLING
    await town.beat()  # asks
    await town.beat()  # sends again

    assert len(post(town).asked_for) == 1
    assert (await the_question(town))[0] is DeliveryState.SENT
    assert "What should your pupils do" in town.last("Ann Ash")


async def test_what_did_arrive_is_never_sent_twice_and_can_be_answered(town: Town) -> None:
    post(town).fails = lambda: Uncertain("timeout")
    await town.beat()
    before = len(town.post.received["Ann Ash"])
    check_in = (await town.check_ins("Ann Ash"))["focus"]
    [sent] = [each for each in await town.deliveries() if each.state is DeliveryState.UNCERTAIN]
    post(town).arrived[sent.id] = "Ann Ash#0"

    town.now += outcomes.SETTLING
    await town.beat()

    assert len(town.post.received["Ann Ash"]) == before
    assert (await the_question(town))[0] is DeliveryState.SENT
    assert "Sent to Cat" in plain(
        await town.submit("Ann Ash", "check-in", str(check_in.id), pupils="Reasons")
    )


async def test_guessing_ends_after_ten_tries(town: Town) -> None:
    town.now = MONDAY + timedelta(days=7)
    post(town).fails = lambda: Uncertain("timeout")
    await town.submit("Cat Cox", "tell", text="see you")
    while town.now < ASKED:
        await town.beat()
        town.now += outcomes.SETTLING

    [note] = [each for each in await town.deliveries() if each.kind is DeliveryKind.NOTE]
    assert (note.state, note.reason, note.attempts) == (DeliveryState.FAILED, "too-many-tries", 10)


async def test_a_platform_that_cannot_say_what_arrived_stops_nobody_else(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(town).fails = lambda: Uncertain("timeout")
    await town.beat()

    async def refuse(address: Address, delivery_id: int) -> str | None:
        raise SendError("down")

    monkeypatch.setattr(town.post, "find", refuse)
    town.now += outcomes.SETTLING
    await town.submit("Ann Ash", "tell", text="see you")
    await town.beat()

    assert "see you" in town.last("Cat Cox")
    state, _, _, due_at = await the_question(town)
    assert (state, due_at) == (DeliveryState.UNCERTAIN, town.now + outcomes.SETTLING)


async def test_a_message_that_breaks_the_messenger_stops_no_other(town: Town, mishaps: Mishaps) -> None:
    post(town).fails = lambda: KeyError("a bug in a renderer")
    await town.until(ASKED + timedelta(minutes=1))

    assert "What should your pupils do" in town.last("Cat Cox")
    while town.now < ASKED + timedelta(hours=2):
        await town.beat()
        town.now += outcomes.SETTLING
    await town.days(3)
    assert (await the_question(town))[:2] == (DeliveryState.FAILED, "too-many-tries")
    assert {each["event"] for each in mishaps if each["log_level"] == "error"} == {"delivery.broke"}
    mishaps.clear()


async def test_a_message_that_cannot_be_made_stops_no_other_and_fails_in_the_end(
    town: Town, mishaps: Mishaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    anns = (await town.check_ins("Ann Ash"))["focus"].id
    original = SqlCheckIns.many

    async def broken(self: SqlCheckIns, check_in_ids: Collection[int]) -> Mapping[int, CheckIn]:
        if anns in check_in_ids:
            raise RuntimeError("the row cannot be read")
        return await original(self, check_in_ids)

    monkeypatch.setattr(SqlCheckIns, "many", broken)
    await town.until(ASKED + timedelta(minutes=1))
    assert "What should your pupils do" in town.last("Cat Cox")
    await town.days(3)

    assert (await the_question(town))[:2] == (DeliveryState.FAILED, "too-many-tries")
    assert {each["event"] for each in mishaps if each["log_level"] == "error"} == {"delivery.not-composed"}
    mishaps.clear()


async def test_where_nobody_can_be_asked_it_comes_again_and_the_ledger_says_so(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(address: Address, delivery_id: int) -> str | None:
        raise Untraceable

    monkeypatch.setattr(town.post, "find", silent)
    post(town).fails, post(town).times = lambda: Uncertain("timeout"), 1
    await town.beat()
    assert "May have arrived twice" not in await town.command(COORDINATOR, "ledger")
    town.now += outcomes.SETTLING
    await town.beat()  # asks
    await town.beat()  # sends again

    assert "What should your pupils do" in town.last("Ann Ash")
    assert (await the_question(town))[:2] == (DeliveryState.SENT, "")
    assert "May have arrived twice: 1" in await town.command(COORDINATOR, "ledger")


async def test_a_mended_message_whose_outcome_is_unknown_is_mended_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.beat()
    await town.fill("Ann Ash", pupils="Give reasons")
    await town.beat()
    update, tries = town.post.update, Counter[str]()

    async def once_uncertain(address: Address, ref: str, message: Message) -> None:
        tries[address.user] += 1
        if tries[address.user] == 1:
            raise Uncertain("timeout")
        await update(address, ref, message)

    monkeypatch.setattr(town.post, "update", once_uncertain)
    await town.press("Ann Ash", "Take it back")
    for _ in range(3):
        await town.beat()

    assert "Give reasons" not in town.last("Cat Cox")
    assert tries == {"Cat Cox": 2}


async def test_who_has_no_chat_yet_gets_it_after_connecting(town: Town) -> None:
    async with town.store.transaction() as tx:
        await tx.members.disconnect(town.address("Ann Ash"), town.now)
    await town.beat()
    assert (await the_question(town))[:2] == (DeliveryState.QUEUED, "not-connected")
    before = len(town.post.received["Ann Ash"])

    town.now += timedelta(minutes=20)
    assert "Hello Ann" in plain(await town.hear("Ann Ash", Joined()))
    await town.beat()

    assert len(town.post.received["Ann Ash"]) == before + 1
    assert "What should your pupils do" in town.last("Ann Ash")
    assert (await the_question(town))[:2] == (DeliveryState.SENT, "")


async def test_a_process_that_died_while_sending_leaves_nothing_behind(town: Town) -> None:
    async with town.store.transaction() as tx:
        claimed = await tx.deliveries.claim(town.now, town.now + LEASE, 10)
    await town.beat()
    assert not [each for each in town.post.received["Ann Ash"] if "What should" in plain(each)]

    town.now += LEASE
    await town.beat()
    await town.beat()

    assert sorted(post(town).asked_for) == sorted(each.id for each in claimed)
    assert "What should your pupils do" in town.last("Ann Ash")
    assert "What should your pupils do" in town.last("Cat Cox")


async def test_two_processes_never_send_the_same_message(town: Town, database_url: str) -> None:
    if "postgresql" in database_url:
        import asyncio

        await asyncio.gather(town.beat(), town.beat(), town.beat())
    else:
        await town.beat()
        await town.beat()

    for name in ("Ann Ash", "Cat Cox"):
        assert sum("What should your pupils" in plain(each) for each in town.post.received[name]) == 1


# --- events ---------------------------------------------------------------------------------------------------------


async def test_an_event_that_comes_twice_has_one_effect_and_one_reply(town: Town) -> None:
    await town.beat()
    first = await town.hear("Ann Ash", Said("Give reasons"), "evt-1")
    before = await dump(town.store)

    again = await town.hear("Ann Ash", Said("Give reasons"), "evt-1")

    assert "Give reasons" in plain(first)
    assert again is None
    assert await dump(town.store) == before
    assert await town.hear("Ann Ash", Command("help"), "evt-2") is not None


async def test_a_mishap_in_a_use_case_undoes_everything_and_the_person_gets_an_apology(
    town: Town, mishaps: Mishaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.beat()
    before = await dump(town.store)

    async def broken(self: SqlCheckIns, check_in: object) -> None:
        raise RuntimeError("the disk is full of Ann's secrets")

    monkeypatch.setattr(SqlCheckIns, "save", broken)  # after the answer has been kept
    said = plain(await town.hear("Ann Ash", Said("Give reasons"), "evt-1"))

    assert "Sorry, something went wrong on my side. Nothing was lost or half-done." in said
    assert "disk" not in said
    assert await dump(town.store) == before
    assert [each["event"] for each in mishaps if each["log_level"] == "error"] == ["event.failed"]
    assert "Give reasons" not in str([{**each, "exc_info": None} for each in mishaps])
    mishaps.clear()
    monkeypatch.undo()
    assert "Give reasons" in plain(await town.hear("Ann Ash", Said("Give reasons"), "evt-1"))


async def test_what_a_message_says_is_decided_when_it_is_sent(town: Town) -> None:
    await town.submit("Ann Ash", "tell", text="I am free on Tuesday")
    await town.command("Ann Ash", "forget me yes")
    await town.beat()

    assert "free on Tuesday" not in town.everything("Cat Cox")


async def test_nobody_composes_what_is_no_longer_wanted(town: Town, prompts: Prompts) -> None:
    await town.beat()
    await town.fill("Ann Ash", pupils="Give reasons")
    [reminder] = [
        each
        for each in await town.deliveries()
        if each.kind is DeliveryKind.REMINDER
        and each.subject_id == (await town.check_ins("Ann Ash"))["focus"].id
    ]

    async with town.store.transaction() as tx:
        later = ASKED + timedelta(days=1)
        shared = await read_shared(tx, [reminder], later)
        made = await compose.compose(tx, prompts, shared, reminder, later)

    assert made == Dropped("answered")


async def test_a_note_after_the_cycle_arrives_however_long_its_reader_pauses(town: Town) -> None:
    await town.beat()
    await town.command(COORDINATOR, "close yes")
    await town.days(35)
    await town.command("Cat Cox", "pause until 20 December")
    await town.submit("Ann Ash", "tell", text="how did the autumn go?")
    await town.days(70)

    assert "how did the autumn go" in town.everything("Cat Cox")


async def test_who_never_connects_is_owed_nothing_for_ever(town: Town) -> None:
    await town.beat()
    async with town.store.transaction() as tx:
        await tx.members.disconnect(town.address("Ann Ash"), town.now)
    await town.submit("Cat Cox", "tell", text="see you")
    await town.command(COORDINATOR, "close yes")
    await town.days(29)
    waiting = {each.kind for each in await town.deliveries() if each.state is DeliveryState.QUEUED}
    assert waiting == {DeliveryKind.NOTE, DeliveryKind.CLOSED}

    await town.days(3)

    assert not [each for each in await town.deliveries() if each.state is DeliveryState.QUEUED]
