"""Answers reach the person who asked, in time, in their thread or on their home tab, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.model import CommandName
from storage.store import SqlStore, SqlTx
from tests.journeys.town import plain
from tests.platforms.slack.house import ANN, BEA, CAT, DAN, ELM, OAK, SIAN, House, prompts, running_house
from tests.platforms.slack.mishaps import DroppedBefore, RateLimited, Refused, Status
from tests.platforms.slack.wire import EVENT
from tests.platforms.slack.world import Line

STAFF = "C0STAFF"


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    async with running_house(sqlite_url) as house:
        house.slack.add_channel(OAK, STAFF, "staff", [ANN, SIAN, BEA])
        yield house


def voice(key: str) -> str:
    return prompts().voice("en").text(key)


# --- in a channel ---------------------------------------------------------------------------------------------------

SAID_BY_COORDINATORS = (
    *("help", "status", "start", "preview", "confirm", "pairs", "swap Ann and Cat", "block Ann and Cat"),
    *("nudge 1", "hold", "go on", "close", "ledger", "school add Elm", "digest", "invite", "link AAAA-BBBB"),
    *("add Fay", "remove Ann Ash", "goal", "first day"),
)
SAID_BY_ANYBODY = (
    *(
        "join",
        "accept",
        "decline",
        "profile",
        "tell my partner hello",
        "pause",
        "pause until 12 May",
        "resume",
    ),
    *(
        "leave",
        "language",
        "my data",
        "concern",
        "skip",
        "undo",
        "later",
        "put",
        "send",
        "another",
        "together",
    ),
    *("take-back", "forget me", "nonsense", "<!channel>", ""),
    *("to-partner", "neither", "not-meant", "send-note", "take-back-note", "stop", "meant", "not-me"),
    *("request", "remind-partner", "same-person", "another-person", "let-in", "keep-out"),
    *("use-file", "leave-file", "read-file"),
)


def test_every_command_is_said_in_a_channel() -> None:
    said = (*SAID_BY_COORDINATORS, *SAID_BY_ANYBODY)
    assert [each for each in CommandName if not any(f"{line} ".startswith(f"{each} ") for line in said)] == []


@pytest.mark.parametrize("words", [*SAID_BY_COORDINATORS, *SAID_BY_ANYBODY])
async def test_whatever_is_answered_in_a_channel_is_seen_by_nobody_else(house: House, words: str) -> None:
    command = await house.slack.command(OAK, SIAN, words, channel=STAFF)
    mention = await house.slack.mention(OAK, SIAN, STAFF, words)

    assert (command.status, mention.status) == (200, 200)
    assert command.json.get("response_type", "ephemeral") == "ephemeral"
    assert [line for line in house.slack.channel(STAFF) if line.by_app] == []
    for other in (ANN, BEA):
        assert house.seen(OAK, other) == []
    assert house.seen(OAK, SIAN) or house.slack.modal(OAK, SIAN)
    assert house.slack.refused == []


async def test_a_mention_says_the_same_as_a_command(house: House) -> None:
    command = await house.slack.command(OAK, ANN, "status", channel=STAFF)
    await house.slack.mention(OAK, ANN, STAFF, "status")

    by_command, by_mention = [each for each in house.slack.conversation(OAK, ANN) if each.by_app]
    assert (by_command.via, by_mention.via) == ("command", "ephemeral")
    assert by_mention.channel == STAFF
    assert by_command.text == by_mention.text == command.json["text"]


async def test_a_mention_in_a_thread_is_answered_in_it(house: House) -> None:
    await house.slack.mention(OAK, ANN, STAFF, "help")
    told = house.slack.wire.sent[-1].payload
    event = {**told["event"], "thread_ts": "1700000000.000100"}
    await house.slack.wire.deliver(EVENT, {**told, "event": event, "event_id": "EvThread"})

    [outside, inside] = [each for each in house.slack.conversation(OAK, ANN) if each.by_app]
    assert (outside.thread, inside.thread) == ("", "1700000000.000100")


async def test_what_cannot_be_shown_in_the_channel_comes_to_the_chat(house: House) -> None:
    house.slack.fail("chat.postEphemeral", Refused("not_in_channel"), Status(503))

    await house.slack.mention(OAK, ANN, STAFF, "status")
    await house.slack.mention(OAK, ANN, STAFF, "help")

    assert [line.via for line in house.slack.conversation(OAK, ANN) if line.by_app] == ["post", "post"]


async def test_a_button_in_a_channel_answers_its_person_only(house: House) -> None:
    await house.slack.command(OAK, SIAN, "status", channel=STAFF)
    await house.slack.press(OAK, SIAN, label="Start a cycle")
    day = "2026-09-21"
    await house.slack.submit(OAK, SIAN, {"pack": "peer-visit-2wk", "starts_on": day, "goal": "Every child"})

    assert house.slack.modal(OAK, SIAN) is None
    assert "The plan for" in house.last(OAK, SIAN)
    [line] = [each for each in house.slack.conversation(OAK, SIAN) if each.by_app][-1:]
    assert (line.channel, line.only_for) == (STAFF, SIAN)
    assert house.seen(OAK, ANN) == []


@pytest.mark.parametrize("spent", ["old", "used"])
async def test_a_form_that_was_open_too_long_is_confirmed_in_the_chat(house: House, spent: str) -> None:
    """A response URL is good for half an hour and five answers."""
    await house.slack.command(OAK, SIAN, "status", channel=STAFF)
    await house.slack.press(OAK, SIAN, label="Start a cycle")
    if spent == "old":
        house.slack.wait(31 * 60)
    else:
        for right in house.slack.world.response_urls.values():
            right.uses = 5
    await house.slack.submit(
        OAK, SIAN, {"pack": "peer-visit-2wk", "starts_on": "2026-09-21", "goal": "Every child"}
    )

    assert "The plan for" in plain(house.read(house.slack.posts(OAK)[-1]))


# --- in the chat ----------------------------------------------------------------------------------------------------


async def test_words_in_a_thread_are_answered_in_it(house: House) -> None:
    await house.slack.say(OAK, ANN, "help")
    thread = next(each.ts for each in house.slack.conversation(OAK, ANN))
    await house.slack.say(OAK, ANN, "help", thread=thread)

    outside, inside = house.slack.posts(OAK)
    assert (outside.thread, inside.thread) == ("", thread)


async def asked(house: House) -> Line:
    """Start a cycle until Cat is asked a question, and return that message."""
    await house.invite()
    await house.beat()
    for team, user in ((OAK, ANN), (OAK, BEA), (ELM, CAT), (ELM, DAN)):
        await house.slack.press(team, user, label="Join")
    await house.slack.command(OAK, SIAN, "preview")
    await house.slack.command(OAK, SIAN, "confirm")
    await house.beat()
    house.now = datetime(2026, 9, 21, 14, 35, tzinfo=UTC)
    await house.beat()
    return house.slack.posts(ELM)[-1]


def button(line: Line, does: str) -> str:
    """Return the action id of the button with that action."""
    found = (each for block in line.blocks for each in block.get("elements", ()))
    return next(str(each["action_id"]) for each in found if str(each.get("value", "")).startswith(does))


async def test_a_pressed_message_is_replaced_where_it_stands(house: House) -> None:
    line = await asked(house)
    user = house.slack.world.channels[line.channel].members[1]
    posts = len(house.slack.posts())

    await house.slack.press(ELM, user, line.ts, button(line, "c:skip"))

    after = house.slack.world.line(line.channel, line.ts)
    assert after is not None
    assert after.edited
    assert after.blocks != line.blocks
    assert len(house.slack.posts()) == posts


async def test_what_can_no_longer_be_replaced_is_answered_below(house: House) -> None:
    line = await asked(house)
    user = house.slack.world.channels[line.channel].members[1]
    house.slack.fail("chat.update", Refused("message_not_found"))

    await house.slack.press(ELM, user, line.ts, button(line, "c:skip"))

    assert house.slack.posts()[-1].ts != line.ts
    assert house.slack.posts()[-1].channel == line.channel


@pytest.mark.parametrize("mishap", [Status(503), DroppedBefore(), Refused("message_not_found")], ids=str)
async def test_an_answer_that_gets_lost_does_not_undo_what_was_done(house: House, mishap: object) -> None:
    await house.invite()
    await house.beat()
    for method in ("chat.update", "chat.postMessage"):
        house.slack.fail(method, mishap, team=ELM)  # type: ignore[arg-type]  # each of the three is one

    answer = await house.slack.press(ELM, CAT, label="Join")

    assert answer.status == 200
    assert "1 joined" in (await house.slack.command(OAK, SIAN, "status")).body


async def test_an_answer_waits_as_long_as_slack_says(house: House) -> None:
    house.slack.fail("chat.postMessage", RateLimited(7), RateLimited(90))

    await house.slack.say(OAK, ANN, "help")

    assert len(house.slack.posts(OAK)) == 1
    assert house.pauses.seconds == [7, 60]  # later, people look elsewhere


async def test_a_form_that_cannot_be_opened_is_said(house: House) -> None:
    house.slack.fail("views.open", Status(503), Refused("expired_trigger_id"))
    for _ in range(2):
        answer = await house.slack.command(OAK, SIAN, "start")
        assert answer.json["text"] == voice("wait.open-form")
    house.slack.world.tokens[f"xoxb-{OAK}"].gone = "token_revoked"
    refused = house.slack.wire.sent[-1].payload | {"trigger_id": "9.9.9"}
    assert (await house.slack.wire.deliver("slash_commands", refused)).json["text"] == voice("wait.open-form")


# --- a page of one's own --------------------------------------------------------------------------------------------


async def test_the_page_is_published_its_buttons_work_and_it_is_fresh_after_a_press(house: House) -> None:
    await house.invite()
    await house.slack.open_home(OAK, ANN)
    first = house.slack.home(OAK, ANN)
    assert first is not None
    assert "Hello Ann" in str(first)

    await house.slack.press(OAK, ANN, "home", label="Help")
    second = house.slack.home(OAK, ANN)

    assert "status" in house.last(OAK, ANN)
    assert len(house.slack.called("views.publish")) == 2
    assert second is not None
    assert second["id"] != first["id"] or second.get("hash") != first.get("hash")


async def test_the_messages_tab_publishes_nothing_and_a_stranger_reads_what_to_do(house: House) -> None:
    await house.slack.open_home(OAK, ANN, tab="messages")
    assert house.slack.called("views.publish") == []
    house.slack.add_person(OAK, "U0NEW", "nobody@example.org")
    await house.slack.open_home(OAK, "U0NEW")
    assert voice("error.unknown-person")[:30] in str(house.slack.home(OAK, "U0NEW"))


# --- slowly ---------------------------------------------------------------------------------------------------------


class Slow(SqlStore):
    """A store whose transactions wait while its door is closed."""

    door: asyncio.Event | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTx]:
        if self.door is not None:
            await self.door.wait()
        async with super().transaction() as tx:
            yield tx


async def test_a_slow_turn_is_acknowledged_in_time_and_answered_in_the_chat(database_url: str) -> None:
    async with running_house(database_url, wrap=Slow) as house:
        store = house.store
        assert isinstance(store, Slow)
        store.door = asyncio.Event()
        house.patience.end()

        command = await house.slack.command(OAK, ANN, "status")
        said = await house.slack.say(OAK, BEA, "help")
        posts = list(house.slack.posts())
        store.door.set()
        await house.connection.close()

        assert command.json == {"response_type": "ephemeral", "text": voice("wait.one-moment")}
        assert (said.status, said.body) == (200, "")
        assert posts == []
        assert "no cycle" in house.last(OAK, ANN)
        assert "status" in house.last(OAK, BEA)
        assert len(house.slack.posts()) == 2


async def test_a_form_whose_answer_is_late_gives_the_words_back(database_url: str) -> None:
    async with running_house(database_url, wrap=Slow) as house:
        store = house.store
        assert isinstance(store, Slow)
        await house.slack.command(OAK, SIAN, "start")
        store.door = asyncio.Event()
        house.patience.end()
        past = {"pack": "peer-visit-2wk", "starts_on": "2026-09-01", "goal": "Every child is heard"}
        closed = await house.slack.submit(OAK, SIAN, past)
        store.door.set()
        await house.connection.close()

        assert (closed.status, closed.body) == (200, "")
        assert voice("wait.late-form") in house.last(OAK, SIAN)
        assert "Every child is heard" in house.last(OAK, SIAN)
