"""A stranger's workspace that wants to speak as somebody who is connected, over Slack's wire; and the honest case."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.platforms.slack.house import CAT, ELM, OAK, SIAN, House, email, prompts, running_house

EVIL, MALLORY, HEAD = "T0EVIL", "U9MALLORY", "U0HEAD"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Two connected schools, and a workspace whose owner gave an account the e-mail address of Cat Cox."""
    async with running_house(database_url) as house:
        house.slack.add_person(ELM, HEAD, email("Head Elm"))
        house.slack.add_workspace(EVIL, "Evil", token="xoxb-evil")
        await house.installations.save(EVIL, "xoxb-evil", name="", now=house.now)
        house.slack.add_person(EVIL, MALLORY, email("Cat Cox"))
        assert "no cycle" in (await house.slack.command(ELM, CAT, "status")).body
        yield house


def words(key: str) -> str:
    return prompts().voice("en").text(key)


async def everything_that_mallory_reads(house: House) -> str:
    """Return the answers to what a curious stranger types."""
    before = len(house.seen(EVIL, MALLORY))
    for said in ("status", "my data", "tell Ann I am Cat", "forget me yes", "digest", "pairs"):
        await house.slack.say(EVIL, MALLORY, said)
    return "\n".join(house.seen(EVIL, MALLORY)[before:])


def lines_of(key: str) -> set[str]:
    voice = prompts().voice("en")
    return {voice.text(key), voice.markdown(key)}


async def test_a_second_workspace_waits_for_a_yes_of_the_schools_leaders(house: House) -> None:
    answer = await house.slack.command(EVIL, MALLORY, f"link {await house.code('Elm')}")
    assert "I ask the people who lead" in answer.body
    await house.beat()

    assert "another workspace" in house.last(ELM, HEAD)
    heard = await everything_that_mallory_reads(house)
    await house.slack.press(ELM, HEAD, label="No, keep it out")
    heard += "\n" + await everything_that_mallory_reads(house)

    assert "Cat" not in heard
    assert set(heard.split("\n")) <= lines_of("error.not-linked")
    address = await house.address_of("Cat Cox")
    assert address is not None
    assert (address.workspace, address.user) == (ELM, CAT)


async def test_the_owner_of_a_linked_workspace_does_not_become_somebody_who_is_connected(
    house: House,
) -> None:
    await house.slack.command(EVIL, MALLORY, f"link {await house.code('Elm', asks=False)}")

    heard = await everything_that_mallory_reads(house)
    await house.beat()
    heard += "\n" + await everything_that_mallory_reads(house)

    assert set(heard.split("\n")) <= lines_of("error.unknown-person")
    assert "Is this you, too?" in house.last(ELM, CAT)
    assert len([each for each in house.seen(ELM, CAT) if "Is this you" in each]) == 1
    await house.slack.press(ELM, CAT, label="No, that's not me")
    await house.beat()
    assert words("error.unknown-person") in await everything_that_mallory_reads(house)
    address = await house.address_of("Cat Cox")
    assert address is not None
    assert (address.workspace, address.user) == (ELM, CAT)
    assert "they say it isn't theirs" in house.last(OAK, SIAN)
    await house.beat()
    assert not [each for each in house.seen(ELM, CAT) if "Is this you" in each], "asked once"


async def test_somebody_with_two_accounts_says_yes_once_where_they_are_known(house: House) -> None:
    await house.slack.command(EVIL, MALLORY, f"link {await house.code('Elm', asks=False)}")
    await house.slack.command(EVIL, MALLORY, "status")
    await house.beat()

    await house.slack.press(ELM, CAT, label="Yes, that's me")

    house.now += timedelta(minutes=1)
    assert "no cycle" in (await house.slack.command(EVIL, MALLORY, "status")).body
    address = await house.address_of("Cat Cox")
    assert address is not None
    assert (address.workspace, address.user) == (EVIL, MALLORY)
    house.now += timedelta(minutes=1)
    assert "no cycle" in (await house.slack.command(ELM, CAT, "status")).body
    address = await house.address_of("Cat Cox")
    assert address is not None
    assert address.workspace == ELM, "they are written to where they were last"


@pytest.mark.parametrize("who", [CAT, SIAN])
async def test_only_who_leads_the_school_can_let_a_workspace_in(house: House, who: str) -> None:
    await house.slack.command(EVIL, MALLORY, f"link {await house.code('Elm')}")

    refused = await house.slack.command(OAK if who == SIAN else ELM, who, "let-in 1")

    assert words("error.not-yours") in refused.body
    assert words("error.not-linked") in (await house.slack.command(EVIL, MALLORY, "status")).body


async def test_nobody_answers_for_somebody_else(house: House) -> None:
    await house.slack.command(EVIL, MALLORY, f"link {await house.code('Elm', asks=False)}")
    await house.slack.command(EVIL, MALLORY, "status")

    answer = await house.slack.command(OAK, SIAN, "same-person 1")

    assert words("error.already-answered") in answer.body
    assert words("error.unknown-person") in (await house.slack.command(EVIL, MALLORY, "same-person 1")).body


async def test_an_address_that_slack_has_not_confirmed_is_nobodys(house: House) -> None:
    house.slack.add_person(ELM, "U0DAN2", email("Dan Dove"))
    house.slack.change_person("U0DAN2", is_email_confirmed=False)

    answer = await house.slack.command(ELM, "U0DAN2", "status")

    assert words("error.unknown-person") in answer.body
    assert await house.address_of("Dan Dove") is None
