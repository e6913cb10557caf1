"""Charts, files and the shared chat of a pairing, which take several calls each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.slack import limits
from bot.errors import SendError, Uncertain, Unreachable
from bot.message import Image, Message, Text
from bot.model import Address, DeliveryKind, DeliveryState, LedgerFilter
from storage import ledger
from tests.platforms.slack.house import ANN, BEA, CAT, ELM, OAK, SIAN, House, prompts, running_house
from tests.platforms.slack.mishaps import DroppedAfter, DroppedBefore, Mishap, RateLimited, Refused, Status
from tests.playground.script import CHART

STAFF = "C0STAFF"
ALT = "Participation rose from few to many between week 1 and week 4."
WEEK = Message("The week", (Text("Before the chart."), Image(CHART, ALT), Text("After it.")))
TO_ANN = Address("slack", OAK, ANN)


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    async with running_house(sqlite_url) as house:
        house.slack.add_channel(OAK, STAFF, "staff", [ANN, SIAN, BEA])
        yield house


def pictures(blocks: Any) -> Iterator[dict[str, Any]]:
    for block in blocks:
        if block["type"] == "image":
            yield block


# --- charts ---------------------------------------------------------------------------------------------------------


async def test_a_chart_is_uploaded_and_shown_with_its_words(house: House) -> None:
    ref = await house.messenger.send(TO_ANN, WEEK, 7)

    [file], [line] = house.slack.files, house.slack.posts()
    assert file.content is not None
    assert file.content.startswith(b"\x89PNG")
    assert (file.alt, file.complete) == (ALT, True)
    [picture] = pictures(line.blocks)
    assert (picture["slack_file"], picture["alt_text"]) == ({"id": file.id}, ALT)
    assert ref == f"{line.channel}:{line.ts}"
    assert [
        each.arguments.get("channel_id") for each in house.slack.called("files.completeUploadExternal")
    ] == [None]


async def test_a_chart_that_is_not_ready_at_once_is_waited_for(house: House) -> None:
    house.slack.fail("chat.postMessage", Refused("invalid_blocks"))

    await house.messenger.send(TO_ANN, WEEK, 7)

    [line] = house.slack.posts()
    assert list(pictures(line.blocks))
    assert len(house.slack.called("chat.postMessage")) == 2
    assert len(house.slack.files) == 1


async def test_the_words_stand_for_a_chart_that_never_is_ready(house: House) -> None:
    house.slack.world.polls_until_ready = 99

    await house.messenger.send(TO_ANN, WEEK, 7)

    [line] = house.slack.posts()
    assert list(pictures(line.blocks)) == []
    assert ALT in str(line.blocks)
    assert "After it." in str(line.blocks)


@pytest.mark.parametrize(
    "error", ["file_uploads_disabled", "missing_scope", "alt_txt_too_large", "storage_limit_reached"]
)
@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_the_words_stand_for_a_chart_where_nothing_may_be_uploaded(
    house: House, method: str, error: str
) -> None:
    house.slack.fail(method, Refused(error))

    await house.messenger.send(TO_ANN, WEEK, 7)

    [line] = house.slack.posts()
    assert ALT in str(line.blocks)
    assert list(pictures(line.blocks)) == []


async def test_the_words_of_a_chart_fit_into_what_slack_keeps_with_a_file(house: House) -> None:
    long = replace(WEEK, elements=(Image(CHART, "w" * 1_001),))

    await house.messenger.send(TO_ANN, long, 7)

    [file] = house.slack.files
    assert len(file.alt) == limits.FILE_ALT == 1_000


@pytest.mark.parametrize(
    ("method", "mishap", "error"),
    [
        ("files.getUploadURLExternal", RateLimited(9), SendError),
        ("files.getUploadURLExternal", DroppedAfter(), SendError),
        ("upload", Status(500), SendError),
        ("upload", DroppedBefore(), SendError),
        ("files.completeUploadExternal", RateLimited(9), SendError),
    ],
    ids=str,
)
async def test_a_chart_that_cannot_be_uploaded_now_posts_nothing(
    house: House, method: str, mishap: Mishap, error: type[Exception]
) -> None:
    house.slack.fail(method, mishap)

    with pytest.raises(error):
        await house.messenger.send(TO_ANN, WEEK, 7)

    assert house.slack.posts() == []


async def test_a_message_is_changed_where_it_stands_with_its_chart(house: House) -> None:
    ref = await house.messenger.send(TO_ANN, Message("Soon", (Text("Soon."),)), 7)

    await house.messenger.update(TO_ANN, ref, WEEK)

    [line] = [each for each in house.slack.conversation(OAK, ANN) if each.by_app]
    assert (line.text, line.edited) == ("The week", True)
    assert list(pictures(line.blocks))
    with pytest.raises(Unreachable):
        await house.messenger.update(TO_ANN, "D0:1.2", WEEK)


# --- my data --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["command", "command in a channel", "mention", "words"])
async def test_my_data_is_a_file_in_the_chat_and_nowhere_else(house: House, how: str) -> None:
    match how:
        case "command":
            answer = await house.slack.command(OAK, ANN, "my data")
        case "command in a channel":
            answer = await house.slack.command(OAK, ANN, "my data", channel=STAFF)
        case "mention":
            answer = await house.slack.mention(OAK, ANN, STAFF, "my data")
        case _:
            answer = await house.slack.say(OAK, ANN, "my data")

    [file] = house.slack.files
    assert b"ann.ash@example.org" in (file.content or b"")
    assert [line.channel for line in house.slack.posts()] == [house.slack.world.direct(OAK, ANN).id]
    assert house.slack.channel(STAFF) == [] or how == "mention"
    assert not [line for line in house.slack.channel(STAFF) if line.by_app]
    assert "ann.ash@example.org" in house.last(OAK, ANN) or how.startswith("command")
    if how.startswith("command"):
        assert answer.json == {
            "response_type": "ephemeral",
            "text": prompts().voice("en").text("wait.sent-to-chat"),
        }
    assert "ann.ash" not in answer.body


@pytest.mark.parametrize("mishap", [RateLimited(0), Status(503), DroppedAfter()], ids=str)
async def test_a_file_that_stumbles_after_its_words_does_not_repeat_them(
    house: House, mishap: Mishap
) -> None:
    house.slack.fail("files.completeUploadExternal", mishap)

    await house.slack.say(OAK, ANN, "my data")

    assert len(house.slack.posts()) == 1


@pytest.mark.parametrize("error", ["file_uploads_disabled", "missing_scope", "storage_limit_reached"])
async def test_where_nothing_may_be_uploaded_my_data_comes_as_text(house: House, error: str) -> None:
    house.slack.fail("files.getUploadURLExternal", Refused(error))

    answer = await house.slack.command(OAK, ANN, "my data")

    assert answer.json["text"] == prompts().voice("en").text("wait.sent-to-chat")
    assert "ann.ash@example.org" in "".join(house.seen(OAK, ANN))
    assert house.slack.refused == []


async def test_who_is_not_sent_a_file_is_not_told_that_it_was(house: House) -> None:
    house.slack.fail("files.getUploadURLExternal", Status(503), Status(503), Status(503))

    answer = await house.slack.command(OAK, ANN, "my data")

    assert answer.json["text"] == prompts().voice("en").text("error.platform-is-silent")
    assert house.slack.posts() == []


# --- one chat for a pairing -----------------------------------------------------------------------------------------


async def pair(house: House, *, together: bool) -> None:
    """Start a cycle; with `together` everybody is in one workspace."""
    if together:
        house.slack.add_person(OAK, CAT, "cat.cox@example.org", name="Cat Cox")
        house.slack.add_person(OAK, "U0DAN", "dan.dove@example.org", name="Dan Dove")
        await house.let_in(OAK, "Elm")
    team = OAK if together else ELM
    await house.invite()
    await house.beat()
    for where, user in ((OAK, ANN), (OAK, BEA), (team, CAT), (team, "U0DAN")):
        await house.slack.press(where, user, label="Join")
    await house.slack.command(OAK, SIAN, "preview")
    await house.slack.command(OAK, SIAN, "confirm")
    await house.beat()


async def test_partners_in_one_workspace_can_have_a_chat_of_their_own(house: House) -> None:
    await pair(house, together=True)

    await house.slack.press(OAK, ANN, label="Open one chat for us")
    await house.beat()

    [group] = [each for each in house.slack.world.channels.values() if each.kind == "mpim"]
    assert len(group.members) == 3
    assert ANN in group.members
    [line] = house.slack.channel(group.id)
    assert "Here you are together" in line.text


async def test_what_people_say_to_each_other_is_not_looked_through_so_our_words_may_come_twice(
    house: House,
) -> None:
    await pair(house, together=True)
    await house.slack.press(OAK, ANN, label="Open one chat for us")
    house.slack.fail("chat.postMessage", DroppedAfter())
    await house.beat()
    await house.beat(after=timedelta(minutes=2))  # asks
    await house.beat()

    [group] = [each for each in house.slack.world.channels.values() if each.kind == "mpim"]
    assert len(house.slack.channel(group.id)) == 2
    assert house.slack.called("conversations.history") == []
    wanted = LedgerFilter(kinds=frozenset({DeliveryKind.TOGETHER}))
    [line] = [each async for each in ledger.lines(house.store, wanted)]
    assert (line.state, line.perhaps_twice) == (DeliveryState.SENT, True)


async def test_partners_in_two_workspaces_are_not_offered_one(house: House) -> None:
    await pair(house, together=False)

    assert not [
        line for line in house.slack.conversation(OAK, ANN) if "Open one chat for us" in str(line.blocks)
    ]
    answer = await house.slack.command(OAK, ANN, "together")
    assert "share a workspace" in answer.body
    assert house.slack.called("conversations.open") == []
    member = await house.member("Ann Ash")
    async with house.store.transaction() as tx:
        assert not await tx.deliveries.was_sent(DeliveryKind.TOGETHER, 1, member.id)


async def test_a_group_that_may_have_been_opened_is_uncertain_like_a_post(house: House) -> None:
    house.slack.fail("conversations.open", DroppedAfter())

    with pytest.raises(Uncertain):
        await house.messenger.send(Address("slack", OAK, f"{ANN},{BEA}"), WEEK, 7)
