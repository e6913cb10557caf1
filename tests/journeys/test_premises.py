"""After every roster import the premises of each pairing are looked at again, as `confirm` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.model import Role
from bot.prompts import Prompts
from bot.rules.roster_difference import RosterImport
from bot.say.rosters import changes
from bot.use_cases import rosters as imports
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, dump, roster_of
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
START = date(2026, 9, 14)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)  # 15:30 in London
SHORT = "peer-visit-2wk"
FOUR = {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox", "Dan Day"]}


async def four_teachers(store: SqlStore, prompts: Prompts) -> Town:
    return await build(store, prompts, FOUR, MONDAY, principals=False)


pytestmark = [pytest.mark.core, begins_with(four_teachers)]


async def import_with(
    town: Town, *, dry_run: bool = False, **posts: tuple[tuple[Role, str], ...]
) -> RosterImport:
    """Import the town's roster with other posts for some people (`Ann_Ash=…`)."""
    roster = roster_of(FOUR, principals=False)
    people = tuple(
        replace(each, posts=posts.get(each.source_id.replace(" ", "_"), each.posts)) for each in roster.people
    )
    async with town.store.transaction() as tx:
        return await imports.import_roster(
            tx, "Town", replace(roster, people=people), town.now, dry_run=dry_run
        )


async def move(
    town: Town, before: Mapping[str, Sequence[str]], schools: Mapping[str, str], *, dry_run: bool = False
) -> RosterImport:
    """Import the roster of these schools with other schools for some teachers."""
    roster = roster_of(before, principals=False)
    people = tuple(
        replace(each, posts=((Role.TEACHER, schools[each.source_id]),)) if each.source_id in schools else each
        for each in roster.people
    )
    async with town.store.transaction() as tx:
        return await imports.import_roster(
            tx, "Town", replace(roster, people=people), town.now, dry_run=dry_run
        )


async def test_a_teacher_made_principal_reads_no_more_of_a_partners_words(town: Town) -> None:
    await town.run(START, SHORT)
    await town.until(ASKED)
    partner = await town.partner_of("Ann Ash")
    await town.say(partner, "Let pupils name the next step")

    made = await import_with(town, Ann_Ash=((Role.PRINCIPAL, "Oak"),))
    await town.say(partner, "tell Let us walk by the canal")
    await town.days(4)

    assert [(set(each.names), each.causes) for each in made.ended] == [({"Ann Ash", partner}, ("Ann Ash",))]
    assert "Let pupils name the next step" not in town.everything("Ann Ash")
    assert "canal" not in town.everything("Ann Ash")
    assert not any("Ann Ash" in each for each in await town.pairings())
    assert any(partner in each for each in await town.pairings())  # a third of the other pair


@pytest.mark.parametrize("state", ["proposed", "live"])
async def test_no_pairing_goes_on_inside_one_school(town: Town, state: str) -> None:
    await town.gather(START, SHORT)
    await town.command(COORDINATOR, "preview")
    if state == "live":
        await town.command(COORDINATOR, "confirm")
    partner = await town.partner_of("Ann Ash")
    school = next(school for school, names in FOUR.items() if partner in names)

    made = await import_with(town, Ann_Ash=((Role.TEACHER, school),))
    if state == "proposed":
        await town.command(COORDINATOR, "confirm")
    await town.days(1)

    assert [set(each.causes) for each in made.ended] == [{"Ann Ash", partner}]
    for names in await town.pairings():
        schools = {"Ann Ash": school}
        schools |= {name: place for place, there in FOUR.items() for name in there if name != "Ann Ash"}
        assert len({schools[name] for name in names}) > 1, names
    seated = {name for each in await town.pairings() for name in each}
    assert seated & {"Ann Ash", partner}, "one of the two is the third of the other pairing"


async def test_who_moves_to_the_partners_school_is_told_and_so_is_the_partner(
    store: SqlStore, prompts: Prompts
) -> None:
    two = {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}
    town = await build(store, prompts, two, MONDAY, principals=False)
    await town.run(START, SHORT)
    await town.until(ASKED)
    await town.say("Cat Cox", "Let pupils name the next step")
    await town.say("Cat Cox", "tell Ann bring the seating plan")
    await town.beat()
    before = await dump(town.store)

    would_be = await move(town, two, {"Ann Ash": "Elm"}, dry_run=True)

    assert await dump(town.store) == before
    [line] = [each for each in changes(town.prompts.voice("en"), would_be, 0) if "pairing" in each]
    assert "Ann Ash" in line
    assert "Cat Cox" in line
    assert "teach at one school" in line

    made = await move(town, two, {"Ann Ash": "Elm"})
    await town.press("Cat Cox", "Send now")
    await town.say("Cat Cox", "tell Ann let us walk by the canal")
    await town.days(2)

    assert made.ended == would_be.ended
    assert await town.pairings() == []
    assert "You teach at another school now" in town.last("Ann Ash")
    assert "first in line" not in town.everything("Ann Ash"), "no partner is found for them in this cycle"
    assert "could not find you a partner from another school" in town.last("Cat Cox")
    assert "Let pupils name the next step" not in town.everything("Ann Ash")
    assert "seating plan" not in town.everything("Ann Ash")
    assert "canal" not in town.everything("Ann Ash")


async def test_two_who_change_places_go_on(town: Town) -> None:
    await town.run(START, SHORT)
    before = await town.partners()
    partner = await town.partner_of("Ann Ash")

    made = await move(town, FOUR, {"Ann Ash": "Elm", partner: "Oak"})

    assert not made.ended
    assert await town.partners() == before


async def test_a_further_school_beside_the_first_changes_nothing(town: Town) -> None:
    await town.run(START, SHORT)
    before = await town.partners()

    made = await import_with(town, Ann_Ash=((Role.TEACHER, "Elm"), (Role.TEACHER, "Oak")))

    assert not made.ended
    assert await town.partners() == before


async def test_who_teaches_at_two_schools_is_paired_with_nobody_of_either(
    store: SqlStore, prompts: Prompts
) -> None:
    town = await build(store, prompts, {**FOUR, "Yew": ["Eve Elm"]}, MONDAY, principals=False)
    roster = roster_of({**FOUR, "Yew": ["Eve Elm"]}, principals=False)
    both = ((Role.TEACHER, "Oak"), (Role.TEACHER, "Elm"))
    people = [replace(each, posts=both) if each.source_id == "Ann Ash" else each for each in roster.people]
    async with town.store.transaction() as tx:
        await imports.import_roster(
            tx, "Town", replace(roster, people=tuple(people)), town.now, dry_run=False
        )
    await town.run(START, SHORT)

    [partners] = [set(names) - {"Ann Ash"} for names in await town.pairings() if "Ann Ash" in names]
    assert not partners & set(FOUR["Elm"])


async def test_who_moves_to_a_third_school_keeps_the_partner(store: SqlStore, prompts: Prompts) -> None:
    town = await build(store, prompts, {**FOUR, "Yew": ["Eve Elm"]}, MONDAY)
    await town.run(START, SHORT, without=["Eve Elm"])
    before = await town.partners()

    async with town.store.transaction() as tx:
        roster = roster_of({**FOUR, "Yew": ["Eve Elm"]})
        people = tuple(
            replace(each, posts=((Role.TEACHER, "Yew"),)) if each.source_id == "Ann Ash" else each
            for each in roster.people
        )
        made = await imports.import_roster(
            tx, "Town", replace(roster, people=people), town.now, dry_run=False
        )

    assert not made.ended
    assert await town.partners() == before


async def test_nobody_is_paired_with_a_principal_of_their_school(town: Town) -> None:
    await town.run(START, SHORT)
    partner = await town.partner_of("Ann Ash")
    school = next(school for school, names in FOUR.items() if partner in names)

    await town.until(ASKED)
    await town.say(partner, "Let pupils name the next step")
    await town.say(partner, "tell Ann bring the seating plan")

    made = await import_with(town, Ann_Ash=((Role.TEACHER, "Oak"), (Role.PRINCIPAL, school)))
    await town.days(1)

    assert "Let pupils name the next step" not in town.everything("Ann Ash")
    assert "seating plan" not in town.everything("Ann Ash")
    assert [each.causes for each in made.ended] == [("Ann Ash",)]
    for names in await town.pairings():
        assert "Ann Ash" not in names or not set(names) & set(FOUR[school])


async def test_a_dry_run_names_the_pairings_that_would_end_and_changes_nothing(town: Town) -> None:
    await town.run(START, SHORT)
    before = await dump(town.store)

    made = await import_with(town, dry_run=True, Ann_Ash=((Role.PRINCIPAL, "Oak"),))

    partner = await town.partner_of("Ann Ash")
    [line] = [each for each in changes(town.prompts.voice("en"), made, 0) if "pairing" in each]
    assert "Ann Ash" in line
    assert partner in line
    assert await dump(town.store) == before
