"""People decline a partner, leave, come back, join late or leave the roster: nobody waits for nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bot.model import CycleState, DeliveryState
from bot.prompts import Prompts
from bot.use_cases import rosters as imports
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, dump, plain, roster_of
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
START = date(2026, 9, 14)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)  # 15:30 in London
SHORT = "peer-visit-2wk"
FOUR = {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox", "Dan Day"]}
QUIET = ["event_seen", "address"]


async def four_teachers(store: SqlStore, prompts: Prompts) -> Town:
    return await build(store, prompts, FOUR, MONDAY, principals=False)


pytestmark = begins_with(four_teachers)


async def test_a_partner_may_be_declined_once_and_never_learns_by_whom(town: Town) -> None:
    await town.run(START, SHORT)
    await town.days(0)
    partner = await town.partner_of("Ann Ash")
    other = next(name for name in FOUR["Elm"] if name != partner)

    said = plain(await town.press("Ann Ash", "Ask for another partner"))
    await town.days(1)

    assert "Nobody is told who asked" in said
    assert not any({"Ann Ash", partner} <= set(each) for each in await town.pairings())
    assert {"Ann Ash", other} <= set(next(each for each in await town.pairings() if "Ann Ash" in each))
    told = town.last(partner)
    assert "The pairings have changed" in told or "I could not find you a partner" in told
    assert "Ann" not in told
    assert "Ann" not in await town.command(partner, "status")
    assert not any("Ask for another partner" in plain(each) for each in town.post.received["Ann Ash"][-1:])
    before = await dump(town.store, without=QUIET)
    assert "You have asked for another partner once" in await town.command("Ann Ash", "another")
    assert await dump(town.store, without=QUIET) == before


async def test_an_old_button_about_an_earlier_partner_does_nothing(town: Town) -> None:
    await town.run(START, SHORT)
    await town.days(0)
    await town.command(COORDINATOR, "swap Ann and Bob")
    before = await dump(town.store, without=QUIET)

    said = plain(await town.press("Ann Ash", "Ask for another partner"))
    first = await town.open("Ann Ash", "tell", "1")
    second = await town.submit("Ann Ash", "tell", "1", text="Not for everybody")

    assert "That was about an earlier partner. Nothing was sent or changed" in said
    assert "an earlier partner" in plain(first)
    assert "an earlier partner" in plain(second)
    assert await dump(town.store, without=QUIET) == before


async def test_whoever_is_left_alone_is_placed_as_soon_as_somebody_joins(
    store: SqlStore, prompts: Prompts
) -> None:
    town = await build(
        store, prompts, {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox"]}, MONDAY, principals=False
    )
    await town.gather(START, SHORT, without=("Bob Box",))
    await town.command(COORDINATOR, "preview")
    await town.command(COORDINATOR, "confirm")
    await town.days(1)
    await town.command("Ann Ash", "leave yes")
    await town.days(1)
    assert "You are first in line" in town.last("Cat Cox")

    await town.command("Bob Box", "join")
    await town.until(ASKED)

    assert await town.partners() == {frozenset({"Bob Box", "Cat Cox"})}
    assert "What should your pupils do" in town.last("Cat Cox")
    assert "What should your pupils do" in town.last("Bob Box")


async def test_who_leaves_and_comes_back_is_asked_again(store: SqlStore, prompts: Prompts) -> None:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY, principals=False)
    await town.run(START, SHORT)
    await town.days(1)
    await town.command("Ann Ash", "leave yes")
    await town.days(1)

    await town.command("Ann Ash", "join")
    await town.until(ASKED)

    assert "What should your pupils do" in town.last("Ann Ash")
    assert any("Ann Ash" in each for each in await town.pairings())


async def test_after_leaving_words_are_no_answer_and_reach_nobody(town: Town) -> None:
    await town.run(START, SHORT)
    await town.until(ASKED)
    partner = await town.partner_of("Ann Ash")
    await town.command("Ann Ash", "leave yes")

    said = await town.say("Ann Ash", "Thanks for everything")
    await town.days(3)

    assert "No question is open" in said
    assert "Thanks for everything" not in town.everything(partner)


async def test_when_one_of_three_leaves_the_other_two_go_on(store: SqlStore, prompts: Prompts) -> None:
    schools = {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"], "Fir": ["Eve Eck"]}
    town = await build(store, prompts, schools, MONDAY, principals=False)
    await town.run(START, SHORT)
    await town.until(ASKED)

    await town.command("Eve Eck", "leave yes")
    await town.fill_step("Ann Ash", "focus", pupils="Give reasons")
    await town.days(1)

    assert await town.partners() == {frozenset({"Ann Ash", "Cat Cox"})}
    assert "You now work with Cat Cox" in town.everything("Ann Ash")
    assert "Give reasons" in town.everything("Cat Cox")
    assert "Give reasons" not in town.everything("Eve Eck")


async def test_two_colleagues_left_of_a_three_find_others(store: SqlStore, prompts: Prompts) -> None:
    schools = {"Oak": ["Ann Ash", "Bob Box", "Ben Bay"], "Elm": ["Cat Cox", "Dan Day"]}
    town = await build(store, prompts, schools, MONDAY, principals=False)
    await town.run(START, SHORT)
    [three] = [each for each in await town.pairings() if len(each) == 3]
    middle = next(name for name in three if name in schools["Elm"])

    await town.command(middle, "leave yes")
    await town.days(1)

    seated = [name for each in await town.pairings() for name in each]
    assert len(seated) == len(set(seated))
    for each in await town.pairings():
        assert set(each) & set(schools["Elm"])


async def test_joining_after_the_preview_is_placed_when_it_is_confirmed(town: Town) -> None:
    await town.gather(START, SHORT, without=("Dan Day",))
    await town.command(COORDINATOR, "preview")
    await town.command("Ann Ash", "leave yes")
    await town.command("Dan Day", "join")

    await town.command(COORDINATOR, "confirm")
    await town.until(ASKED)

    seated = {name for each in await town.pairings() for name in each}
    assert seated == {"Bob Box", "Cat Cox", "Dan Day"}
    for name in seated:
        assert "What should your pupils do" in town.last(name)


async def test_a_preview_that_everybody_has_left_cannot_be_confirmed(town: Town) -> None:
    await town.gather(START, SHORT)
    await town.command(COORDINATOR, "preview")
    for name in await town.teachers():
        await town.command(name, "leave yes")

    assert "nobody to pair yet" in await town.command(COORDINATOR, "confirm")
    assert await town.state() is CycleState.MATCHED


async def test_nobody_waits_for_a_partner_who_has_left_the_roster(town: Town) -> None:
    await town.run(START, SHORT)
    await town.days(1)
    partner = await town.partner_of("Ann Ash")
    gone = {school: [name for name in names if name != "Ann Ash"] for school, names in FOUR.items()}

    async with town.store.transaction() as tx:
        await imports.import_roster(tx, "Town", roster_of(gone, principals=False), town.now, dry_run=False)
    received = len(town.post.received["Ann Ash"])
    await town.until(ASKED)

    [three] = await town.pairings()
    assert set(three) == {"Bob Box", "Cat Cox", "Dan Day"}
    assert "The pairings have changed" in town.everything(partner)
    assert len(town.post.received["Ann Ash"]) == received
    assert "I do not know you yet" in await town.command("Ann Ash", "status")

    async with town.store.transaction() as tx:
        await imports.import_roster(tx, "Town", roster_of(FOUR, principals=False), town.now, dry_run=False)
    await town.days(1)
    assert {name for each in await town.pairings() for name in each} | {"Ann Ash"} == set(
        await town.teachers()
    )
    assert "I could not find you" in town.last("Ann Ash")  # the others sit in a three, and none is broken


async def test_an_import_that_is_only_tried_changes_nothing(town: Town) -> None:
    await town.run(START, SHORT)
    before = await dump(town.store)

    async with town.store.transaction() as tx:
        changes = await imports.import_roster(
            tx, "Town", roster_of({"Oak": ["Bob Box"]}), town.now, dry_run=True
        )

    assert changes.changes
    assert await dump(town.store) == before


async def test_nobody_meets_the_same_partner_again_while_somebody_new_is_there(town: Town) -> None:
    await town.run(START, SHORT)
    first = await town.partners()
    await town.command(COORDINATOR, "close yes")

    await town.run(date(2026, 10, 5), SHORT)
    second = await town.partners()
    assert first.isdisjoint(second)
    await town.command(COORDINATOR, "close yes")

    await town.start(date(2026, 11, 2), SHORT)
    for name in await town.teachers():
        await town.command(name, "join")
    preview = await town.command(COORDINATOR, "preview")
    assert "2 pairs have met in an earlier cycle" in preview


async def test_everything_that_was_owed_ends_settled(town: Town) -> None:
    await town.run(START, SHORT)
    await town.days(60)

    states = {each.state for each in await town.deliveries()}

    assert states <= {DeliveryState.SENT, DeliveryState.DROPPED}
