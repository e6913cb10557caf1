"""What happens with typed words: who gets them, what is shown to their author first, and what is said about them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.message import Form
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, buttons_of, plain
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)  # 15:30 in London
HELD = timedelta(minutes=10)
SIX = {"Oak": ["Ann Ash", "Bob Box", "Cat Cox"], "Elm": ["Dan Day", "Eve Eck", "Flo Fay"]}


async def three_are_asked(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"], "Fir": ["Tom Orr"]}, MONDAY)
    await town.run(date(2026, 9, 14))
    await town.until(ASKED)
    return town


async def six_have_given_to_the_pool(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, prompts, SIX, MONDAY)
    await town.run(date(2026, 9, 14))
    while "has become easier" not in town.everything("Ann Ash"):
        await town.days(1)
    for name in [each for names in SIX.values() for each in names]:
        await town.fill(name, easier=f"Asking in room {name.split()[0].casefold()}")
    await town.days(8)
    return town


pytestmark = [pytest.mark.core, begins_with(three_are_asked)]


# --- for the partner -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words", "receivers"),
    [
        ("can you tell my partner I'll be late", "I'll be late", {"Cat Cox", "Tom Orr"}),
        ("please let Tom know that I'm running late", "I'm running late", {"Tom Orr"}),
        ("message my partner: happy to host first", "happy to host first", {"Cat Cox", "Tom Orr"}),
    ],
)
async def test_a_request_carries_the_words_that_are_meant(
    town: Town, typed: str, words: str, receivers: set[str]
) -> None:
    said = await town.say("Ann Ash", typed)
    assert f"“{words}”" in said
    assert "at 15:40" in said
    for name in ("Cat Cox", "Tom Orr"):
        assert (name.split()[0] in said) == (name in receivers)
        assert words not in town.everything(name)

    await town.until(ASKED + HELD)
    for name in ("Cat Cox", "Tom Orr"):
        assert (f"“{words}”" in town.everything(name)) == (name in receivers)
        assert typed not in town.everything(name)


@pytest.mark.parametrize(
    ("pressed", "arrives"),
    [("Write “Pupil A”", "Pupil A spoke up at last"), ("Keep it as it is", "Jamie spoke up at last")],
)
async def test_a_note_that_names_a_pupil_waits_for_its_author(town: Town, pressed: str, arrives: str) -> None:
    assert "looks like a pupil's name" in await town.say("Ann Ash", "tell Cat Jamie spoke up at last")
    await town.days(1)
    assert "spoke up" not in town.everything("Cat Cox")

    assert "Goes to Cat" in plain(await town.press("Ann Ash", pressed))
    await town.days(1)
    assert arrives in town.everything("Cat Cox")
    assert "spoke up" not in town.everything("Tom Orr")


async def test_a_request_that_carries_no_words_yet_asks_for_them(town: Town) -> None:
    asked = await town.say("Ann Ash", "let Tom know")
    assert "Goes to" not in asked
    form = plain(await town.press("Ann Ash", "A message to my partner"))
    assert "Write to your partner" in form
    await town.days(1)
    assert "let Tom know" not in town.everything("Tom Orr")


async def test_no_part_of_pupils_names_crosses_schools(town: Town) -> None:
    asked = await town.say("Ann Ash", "tell Cat Kayden Price and Tomasz spoke up. Kayden gave a reason")
    assert "“Kayden Price and Tomasz” look like pupils' names" in asked
    await town.press("Ann Ash", "Write “Pupil A” and “Pupil B”")
    await town.days(1)
    assert "Pupil A and Pupil B spoke up. Pupil A gave a reason" in town.everything("Cat Cox")
    for name in ("Kayden", "Price", "Tomasz"):
        assert name not in town.everything("Cat Cox")


async def test_what_may_be_meant_for_somebody_else_is_offered_as_the_answer_once(town: Town) -> None:
    asked = await town.say("Ann Ash", "FW: Staff briefing moved to 8.30")
    assert asked.count("[It's my answer]") == 1


async def test_a_day_to_ask_again_is_read(town: Town) -> None:
    asked = await town.say("Ann Ash", "ask me again on Thursday")
    assert "[Pause until Thursday 17 September]" in asked
    assert "[In an hour]" in asked


async def test_where_one_language_is_known_the_bot_says_so(town: Town) -> None:
    assert "I only write English so far" in await town.say("Ann Ash", "can we do this in Welsh")


async def test_a_form_for_the_partner_that_names_a_pupil_waits_for_its_author(town: Town) -> None:
    asked = plain(await town.submit("Ann Ash", "tell", text="Jamie spoke up at last"))
    assert "looks like a pupil's name" in asked
    await town.beat()
    assert "spoke up" not in town.everything("Cat Cox")

    assert "Sent to Cat and Tom." in plain(await town.press("Ann Ash", "Write “Pupil A”"))
    await town.beat()
    assert "Pupil A spoke up at last" in town.everything("Cat Cox")
    assert "Jamie" not in town.everything("Cat Cox")


async def test_what_is_not_for_the_partner_and_no_answer_is_asked_about_below_their_words(town: Town) -> None:
    await town.fill("Ann Ash", pupils="Give reasons")
    await town.until(ASKED + HELD)
    await town.submit("Cat Cox", "tell", text="Shall we meet on Friday?")
    await town.beat()

    asked = await town.say("Ann Ash", "ok")
    assert "[To my partner]" in asked
    assert "[My answer]" not in asked  # every question has its answer
    assert "Goes to Cat and Tom" in plain(await town.press("Ann Ash", "To my partner"))


# --- worries about a child -------------------------------------------------------------------------------------------


async def test_a_text_that_is_about_no_child_after_all_can_still_be_the_answer(town: Town) -> None:
    asked = await town.say("Ann Ash", "a boy cried in my lesson today")
    assert "Is this about a child's safety?" in asked
    assert "Lead of Oak" in asked

    assert "[It's my answer]" in plain(await town.press("Ann Ash", "No, it's something else"))
    assert "Goes to Cat and Tom" in plain(await town.press("Ann Ash", "It's my answer"))


async def test_the_command_and_a_disclosure_say_one_thing(town: Town) -> None:
    command = await town.say("Ann Ash", "concern")
    disclosed = await town.say("Ann Ash", "A pupil told me today that her dad hits her")

    for said in (command, disclosed):
        assert "please speak to your safeguarding lead now" in said
        assert "Safeguarding lead, Oak: Lead of Oak" in said
        assert "Don't promise the child to keep it secret" in said
        assert "go to the deputy lead or the head" in said
    assert "I haven't kept what you wrote" in disclosed
    assert "I keep nothing of this" in command


async def test_a_disclosure_in_a_form_gives_the_other_texts_back(town: Town) -> None:
    disclosure = "A pupil told me today that her dad hits her"
    said = await town.fill("Ann Ash", focus="Waiting five seconds", pupils=disclosure)
    assert "speak to your safeguarding lead now" in said
    assert "Waiting five seconds" in said
    assert "dad hits" not in said
    assert "Waiting five seconds" not in await town.my_data("Ann Ash")


async def test_reminding_the_partner_leaves_the_other_help_on_its_buttons(town: Town) -> None:
    await town.say("Ann Ash", "my partner never replies")
    offered = [each.label for each in buttons_of(town.heard["Ann Ash"][-1])]
    done = await town.press("Ann Ash", "Remind Cat and Tom")
    assert "Cat and Tom get a friendly reminder" in plain(done)
    assert [each.label for each in buttons_of(done)] == offered[1:3]


async def test_a_note_that_has_arrived_is_taken_back_with_a_word_that_it_may_have_been_read(
    town: Town,
) -> None:
    await town.say("Ann Ash", "tell Cat see you on Tuesday")
    await town.press("Ann Ash", "Send now")
    await town.beat()
    assert "see you on Tuesday" in town.last("Cat Cox")
    assert "They may have read it already" in plain(await town.press("Ann Ash", "Take it back"))


async def test_a_teacher_who_asks_who_has_replied_hears_that_nobody_is_told(town: Town) -> None:
    said = await town.say("Ann Ash", "who hasnt replied?")
    assert "I tell nobody who has replied" in said
    assert "[About my partner]" in said


@pytest.mark.parametrize(
    "typed", ["too many messages", "I've moved to another school", "the button doesn't work"]
)
async def test_the_only_coordinator_is_not_sent_to_themselves(town: Town, typed: str) -> None:
    said = await town.say(COORDINATOR, typed)
    assert COORDINATOR.split()[0] not in said
    assert "coordinator" not in said


async def test_after_the_cycle_nobody_is_offered_to_remind_a_partner(town: Town) -> None:
    await town.command(COORDINATOR, "close yes")
    said = await town.say("Ann Ash", "my partner never replies")
    assert "is over" in said
    assert "[Remind" not in said


@pytest.mark.parametrize("signs", ["…", "..."])
async def test_signs_alone_are_asked_about_and_are_no_worry(town: Town, signs: str) -> None:
    said = await town.say("Ann Ash", signs)
    assert "[It's my answer]" in said
    assert "child" not in said


async def test_a_goal_for_all_pupils_is_no_disclosure(store: SqlStore, prompts: Prompts) -> None:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY)
    values = {"pack": "peer-visit-2wk", "starts_on": "2026-09-14"}

    said = plain(await town.submit(COORDINATOR, "start", **values, goal="Every child is heard"))
    assert "[Invite 2 teachers]" in said


async def test_a_disclosure_in_the_goal_is_asked_about_and_kept_by_nobody(
    store: SqlStore, prompts: Prompts
) -> None:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY)
    values = {"pack": "peer-visit-2wk", "starts_on": "2026-09-14"}
    disclosure = "A pupil told me today that her dad hits her"

    asked = plain(await town.submit(COORDINATOR, "start", **values, goal=disclosure))
    assert "Is this about a child's safety?" in asked
    assert "speak to your safeguarding lead now" in plain(await town.press(COORDINATOR, "Yes, it is"))
    assert "dad hits" not in await town.my_data(COORDINATOR)
    partnership = (await town.members())[COORDINATOR].partnership_id
    async with town.store.transaction() as tx:
        assert await tx.cycles.last(partnership) is None


# --- what is said ----------------------------------------------------------------------------------------------------


async def test_a_question_is_explained_with_an_example_from_its_pack(town: Town) -> None:
    said = await town.say("Ann Ash", "what do you mean by this question")
    assert "The open question is:\n\nI want my pupils to\n\nA line or two" in said.replace("*", "")
    assert "You could write: “Say why, and not only what, when they answer.”" in said


async def test_a_typed_focus_is_read_back_once(town: Town) -> None:
    assert "This is your focus" in await town.say("Ann Ash", "Give reasons")
    assert "This is your focus" not in await town.say("Ann Ash", "Count to five")
    form = await town.press("Ann Ash", "Change my answer")
    assert isinstance(form, Form)
    assert "This is your focus" not in plain(
        await town.submit("Ann Ash", form.name, form.context, pupils="Ask why")
    )


# --- the pool --------------------------------------------------------------------------------------------------------


@begins_with(six_have_given_to_the_pool)
async def test_an_answer_that_is_taken_back_disappears_where_others_had_it(town: Town) -> None:
    readers = [name for name in await town.teachers() if shows(town, name, "room ann")]
    assert readers

    await town.command("Ann Ash", f"take-back {(await town.check_ins('Ann Ash'))['halfway'].id}")
    await town.beat()

    for name in readers:
        assert not shows(town, name, "room ann")
        assert shows(town, name, "room")  # those of the others stay


@begins_with(six_have_given_to_the_pool)
async def test_the_pool_disappears_where_too_few_have_given_to_it(town: Town) -> None:
    for name in ("Ann Ash", "Bob Box"):
        await town.command(name, "forget me yes")
    await town.beat()

    for name in ("Cat Cox", "Dan Day"):
        assert not shows(town, name, "Asking in room")


def shows(town: Town, name: str, words: str) -> bool:
    """Return whether a message that was delivered shows these words now."""
    return any(words in plain(each) for each in town.post.received[name])


@pytest.mark.parametrize("asks", ["can i change what i said", "pls delete what i just sent"])
async def test_words_that_wait_are_shown_to_a_writer_who_asks_about_their_answer(
    town: Town, asks: str
) -> None:
    await town.say("Ann Ash", "asdfgh lolly stiks")

    shown = await town.say("Ann Ash", asks)

    assert "“asdfgh lolly stiks”" in shown
    assert "[My answer]" in shown or "[It's my answer]" in shown
    assert "no answer of yours" not in shown
