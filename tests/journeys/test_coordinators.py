"""The coordinator's hand: preview, swap, block, nudge, hold, close, status and ledger."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.message import Inputs
from bot.model import CycleState, Profile
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, dump, plain
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


def school_of(name: str) -> str:
    return next(school for school, names in FOUR.items() if name in names)


# --- the preview ----------------------------------------------------------------------------------------------------


async def test_the_preview_says_why_and_nobody_is_told(store: SqlStore, prompts: Prompts) -> None:
    profiles = {
        "Ann Ash": Profile(offers=("wait-time",), subjects=("maths",)),
        "Dan Day": Profile(needs=("wait-time",), subjects=("maths",)),
    }
    town = await build(store, prompts, FOUR, MONDAY, profiles=profiles, principals=False)
    await town.gather(START, SHORT)

    preview = await town.command(COORDINATOR, "preview")
    await town.days(1)

    assert (
        "Ann Ash (Oak) and Dan Day (Elm): Ann offers wait time, Dan looks for it; both teach maths" in preview
    )
    assert "a first tie between" in preview or "they come from different schools" in preview
    assert frozenset({"Ann Ash", "Dan Day"}) in await town.partners()
    assert not any("You will work with" in town.everything(name) for name in await town.teachers())


async def test_the_preview_says_who_is_left_out_and_why(store: SqlStore, prompts: Prompts) -> None:
    schools = {"Oak": ["Ann Ash", "Bob Box", "Ben Bay", "Bea Bow"], "Elm": ["Cat Cox"]}
    town = await build(store, prompts, schools, MONDAY, principals=False)
    await town.gather(START, SHORT)

    preview = await town.command(COORDINATOR, "preview")
    await town.command(COORDINATOR, "confirm")
    await town.days(1)

    assert "2 people have no partner:" in preview
    assert preview.count("too many colleagues from one school, too few from the others") == 2
    [three] = await town.pairings()
    for name in set(await town.teachers()) - set(three):
        assert "I could not find you a partner from another school" in town.last(name)


async def test_a_swap_in_the_preview_changes_the_proposal_only(town: Town) -> None:
    await town.gather(START, SHORT)
    await town.command(COORDINATOR, "preview")
    before = await town.partners()

    swapped = await town.say(COORDINATOR, "swap Ann Ash and Bob Box")

    assert "Nobody has been told yet" in swapped
    after = await town.partners()
    assert before.isdisjoint(after)
    assert all(len({school_of(name) for name in pair}) == 2 for pair in after)
    await town.command(COORDINATOR, "confirm")
    assert await town.partners() == after


async def test_after_a_swap_the_preview_still_says_who_is_left_out(store: SqlStore, prompts: Prompts) -> None:
    schools = {
        "Oak": ["Ann Ash", "Bob Box", "Ben Bay", "Bea Bow", "Bix Bud"],
        "Elm": ["Cat Cox", "Dan Day", "Eve Eck"],
    }
    town = await build(store, prompts, schools, MONDAY, principals=False)
    await town.gather(START, SHORT, without=("Eve Eck",))
    await town.command(COORDINATOR, "preview")
    one, two = [next(name for name in each if name.startswith(("A", "B"))) for each in await town.pairings()]
    await town.command("Eve Eck", "join")

    swapped = await town.command(COORDINATOR, f"swap {one} and {two}")

    assert "Eve Eck: joined after this preview was made" in swapped


async def test_a_swap_in_a_running_cycle_is_told_to_everybody_concerned(town: Town) -> None:
    await town.gather(START, SHORT)
    await town.command(COORDINATOR, "preview")
    await town.command(COORDINATOR, "confirm")
    await town.until(ASKED)
    before = await town.partners()

    assert "Ann and Bob have changed places" in await town.command(COORDINATOR, "swap Ann and Bob")
    await town.beat()

    assert before.isdisjoint(await town.partners())
    for pair in await town.partners():
        for name in pair:
            [partner] = pair - {name}
            assert f"The pairings have changed. You now work with {partner}" in town.last(name).replace(
                "*", ""
            )
    await town.fill_step("Ann Ash", "focus", pupils="Give reasons")
    await town.days(1)
    assert "Give reasons" in town.everything(await town.partner_of("Ann Ash"))


@pytest.mark.parametrize("state", [CycleState.MATCHED, CycleState.RUNNING])
async def test_a_swap_that_would_seat_a_school_with_itself_is_refused_and_changes_nothing(
    town: Town, state: CycleState
) -> None:
    await town.gather(START, SHORT)
    await town.command(COORDINATOR, "preview")
    if state is CycleState.RUNNING:
        await town.command(COORDINATOR, "confirm")
    partner = await town.partner_of("Ann Ash")
    stranger = next(name for name in FOUR["Elm"] if name != partner)
    before = await dump(town.store, without=QUIET)

    refused = await town.command(COORDINATOR, f"swap Ann Ash and {stranger}")
    same = await town.command(COORDINATOR, f"swap Ann Ash and {partner}")
    nobody = await town.command(COORDINATOR, "swap Ann Ash and Zoe Zed")
    one = await town.command(COORDINATOR, "swap Ann Ash")
    twice = await town.command(COORDINATOR, "block Ann and Ann Ash")

    assert "would sit with somebody of their own school" in refused
    assert "in the same pairing, so there is nothing to swap" in same
    assert "I cannot find “Zoe Zed”" in nobody
    assert "Name two people" in one
    assert "Name two people" in twice
    assert await dump(town.store, without=QUIET) == before


async def test_blocked_people_are_never_paired(town: Town) -> None:
    await town.gather(START, SHORT)
    await town.command(COORDINATOR, "preview")
    partner = await town.partner_of("Ann Ash")

    preview = await town.command(COORDINATOR, f"block Ann Ash and {partner}")

    assert "2 pairings" in preview
    assert await town.partner_of("Ann Ash") != partner
    await town.command(COORDINATOR, "preview")
    assert await town.partner_of("Ann Ash") != partner
    assert partner in await town.command(COORDINATOR, "pairs")


async def test_a_block_ends_a_running_pairing_and_places_both_anew(town: Town) -> None:
    await town.run(START, SHORT)
    partner = await town.partner_of("Ann Ash")

    said = await town.command(COORDINATOR, f"block Ann Ash and {partner}")
    await town.days(1)

    assert "will not be paired. Nobody is told." in said
    assert not any({"Ann Ash", partner} <= set(each) for each in await town.pairings())
    assert len({name for each in await town.pairings() for name in each}) >= 3
    assert "block" not in town.everything("Ann Ash")


# --- while it runs --------------------------------------------------------------------------------------------------


async def test_a_nudge_comes_once_a_step_and_never_as_a_second_ask_of_a_day(town: Town) -> None:
    await town.run(START, SHORT)
    await town.until(ASKED)
    [number] = [index for index, each in enumerate(await town.pairings(), 1) if "Ann Ash" in each]
    partner = await town.partner_of("Ann Ash")
    await town.fill(partner, pupils="Give reasons")

    said = await town.command(COORDINATOR, f"nudge {number}")
    await town.beat()
    assert f"Whoever of pairing {number} has a question open gets one friendly reminder" in said
    assert "friendly reminder" not in town.everything("Ann Ash")  # they were asked today already

    await town.until(datetime(2026, 9, 16, 7, 0, tzinfo=UTC))
    asks = [
        (at.date(), plain(message))
        for at, message in zip(town.post.at["Ann Ash"], town.post.received["Ann Ash"], strict=True)
        if any(isinstance(each, Inputs) for each in message.elements) or "[Answer now]" in plain(message)
    ]
    assert [day for day, _ in asks] == [date(2026, 9, 14), date(2026, 9, 15)]
    assert "friendly reminder" not in town.everything(partner)


async def test_a_second_nudge_for_the_same_question_sends_nothing(store: SqlStore, prompts: Prompts) -> None:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY, principals=False)
    await town.run(START)
    await town.until(ASKED)
    first = await town.command(COORDINATOR, "nudge #1")
    await town.until(ASKED + timedelta(days=1))
    assert "A friendly reminder: this is open until" in town.last("Ann Ash")

    again = await town.command(COORDINATOR, "nudge 1")
    await town.until(ASKED + timedelta(days=2))

    assert again == first, "another reply would tell who has answered"
    assert town.everything("Ann Ash").count("A friendly reminder: this is open until") == 1


async def test_pairs_shows_who_has_exchanged_words_when_a_step_is_over_and_never_words(town: Town) -> None:
    await town.run(START, SHORT)
    await town.until(ASKED)
    partner = await town.partner_of("Ann Ash")
    before = await town.command(COORDINATOR, "pairs")
    await town.fill("Ann Ash", pupils="Give reasons")
    assert await town.command(COORDINATOR, "pairs") == before, "nothing is told while a question is open"
    assert before.count("just begun") == 2

    await town.until(datetime(2026, 9, 15, 18, 0, tzinfo=UTC))
    pairs = await town.command(COORDINATOR, "pairs")

    assert "2 pairings" in pairs
    assert f"Ann Ash (Oak) and {partner} (Elm)" in pairs or f"{partner} (Elm) and Ann Ash (Oak)" in pairs
    assert pairs.replace("*", "").count("in touch, last in Getting to know each other") == 1
    assert pairs.count("no word between them yet") == 1
    assert "open" not in pairs.replace("friendly reminder", "")
    assert "Give reasons" not in pairs
    assert "Bob Box" not in await town.command(COORDINATOR, f"pairs {partner}")
    assert "No pairing has “Nowhere”" in await town.command(COORDINATOR, "pairs Nowhere")


async def test_while_it_is_held_nothing_is_asked_and_afterwards_nothing_piles_up(town: Town) -> None:
    await town.run(START)
    await town.days(0)
    received = {name: len(town.post.received[name]) for name in await town.teachers()}

    assert "is paused" in await town.command(COORDINATOR, "hold")
    await town.until(datetime(2026, 10, 4, 12, 0, tzinfo=UTC))

    assert {name: len(town.post.received[name]) for name in received} == received
    assert "Paused" in await town.command(COORDINATOR, "status")
    assert "goes on" in plain(await town.press(COORDINATOR, "Go on"))
    await town.until(datetime(2026, 10, 9, 20, 0, tzinfo=UTC))
    for name in received:
        asked = [
            at.date()
            for at, message in zip(town.post.at[name], town.post.received[name], strict=True)
            if any(isinstance(each, Inputs) for each in message.elements)
        ]
        assert asked == sorted(set(asked))
        assert 1 <= len(asked) <= 5


async def test_closing_thanks_everybody_ends_open_questions_and_needs_a_yes(town: Town) -> None:
    await town.run(START, SHORT)
    await town.until(ASKED)
    partner = await town.partner_of("Ann Ash")

    assert "Close *September 2026 cycle*?" in await town.command(COORDINATOR, "close")
    assert await town.state() is CycleState.RUNNING
    assert "4 people are thanked" in plain(await town.press(COORDINATOR, "Close the cycle"))
    town.now += timedelta(seconds=2)
    late = await town.say("Ann Ash", "An answer that comes too late")
    await town.days(30)

    assert await town.state() is CycleState.CLOSED
    assert "is over, so no question is open" in late
    assert "too late" not in town.everything(partner)
    for name in await town.teachers():
        assert "is over. Thank you" in town.last(name)
    assert "Closed" in await town.command(COORDINATOR, "status")
    assert "There is no cycle at the moment" in await town.command(COORDINATOR, "pairs")


async def test_partners_may_go_on_writing_after_the_close_and_while_the_next_is_set_up(town: Town) -> None:
    await town.run(START, SHORT)
    await town.command(COORDINATOR, "close yes")
    partner = await town.partner_of("Ann Ash")

    assert "Goes to" in await town.command("Ann Ash", "tell Shall we go on?")
    await town.command(COORDINATOR, "start")
    await town.submit(COORDINATOR, "start", pack=SHORT, starts_on="2026-10-05", goal="More")
    assert "Goes to" in await town.command("Ann Ash", "tell In October, I mean")
    await town.press("Ann Ash", "Send now")
    await town.beat()

    assert "In October, I mean" in town.last(partner)


@pytest.mark.core
async def test_two_cycles_of_one_month_have_two_names(town: Town) -> None:
    async def begin(day: str, *, opened: bool) -> str:
        await town.command(COORDINATOR, "start")
        await town.submit(COORDINATOR, "start", pack=SHORT, starts_on=day, goal="Be heard")
        if opened:
            await town.command(COORDINATOR, "invite")
        name = (await town.cycle()).name
        await town.command(COORDINATOR, "close yes")
        return name

    names = [await begin("2026-10-05", opened=True), await begin("2026-10-12", opened=False)]
    names += [await begin("2026-10-19", opened=True), await begin("2026-10-26", opened=True)]
    names.append(await begin("2026-11-02", opened=True))

    again = "October 2026 cycle, number 2"  # of the draft that nobody heard of, too
    assert names == [
        "October 2026 cycle",
        again,
        again,
        "October 2026 cycle, number 3",
        "November 2026 cycle",
    ]


async def test_status_fits_every_state(town: Town) -> None:
    assert "There is no cycle yet" in await town.command(COORDINATOR, "status")
    await town.command(COORDINATOR, "start")
    await town.submit(COORDINATOR, "start", pack=SHORT, starts_on="2026-09-14", goal="Be heard")
    assert "Nobody has heard of it yet" in await town.command(COORDINATOR, "status")
    assert "There is no cycle yet" in await town.command("Ann Ash", "status")
    await town.command(COORDINATOR, "invite")
    assert "4 invited, no reply yet" in await town.command(COORDINATOR, "status")
    assert "You are invited to" in await town.command("Ann Ash", "status")
    for name in ("Ann Ash", "Bob Box", "Cat Cox"):
        await town.command(name, "join")
    await town.command("Dan Day", "decline")
    assert "Nobody yet; I am looking" in await town.command("Ann Ash", "status")
    await town.command(COORDINATOR, "preview")
    matched = await town.command(COORDINATOR, "status")
    assert "Pairings previewed, not confirmed" in matched
    assert "3 joined and 1 said not this time" in matched
    await town.command(COORDINATOR, "confirm")
    await town.until(ASKED)
    running = await town.command(COORDINATOR, "status")
    assert "Running" in running
    assert "Figures come with the first digest" in running
    assert "Open now: The focus, until Tuesday 17:00" in await town.command("Ann Ash", "status")
    assert "You said no to" in await town.command("Dan Day", "status")
    await town.command(COORDINATOR, "hold")
    assert "Paused" in await town.command(COORDINATOR, "status")
    await town.command(COORDINATOR, "close yes")
    assert "Closed" in await town.command(COORDINATOR, "status")


async def test_a_draft_that_is_thrown_away_leaves_no_trace_with_anybody(town: Town) -> None:
    await town.command(COORDINATOR, "start")
    await town.submit(COORDINATOR, "start", pack=SHORT, starts_on="2026-09-14", goal="Be heard")

    assert "is thrown away" in plain(await town.press(COORDINATOR, "Throw away"))
    await town.days(20)

    assert not any(town.post.received.values())
    assert "There is no cycle yet" in await town.command("Ann Ash", "status")


@pytest.mark.core
async def test_the_ledger_counts_and_names_what_did_not_arrive(town: Town) -> None:
    await town.run(START, SHORT)
    async with town.store.transaction() as tx:
        await tx.members.disconnect(town.address("Bob Box"), town.now)
    await town.until(ASKED)

    ledger = await town.command(COORDINATOR, "ledger")

    assert "Sent: " in ledger
    before = re.findall(r"(Sent|Planned|Dropped): (\d+)", ledger)
    await town.fill("Ann Ash", pupils="Give reasons")
    await town.days(1)
    shown = await town.command(COORDINATOR, "ledger")
    assert re.findall(r"(Sent|Planned|Dropped): (\d+)", shown) == before, "answers can't be counted"
    assert "Bob Box, question: has not connected to a chat yet" in ledger.replace("\\", "")
    assert "Not delivered: has not connected to a chat yet" in await town.command(COORDINATOR, "status")


@pytest.mark.core
async def test_names_are_found_as_phones_and_word_write_them(store: SqlStore, prompts: Prompts) -> None:
    """Keyboards turn apostrophes, hyphens and quotation marks into others (errbot 1145, mattermost-mobile 5259)."""
    schools = {"St John's": ["Ann O'Neil", "Bob Box"], "Elm": ["Cat Cox", "Jean-Luc Day"]}
    town = await build(store, prompts, schools, MONDAY, principals=False)
    await town.gather(START, SHORT)
    await town.command(COORDINATOR, "preview")

    swapped = await town.command(COORDINATOR, "swap “Ann O’Neil” — “Bob Box”")
    blocked = await town.command(COORDINATOR, "block “Ann O’Neil” “Jean–Luc Day”")
    shown = await town.command(COORDINATOR, "pairs O’Neil")
    of_school = await town.command(COORDINATOR, "pairs “St. John’s”")
    nobody = await town.command(COORDINATOR, "pairs Zoe Zed")

    assert "2 pairings" in swapped
    assert "Ann and Jean-Luc will not be paired" in blocked or "2 pairings" in blocked
    assert "1 pairing." in shown
    assert "2 pairings." in of_school
    assert "No pairing has “Zoe Zed” in a name or a school" in nobody
