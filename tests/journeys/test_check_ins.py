"""Answering by typing and by form, editing, taking back, skipping, later, pausing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.message import Form, Inputs
from bot.model import CheckInState
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import Town, build, buttons_of, plain
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)  # 15:30 in London


async def first_question_asked(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY)
    await town.start(date(2026, 9, 14))
    await town.command("Ann Ash", "join")
    await town.command("Cat Cox", "join")
    await town.command("Siân Morgan", "preview")
    await town.command("Siân Morgan", "confirm")
    await town.until(ASKED)
    return town


pytestmark = begins_with(first_question_asked)


async def test_the_ask_says_why_who_reads_it_and_how_to_get_out(town: Town) -> None:
    ask = town.last("Ann Ash")

    assert "What should your pupils do that they don't do yet?" in ask
    assert "Only Cat sees this." in ask
    assert "[Answer now]" in ask or "[Send to Cat]" in ask  # Teams has the form in the message
    assert "[In an hour]" in ask
    assert "[Skip this one]" in ask
    assert "Why this message?" in ask
    assert "pause" in ask
    assert "leave" in ask


@pytest.mark.across
async def test_a_typed_reply_is_the_answer_and_reaches_the_partner(town: Town) -> None:
    said = await town.say("Ann Ash", "Help each other with reasons")  # begins like a command, and is none

    assert "Help each other with reasons" in said
    await town.days(1)
    assert "Help each other with reasons" in town.everything("Cat Cox")


async def test_the_next_typed_reply_answers_the_next_question(town: Town) -> None:
    await town.say("Ann Ash", "Give reasons")
    await town.say("Ann Ash", "Count to five")
    last = await town.say("Ann Ash", "Longer answers")

    assert (
        "Goes to Cat at 15:40. You can change it until Wednesday 17:00, and take it back at any time." in last
    )
    for words in ("Give reasons", "Count to five", "Longer answers"):
        assert words in last
    assert "has its answer already" in await town.say("Ann Ash", "They argued in pairs about the diagram")


@pytest.mark.across
async def test_an_answer_can_be_changed_and_the_partner_sees_the_new_words(town: Town) -> None:
    assert "Sent to Cat" in await town.fill("Ann Ash", pupils="Give reasons")
    await town.days(1)
    assert "Give reasons" in town.last("Cat Cox")
    before = len(town.post.received["Cat Cox"])

    form = await town.press("Ann Ash", "Change my answer")
    assert isinstance(form, Form)
    assert form.inputs[0].value == "Give reasons"
    await town.submit("Ann Ash", "check-in", form.context, pupils="Ask why")
    await town.beat()

    assert len(town.post.received["Cat Cox"]) == before  # mended in place, no second message
    assert "Ask why" in town.last("Cat Cox")
    assert "Give reasons" not in town.last("Cat Cox")


async def test_an_answer_can_be_taken_back_wherever_it_arrived(town: Town) -> None:
    await town.fill("Ann Ash", pupils="Give reasons")
    await town.days(1)

    assert "Taken back" in plain(await town.press("Ann Ash", "Take it back"))
    await town.beat()

    assert "Give reasons" not in town.last("Cat Cox")
    assert "has taken this answer back" in town.last("Cat Cox")


async def test_after_it_closed_nothing_can_be_changed_and_nothing_is_lost(town: Town) -> None:
    contract = (await town.check_ins("Ann Ash"))["contract"]
    await town.until(contract.due_at)
    await town.fill_step("Ann Ash", "contract", between="Everything")
    await town.until(contract.closes_at)

    assert "has closed" in plain(await town.press("Ann Ash", "Change my answer"))
    assert "Everything" in await town.command("Ann Ash", "my data")


async def test_the_focus_can_be_mended_until_the_cycle_is_closed(town: Town) -> None:
    await town.fill("Ann Ash", pupils="Give reasons")
    await town.until(datetime(2026, 9, 16, 16, 1, tzinfo=UTC))

    form = await town.press("Ann Ash", "Change my answer")
    assert isinstance(form, Form)
    said = plain(await town.submit("Ann Ash", form.name, form.context, pupils="Ask why"))
    await town.beat()

    assert "You can take it back at any time." in said
    assert "Ask why" in town.everything("Cat Cox")


async def test_a_skip_is_a_real_reply_and_can_be_undone(town: Town) -> None:
    assert "Skipped" in plain(await town.press("Ann Ash", "Skip this one"))
    asked = len(town.post.received["Ann Ash"])
    await town.until(datetime(2026, 9, 16, 15, 59, tzinfo=UTC))
    assert len(town.post.received["Ann Ash"]) == asked  # no reminder

    assert "What should your pupils do" in plain(await town.press("Ann Ash", "Undo"))
    assert "Give reasons" in await town.say("Ann Ash", "Give reasons")


async def test_in_an_hour_it_comes_again_inside_the_school_day(town: Town) -> None:
    await town.press("Ann Ash", "In an hour")
    await town.until(ASKED + timedelta(hours=1))
    assert "Here it is again" in town.last("Ann Ash")

    await town.press("Ann Ash", "In an hour")  # 17:30 is after the school day
    await town.days(1)
    again = [
        at
        for at, m in zip(town.post.at["Ann Ash"], town.post.received["Ann Ash"], strict=True)
        if "Here it is again" in plain(m)
    ]
    assert again[-1] == datetime(2026, 9, 15, 7, 30, tzinfo=UTC)


async def test_one_reminder_then_silence(town: Town) -> None:
    await town.until(datetime(2026, 9, 16, 18, 0, tzinfo=UTC))

    asks = [
        plain(each) for each in town.post.received["Ann Ash"] if "What should your pupils do" in plain(each)
    ]
    assert len(asks) == 1
    [reminder] = [each for each in town.post.received["Ann Ash"] if "No more reminders follow" in plain(each)]
    assert len(plain(reminder).splitlines()) <= 5, "the title, two lines, and buttons"
    assert [each.label for each in buttons_of(reminder)] == ["Answer now", "Skip this one"]


async def test_a_reminder_is_answered_by_its_button_or_by_typing_below_it(town: Town) -> None:
    await town.until(datetime(2026, 9, 16, 15, 50, tzinfo=UTC))
    assert "No more reminders follow" in town.last("Ann Ash")

    assert "I want my pupils to" in plain(await town.press("Ann Ash", "Answer now"))
    assert "Give reasons" in await town.say("Ann Ash", "Give reasons for every answer")
    assert (await town.check_ins("Ann Ash"))["focus"].state is CheckInState.ANSWERED


async def test_a_pause_is_silent_and_nothing_piles_up(town: Town) -> None:
    assert "All quiet until Monday 5 October" in await town.say("Ann Ash", "pause until 5 October")
    asked = len(town.post.received["Ann Ash"])
    await town.until(datetime(2026, 10, 5, 6, 0, tzinfo=UTC))
    assert len(town.post.received["Ann Ash"]) == asked

    await town.until(datetime(2026, 10, 6, 20, 0, tzinfo=UTC))
    new = [plain(each) for each in town.post.received["Ann Ash"][asked:]]
    assert sum("Why this message?" in each for each in new) <= 2  # one ask a day, no burst


async def test_a_day_that_cannot_be_read_changes_nothing(town: Town) -> None:
    for words in (
        "/pause until yesterday",
        "/pause until 32 May",
        "/pause until never",
        "pause until 1 January 2020",
    ):
        assert "could not read" in await town.say("Ann Ash", words), words
    await town.say("Ann Ash", "pause until yesterday")  # a sentence, which the reader asks about
    assert (await town.members())["Ann Ash"].paused_until is None


async def test_with_several_open_it_asks_which_and_keeps_the_words(town: Town) -> None:
    cycle, member = await town.cycle(), (await town.members())["Ann Ash"]
    async with (
        town.store.transaction() as tx
    ):  # the next step opens while the first still is: as after a late change
        first, second, *_ = await tx.check_ins.of_member(cycle.id, member.id)
        await tx.check_ins.save(
            replace(second, state=CheckInState.OPEN, asking="between", due_at=first.due_at)
        )

    asked = await town.say("Ann Ash", "Everything stays between us")
    assert "Which question is this the answer to?" in asked
    kept = plain(await town.press("Ann Ash", "What we keep"))

    assert "Everything stays between us" in kept


async def test_a_slip_in_a_command_gets_a_suggestion(town: Town) -> None:
    assert "Did you mean status?" in (await town.command("Ann Ash", "statsu")).replace("*", "")
    assert "What I can do" in await town.command("Ann Ash", "HELP")


async def test_words_that_may_be_an_answer_are_one(town: Town) -> None:
    assert "“Pairs”" in await town.say("Ann Ash", "Pairs")
    assert "What I can do" in await town.say("Ann Ash", "HELP")


@pytest.mark.across
async def test_tell_carries_words_and_the_partner_can_reply(town: Town) -> None:
    assert "Goes to Cat at 15:40." in await town.say("Ann Ash", "tell Cat see you on Tuesday")
    await town.press("Ann Ash", "Send now")
    await town.beat()
    assert "“see you on Tuesday”" in town.last("Cat Cox")

    form = await town.press("Cat Cox", "Reply")
    assert isinstance(form, Form)
    await town.submit("Cat Cox", "tell", form.context, text="Looking forward")
    await town.beat()
    assert "Looking forward" in town.last("Ann Ash")


async def test_words_in_a_form_that_closed_meanwhile_are_given_back(town: Town) -> None:
    form = next(each for each in town.post.received["Ann Ash"][-1].elements if isinstance(each, Inputs)).form
    await town.until(datetime(2026, 9, 16, 16, 1, tzinfo=UTC))

    refused = await town.submit("Ann Ash", form.name, form.context, pupils="Give a reason for every answer")

    assert "has closed" in plain(refused)
    assert "“Give a reason for every answer”" in plain(refused)
