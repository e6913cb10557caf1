"""What a coordinator can mend in a cycle: a person too few or too many, the goal, the first day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.prompts import Prompts
from bot.use_cases import rosters
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, plain, roster_of
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
START = date(2026, 9, 14)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)
SHORT = "peer-visit-2wk"
FOUR = {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox", "Dan Day"]}


async def running(store: SqlStore, prompts: Prompts) -> Town:
    """Four teachers meet; a fifth comes to the school afterwards."""
    town = await build(store, prompts, FOUR, MONDAY, principals=False)
    await town.run(START, SHORT)
    async with store.transaction() as tx:
        roster = roster_of({"Oak": [*FOUR["Oak"], "Eve Elm"], "Elm": FOUR["Elm"]}, principals=False)
        await rosters.import_roster(tx, town.partnership, roster, town.now, dry_run=False)
        for member in await tx.members.of((await tx.schools.partnerships())[0].id):
            if member.name == "Eve Elm":
                await tx.members.connect(town.address(member.name), member.id, town.now)
    return town


pytestmark = [pytest.mark.core, begins_with(running)]


async def test_one_more_teacher_is_invited_while_it_runs_and_gets_a_partner(town: Town) -> None:
    assert "is invited to" in await town.say(COORDINATOR, "add Eve Elm")
    await town.days(0.3)
    assert "You are invited" in town.everything("Eve Elm") or "invites you" in town.everything("Eve Elm")

    await town.command("Eve Elm", "join")

    assert any("Eve Elm" in each for each in await town.pairings())
    assert "takes part already" in await town.command(COORDINATOR, "add eve elm")


async def test_who_is_not_on_the_roster_or_said_no_is_not_invited(town: Town) -> None:
    assert "cannot find" in await town.command(COORDINATOR, "add Zoe Zed")
    assert "Name one person" in await town.command(COORDINATOR, "add")
    await town.command(COORDINATOR, "add Eve Elm")
    assert "invited already" in await town.command(COORDINATOR, "add Eve Elm")
    await town.command("Eve Elm", "decline")

    assert "said not this time" in await town.command(COORDINATOR, "add Eve Elm")


async def test_a_person_is_removed_once_confirmed_and_can_be_added_again(town: Town) -> None:
    partner = await town.partner_of("Ann Ash")
    assert "Their partner gets another pairing" in await town.say(COORDINATOR, "remove Ann Ash")
    assert any("Ann Ash" in each for each in await town.pairings()), "nothing happens before the yes"

    assert "is out of" in plain(await town.press(COORDINATOR, "Take them out"))
    await town.until(ASKED)

    assert not any("Ann Ash" in each for each in await town.pairings())
    assert any(partner in each for each in await town.pairings())
    assert "What should your pupils do" not in town.everything("Ann Ash")
    assert "your coordinator has taken you out" in town.last("Ann Ash")
    assert "cannot find" in await town.command(COORDINATOR, "remove Ann Ash")
    assert "is invited to" in await town.command(COORDINATOR, "add Ann Ash")


async def test_the_goal_is_changed_and_read_by_everybody_from_then_on(town: Town) -> None:
    said = await town.say(COORDINATOR, "goal Every pupil explains their thinking")

    assert "It was: Every child is heard" in said
    assert "The goal is: Every pupil explains" in await town.command(COORDINATOR, "goal")
    assert "at most 300 letters" in await town.command(COORDINATOR, "goal " + "a" * 301)
    await town.until(ASKED)
    assert "Every pupil explains their thinking" in town.everything("Cat Cox")
    assert "Every child is heard" not in town.last("Cat Cox")


async def test_the_first_day_can_be_changed_until_the_pairings_are_confirmed(town: Town) -> None:
    assert "does not fit" in await town.command(COORDINATOR, "first day 5 October")
    await town.command(COORDINATOR, "close yes")
    await town.start(date(2026, 10, 5), SHORT)

    for unclear in ("first day 1 January 2020", "first day someday", "first day"):
        assert "could not read that as a day" in await town.command(COORDINATOR, unclear), unclear
    assert "begins on Monday 12 October" in await town.say(COORDINATOR, "first day 12 October")
    assert (await town.cycle()).starts_on == date(2026, 10, 12)


async def test_who_was_never_reached_by_an_invitation_is_not_told_of_being_taken_out(town: Town) -> None:
    await town.command(COORDINATOR, "add Eve Elm")
    await town.command(COORDINATOR, "remove Eve Elm yes")
    await town.days(1)

    assert town.everything("Eve Elm") == ""


async def test_a_new_first_day_reaches_everybody_who_was_invited(town: Town) -> None:
    await town.command(COORDINATOR, "close yes")
    await town.start(date(2026, 10, 5), SHORT)
    await town.days(1)
    await town.command("Ann Ash", "join")
    assert "5 October" in town.last("Bob Box")

    await town.command(COORDINATOR, "first day 2 November")
    await town.command(COORDINATOR, "first day 12 October")
    await town.days(1)

    assert "another day now: Monday 12 October" in town.last("Ann Ash")
    assert "2 November" not in town.everything("Ann Ash")
    assert "12 October" in town.last("Bob Box")
    assert "5 October" not in town.last("Bob Box"), "the invitation itself is changed"


async def test_a_teacher_changes_nothing(town: Town) -> None:
    before = await town.cycle()
    for command in ("add Eve Elm", "remove Bob Box yes", "goal Something of my own", "first day 12 October"):
        assert "That is for coordinators" in await town.command("Ann Ash", command), command
    assert await town.cycle() == before
