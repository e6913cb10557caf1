"""What a careful reader found: words that were not sent, taken back late, and calendars that run out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.message import Inputs
from bot.model import CycleState, Post, Role
from bot.model.roster import Roster, RosterPerson, RosterSchool
from bot.prompts import Prompts
from bot.rules.school_time import Term
from bot.use_cases.rosters import import_roster
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, plain
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
PAIR = {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}
SIX = {"Oak": ["Ann Ash", "Bob Box", "Cat Cox"], "Elm": ["Dan Day", "Eve Eck", "Flo Fay"]}
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)


async def _running(store: SqlStore, prompts: Prompts, schools: dict[str, list[str]]) -> Town:
    town = await build(store, prompts, schools, MONDAY)
    await town.run(date(2026, 9, 14))
    return town


async def a_pair(store: SqlStore, prompts: Prompts) -> Town:
    return await _running(store, prompts, PAIR)


async def three_pairs(store: SqlStore, prompts: Prompts) -> Town:
    return await _running(store, prompts, SIX)


@begins_with(three_pairs)
async def test_words_that_wait_for_their_writers_decision_are_in_no_pool(town: Town) -> None:
    while "has become easier" not in town.everything("Ann Ash"):
        await town.days(1)
    for name in [each for names in SIX.values() for each in names if each != "Ann Ash"]:
        await town.fill(name, easier=f"Asking a colleague in, {name.split()[1].lower()}")
    assert "looks like a pupil's name" in await town.fill("Ann Ash", easier="What the pupil Kayleigh said")

    await town.days(10)

    for name in ("Bob Box", "Dan Day"):
        assert "What others in the cycle said" in town.everything(name)
        assert "Kayleigh" not in town.everything(name)


@begins_with(a_pair)
async def test_words_taken_back_disappear_although_the_cycle_closes_first(town: Town) -> None:
    await town.until(ASKED)
    await town.fill("Ann Ash", pupils="Give a reason for every answer")
    await town.days(1)
    assert "Give a reason" in town.everything("Cat Cox")

    await town.press("Ann Ash", "Take it back")
    await town.command(COORDINATOR, "close yes")
    await town.beat()

    assert not [each for each in town.post.received["Cat Cox"] if "Give a reason" in plain(each)]


@begins_with(a_pair)
async def test_words_given_to_be_carried_arrive_although_the_cycle_closes(town: Town) -> None:
    await town.until(datetime(2026, 9, 14, 20, 0, tzinfo=UTC))
    assert "Goes to Cat on Tuesday 15 September at 08:40." in await town.say(
        "Ann Ash", "tell Cat see you on Tuesday"
    )
    await town.command(COORDINATOR, "close yes")

    await town.days(1)

    assert "see you on Tuesday" in town.everything("Cat Cox")


@pytest.mark.core
async def test_nobody_is_kept_when_the_calendar_has_run_out(store: SqlStore, prompts: Prompts) -> None:
    terms = {name: [Term("autumn", date(2026, 9, 1), date(2026, 12, 18))] for name in PAIR}
    town = await build(store, prompts, PAIR, MONDAY, terms=terms)
    await town.run(date(2026, 9, 14))
    await town.until(datetime(2026, 12, 18, 18, 0, tzinfo=UTC))

    assert "is erased" not in await town.command("Cat Cox", "tell hello")
    assert "You have left" in await town.command("Ann Ash", "leave yes")
    assert "Done. Your name" in await town.command("Cat Cox", "forget me yes")
    assert "is closed" in await town.command(COORDINATOR, "close yes")
    assert await town.state() is CycleState.CLOSED


@begins_with(a_pair)
async def test_a_pause_that_ends_early_brings_back_what_it_put_off(town: Town) -> None:
    await town.until(ASKED - timedelta(hours=4))
    await town.say("Ann Ash", "pause until 2 November")
    await town.until(ASKED + timedelta(hours=1))
    assert "What should your pupils do" not in town.everything("Ann Ash")

    assert "Welcome back" in await town.say("Ann Ash", "resume")
    await town.days(1)

    assert town.everything("Ann Ash").count("Why this message?") == 1
    assert "could not read" in await town.say("Ann Ash", "pause until 1 January 2030")


@pytest.mark.core
@begins_with(three_pairs)
async def test_the_last_weeks_digests_come_although_the_cycle_is_closed_when_proposed(town: Town) -> None:
    while "The days of" not in town.everything(COORDINATOR):
        await town.days(1)
    before = len(town.post.received["Head Oak"])
    await town.press(COORDINATOR, "Close the cycle")
    await town.days(14)

    assert before >= 7
    assert "has been published" not in await town.command("Head Oak", "digest")
    await town.command(COORDINATOR, "start")
    await town.submit(COORDINATOR, "start", pack="peer-visit-2wk", starts_on="2027-01-11", goal="Every child")
    assert "of those asked replied" in await town.command("Head Oak", "digest")


@pytest.mark.core
@begins_with(three_pairs)
async def test_the_digest_goes_to_whoever_is_principal_now(town: Town) -> None:
    store = town.store
    members = await town.members()
    async with store.transaction() as tx:
        schools = {each.id: each.source_id for each in await tx.schools.of(members["Ann Ash"].partnership_id)}
    now_there = [
        RosterPerson(
            source_id=each.source_id, given_name=each.given_name, family_name=each.family_name, email=each.email,
            posts=tuple((post.role, schools[post.school_id]) for post in each.posts),
        )
        for each in members.values()
    ]  # fmt: skip
    changed = [
        replace(each, posts=((Role.TEACHER, "Oak"),)) if each.source_id == "Head Oak"
        else replace(each, posts=(*each.posts, (Role.PRINCIPAL, "Oak"))) if each.source_id == COORDINATOR
        else each
        for each in now_there
    ]  # fmt: skip
    roster = Roster(
        schools=tuple(RosterSchool(source_id=each, name=each) for each in PAIR), people=tuple(changed)
    )
    async with store.transaction() as tx:
        await import_roster(tx, "Town", roster, town.now, dry_run=False)

    await town.days(21)

    assert "this week" not in town.everything("Head Oak")
    assert "Oak this week" in town.everything(COORDINATOR)
    assert Post(Role.PRINCIPAL, 1) not in (await town.members())["Head Oak"].posts


async def test_a_challenge_goes_along_with_its_reader_and_is_asked_anew_where_the_reader_left(
    store: SqlStore, prompts: Prompts
) -> None:
    town = await _running(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"], "Fir": ["Eve Eck"]})
    [three] = await town.pairings()
    while "to think further?" not in town.everything(three[0]):
        await town.days(1)
    first, second, third = three  # each challenges the next, the last the first
    for name in (first, second):
        await town.fill(name, evidence=f"Seven seconds, says {name.lower()}", question="What happens then?")

    await town.command(third, "leave yes")
    await town.days(1)

    assert f"says {first.lower()}" not in town.everything(second)  # the second's own is to be written anew
    assert "Here it is again" in town.everything(second)
    assert f"says {second.lower()}" not in town.everything(first)  # it was written for the one who left
    asked = next(each for each in reversed(town.post.received[second]) if "Here it is again" in plain(each))
    form = next(each.form for each in asked.elements if isinstance(each, Inputs))
    await town.submit(
        second, "check-in", form.context, evidence="Six hands went up", question="Whose were they?"
    )
    await town.days(1)

    assert f"says {first.lower()}" in town.everything(second)
    assert "Six hands went up" in town.everything(first)


@pytest.mark.core
@begins_with(three_pairs)
async def test_whoever_is_forgotten_stands_in_nobodys_pool(town: Town) -> None:
    everybody = [each for names in SIX.values() for each in names]
    while "has become easier" not in town.everything("Ann Ash"):
        await town.days(1)
    for name in everybody:
        await town.fill(name, easier=f"Asking a colleague in, {name.split()[1].lower()}")
    await town.days(10)
    others = [each for each in everybody if each != "Ann Ash"]
    assert all("Asking a colleague in, ash" in standing(town, each) for each in others)

    said = await town.command("Ann Ash", "forget me yes")
    await town.days(3)

    assert "your name in messages that colleagues received" in said
    for name in others:
        assert "Asking a colleague in, ash" not in standing(town, name)
        assert "Asking a colleague in, " in standing(town, name), "what others shared stays"

    await town.command("Bob Box", "forget me yes")
    await town.days(3)

    for name in others[1:]:
        assert "Asking a colleague in" not in standing(town, name), "four are too few for a pool"


def standing(town: Town, name: str) -> str:
    """What stands in somebody's conversation now."""
    return "\n".join(plain(each) for each in town.post.received[name])
