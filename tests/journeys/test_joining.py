"""Start, invite, join, preview, confirm; and all the ways to say no."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bot.model import CycleState
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, plain
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
FOUR = {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox", "Dan Day"]}


async def four_teachers(store: SqlStore, prompts: Prompts) -> Town:
    return await build(store, prompts, FOUR, MONDAY)


pytestmark = begins_with(four_teachers)


async def test_a_coordinator_sees_the_plan_before_anybody_hears_of_it(town: Town) -> None:
    opened = await town.command(COORDINATOR, "start")
    assert "What kind of cycle?" in opened

    drafted = plain(
        await town.submit(
            COORDINATOR, "start", pack="joint-practice-6wk", starts_on="2026-09-14", goal="Be heard"
        )
    )

    assert "4 teachers, 2 schools" in drafted
    assert "Monday 14 September" in drafted
    assert await town.state() is CycleState.DRAFT
    await town.days(3)
    assert not any(town.post.received.values())


async def test_invitations_go_out_in_school_hours_and_say_who_reads_what(town: Town) -> None:
    town.now = datetime(2026, 9, 6, 20, 0, tzinfo=UTC)  # a Sunday evening
    await town.start(date(2026, 9, 14))
    await town.days(1)

    for name in ("Ann Ash", "Bob Box", "Cat Cox", "Dan Day"):
        [invitation] = town.post.received[name]
        assert "Principals see figures about 5 people or more, never words" in plain(invitation)
        assert town.post.at[name] == [datetime(2026, 9, 7, 7, 30, tzinfo=UTC)]  # Monday 8:30 in London
    assert not town.post.received[COORDINATOR]


async def test_everybody_joins_and_is_paired_across_schools(town: Town) -> None:
    await town.start(date(2026, 9, 14))
    for name in await town.teachers():
        assert "Good to have you" in await town.command(name, "join")

    preview = await town.command(COORDINATOR, "preview")
    confirmed = await town.command(COORDINATOR, "confirm")
    await town.days(0)

    assert "2 pairings" in preview
    assert "2 pairings are real" in confirmed
    schools = {name: school for school, names in FOUR.items() for name in names}
    for a, b in await town.pairings():
        assert schools[a] != schools[b]
        assert f"You will work with {b} ({schools[b]})" in town.last(a)


async def test_silence_and_declining_are_fine(town: Town) -> None:
    await town.start(date(2026, 9, 14))
    await town.days(1)
    assert "Noted, and fine" in plain(await town.press("Bob Box", "Not this time"))
    for name in ("Ann Ash", "Cat Cox"):
        await town.press(name, "Join")

    preview = await town.command(COORDINATOR, "preview")

    assert "1 pairing" in preview
    assert "1 person has not replied yet" in preview  # Dan
    await town.command(COORDINATOR, "confirm")
    assert [set(each) for each in await town.pairings()] == [{"Ann Ash", "Cat Cox"}]
    await town.days(60)
    assert [plain(each).splitlines()[0] for each in town.post.received["Dan Day"]] == [
        "Siân Morgan invites you to September 2026 cycle."
    ]


async def test_a_second_start_is_refused_and_changes_nothing(town: Town) -> None:
    await town.run(date(2026, 9, 14))
    before = await town.cycle()

    assert "A cycle is under way already" in await town.command(COORDINATOR, "start")
    refused = await town.submit(
        COORDINATOR, "start", pack="peer-visit-2wk", starts_on="2026-10-12", goal="Other"
    )

    assert "A cycle is under way already" in plain(refused)
    assert await town.cycle() == before


async def test_an_odd_number_makes_one_group_of_three(store: SqlStore, prompts: Prompts) -> None:
    town = await build(
        store,
        prompts,
        {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox", "Dan Day"], "Fir": ["Eve Eck"]},
        MONDAY,
    )
    await town.run(date(2026, 9, 14))

    sizes = sorted(len(each) for each in await town.pairings())

    assert sizes == [2, 3]
    await town.days(0)
    [three] = [each for each in await town.pairings() if len(each) == 3]
    for name in three:
        for partner in set(three) - {name}:
            assert partner in town.last(name)


async def test_leaving_ends_it_and_the_partner_is_placed_again(town: Town) -> None:
    await town.run(date(2026, 9, 14))
    await town.days(1)
    partner = await town.partner_of("Ann Ash")

    assert "Leave" in await town.say("Ann Ash", "Leave")
    assert "You have left" in plain(await town.press("Ann Ash", "Leave the cycle"))
    await town.days(1)

    assert "The pairings have changed" in town.last(partner)
    assert "Ann" not in town.last(partner)
    [three] = await town.pairings()
    assert partner in three
    silence = len(town.post.received["Ann Ash"])
    await town.days(40)
    assert len(town.post.received["Ann Ash"]) == silence


async def test_somebody_who_joins_late_is_placed_at_once(town: Town) -> None:
    await town.run(date(2026, 9, 14), without=["Dan Day"])
    [three] = await town.pairings()
    assert len(three) == 3

    await town.days(1)
    await town.command("Dan Day", "join")
    await town.days(1)

    assert "Dan Day" in {
        name for each in await town.pairings() for name in each
    } or "first in line" in town.last("Dan Day")
