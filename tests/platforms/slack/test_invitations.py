"""`invite #channel`: the people who are invited, and those who are left out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.model import EnrolmentState
from tests.platforms.slack.house import ANN, BEA, OAK, SIAN, House, email, prompts, running_house
from tests.platforms.slack.mishaps import DroppedBefore, RateLimited, Refused, Status

STAFF = "C0STAFF"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """The running bot, with a draft of a cycle and nobody invited."""
    async with running_house(database_url) as house:
        await house.slack.command(OAK, SIAN, "start")
        await house.slack.submit(
            OAK, SIAN, {"pack": "peer-visit-2wk", "starts_on": "2026-09-21", "goal": "Every child is heard"}
        )
        house.slack.calls.clear()
        yield house


async def invited(house: House) -> set[str]:
    async with house.store.transaction() as tx:
        partnership = await tx.schools.partnership_named("Town")
        assert partnership is not None
        cycle = await tx.cycles.last(partnership.id)
        assert cycle is not None
        names = {each.id: each.name for each in await tx.members.of(partnership.id)}
        found = await tx.cycles.enrolments(cycle.id)
        return {names[each.member_id] for each in found if each.state is EnrolmentState.INVITED}


def strangers(house: House) -> list[str]:
    """Add all kinds of people who are not invited, each with a teacher's e-mail address, and return their ids."""
    slack, wanted = house.slack, email("Bea Birch")
    slack.change_person(BEA, email="other@example.org")
    slack.add_person(OAK, "U0BOT", wanted, is_bot=True)
    slack.add_person(OAK, "U0GUEST", wanted, is_guest=True)
    slack.add_person(OAK, "U0GONE", wanted, deleted=True)
    slack.add_workspace("T0FAR", "Far away")
    slack.add_person("T0FAR", "U0FAR", wanted)
    slack.add_person(OAK, "U0NOMAIL")
    slack.add_person(OAK, "U0PARENT", "a.parent@example.org")
    return ["U0BOT", "U0GUEST", "U0GONE", "U0FAR", "U0NOMAIL", "U0PARENT"]


@pytest.mark.parametrize("more", [0, 60])
@pytest.mark.parametrize("private", [False, True])
async def test_a_channels_teachers_are_invited_and_nobody_else(
    house: House, more: int, *, private: bool
) -> None:
    crowd = [house.slack.add_person(OAK, f"U1{n:02}", f"p{n}@example.org").id for n in range(more)]
    house.slack.add_channel(
        OAK, STAFF, "staff", [ANN, SIAN, *strangers(house), *crowd], private=private, shared=True
    )

    answer = await house.slack.command(OAK, SIAN, "invite #staff")

    assert "1 invitation" in answer.json["text"]
    assert await invited(house) == {"Ann Ash"}
    assert len(house.slack.calls) < 15
    assert len(house.slack.called("users.list")) == (1 if more else 0)


async def test_a_mention_invites_as_well(house: House) -> None:
    house.slack.add_channel(OAK, STAFF, "staff", [ANN, BEA, SIAN])

    await house.slack.mention(OAK, SIAN, STAFF, "nothing")
    told = house.slack.wire.sent[-1].payload
    text = f"<@UBOT{OAK}> invite <#{STAFF}|staff>"
    await house.slack.wire.deliver(
        "events_api",
        {**told, "event": {**told["event"], "text": text, "ts": house.slack.world.ts()}, "event_id": "Ev7"},
    )

    assert await invited(house) == {"Ann Ash", "Bea Birch"}


async def test_somebody_whom_slack_does_not_show_is_left_out_and_the_others_are_invited(house: House) -> None:
    house.slack.add_channel(OAK, STAFF, "staff", [ANN, BEA, SIAN])
    house.slack.fail("users.info", Refused("user_not_found"))

    answer = await house.slack.command(OAK, SIAN, "invite #staff")

    assert answer.status == 200
    assert len(await invited(house)) >= 1


@pytest.mark.parametrize("method", ["conversations.members", "users.info"])
@pytest.mark.parametrize("mishap", [Status(503), DroppedBefore(), RateLimited(5)], ids=str)
async def test_where_slack_does_not_answer_nobody_is_invited_and_it_is_said(
    house: House, method: str, mishap: object, capsys: pytest.CaptureFixture[str]
) -> None:
    house.slack.add_channel(OAK, STAFF, "staff", [ANN, BEA])
    house.slack.fail(method, mishap)  # type: ignore[arg-type]  # each of the three is one

    answer = await house.slack.command(OAK, SIAN, "invite #staff")

    assert answer.json["text"] == prompts().voice("en").text("error.platform-is-silent")
    assert await invited(house) == set()
    assert "event.failed" not in capsys.readouterr().out
    await house.slack.command(OAK, SIAN, "invite #staff")
    assert await invited(house) == {"Ann Ash", "Bea Birch"}


@pytest.mark.parametrize("words", ["invite #staff", "invite #nowhere", f"invite #{STAFF}"])
async def test_a_channel_that_the_bot_cannot_see_is_said(house: House, words: str) -> None:
    house.slack.add_channel(OAK, STAFF, "staff", [ANN], private=True, with_bot=False)

    answer = await house.slack.command(OAK, SIAN, words)

    assert answer.json["text"] == prompts().voice("en").text("error.no-such-channel").split(". ")[
        0
    ] + "." or ("cannot see that channel" in answer.body)
    assert await invited(house) == set()


async def test_who_is_no_coordinator_costs_no_call_to_slack(house: House) -> None:
    house.slack.add_channel(OAK, STAFF, "staff", [ANN, BEA])
    await house.slack.say(OAK, ANN, "help")
    house.slack.calls.clear()

    answer = await house.slack.command(OAK, ANN, "invite #staff")

    assert answer.status == 200
    assert house.slack.calls == []
    assert await invited(house) == set()
