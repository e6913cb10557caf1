"""Typed text is held before it goes to anybody, and its author can send it, change it or stop it at any time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.events import Deleted, Edited, Said
from bot.message import Form
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import Town, build, plain
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)  # 15:30 in London
HELD = timedelta(minutes=10)


async def three_are_asked(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"], "Fir": ["Tom Orr"]}, MONDAY)
    await town.run(date(2026, 9, 14))
    await town.until(ASKED)
    return town


pytestmark = begins_with(three_are_asked)


async def test_a_typed_answer_goes_after_ten_minutes(town: Town) -> None:
    said = await town.say("Ann Ash", "Give reasons")
    assert "Goes to Cat and Tom at 15:40." in said
    assert "Kept" not in said
    assert "Sent" not in said

    await town.until(ASKED + HELD - timedelta(seconds=1))
    assert "Give reasons" not in town.everything("Cat Cox")
    await town.until(ASKED + HELD)
    assert "Give reasons" in town.everything("Cat Cox")
    assert "Give reasons" in town.everything("Tom Orr")


async def test_send_now_sends_at_once_and_the_next_question_stays(town: Town) -> None:
    await town.say("Ann Ash", "Give reasons")
    sent = plain(await town.press("Ann Ash", "Send now"))
    await town.beat()

    assert "Sent to Cat and Tom." in sent
    assert "You can add:" in sent
    assert "Give reasons" in town.last("Cat Cox")


async def test_every_further_answer_is_held_too(town: Town) -> None:
    await town.say("Ann Ash", "Give reasons")
    await town.until(ASKED + HELD)
    await town.say("Ann Ash", "Longer answers")
    await town.beat()
    assert "Longer answers" not in town.everything("Cat Cox")

    assert "“Longer answers”" in plain(await town.press("Ann Ash", "Not meant as an answer"))
    await town.days(1)
    assert "Longer answers" not in town.everything("Cat Cox")
    assert "Give reasons" in town.last("Cat Cox")


async def test_what_was_not_meant_as_an_answer_is_quoted_back_and_goes_to_nobody(town: Town) -> None:
    await town.say("Ann Ash", "count to ten before the next hint")

    back = plain(await town.press("Ann Ash", "Not meant as an answer"))
    await town.days(1)

    assert "“count to ten before the next hint”" in back
    for name in ("Cat Cox", "Tom Orr"):
        assert "before the next hint" not in town.everything(name)
    assert "before the next hint" not in await town.my_data("Ann Ash")
    assert "Goes to Cat and Tom" in await town.say("Ann Ash", "Give reasons")


async def test_what_is_typed_in_the_evening_waits_for_ten_minutes_of_the_next_school_day(town: Town) -> None:
    await town.until(datetime(2026, 9, 14, 20, 0, tzinfo=UTC))

    assert "Goes to Cat and Tom on Tuesday 15 September at 08:40." in await town.say(
        "Ann Ash", "Give reasons"
    )


async def test_it_is_taken_back_after_the_question_has_closed(town: Town) -> None:
    await town.say("Ann Ash", "Give reasons")
    await town.press("Ann Ash", "Send now")
    await town.days(10)
    assert "Give reasons" in town.everything("Cat Cox")

    assert "If you take it back" in await town.say("Ann Ash", "delete my answer")
    number = (await town.check_ins("Ann Ash"))["focus"].id
    assert "Taken back" in await town.command("Ann Ash", f"take-back {number}")
    await town.beat()

    shown = "\n".join(plain(each) for each in town.post.received["Cat Cox"])
    assert "Give reasons" not in shown
    assert "Give reasons" not in await town.my_data("Ann Ash")


@pytest.mark.parametrize(
    ("typed", "receivers"),
    [
        ("tell Cat see you soon", {"Cat Cox"}),
        ("tell Tom Orr, see you soon", {"Tom Orr"}),
        ("tell Cat and Tom see you soon", {"Cat Cox", "Tom Orr"}),
        ("/jpd tell see you soon", {"Cat Cox", "Tom Orr"}),
    ],
)
async def test_a_name_narrows_who_gets_a_note(town: Town, typed: str, receivers: set[str]) -> None:
    said = await town.say("Ann Ash", typed)
    for name in ("Cat Cox", "Tom Orr"):
        assert (name.split()[0] in said) == (name in receivers)

    await town.until(ASKED + HELD)
    for name in ("Cat Cox", "Tom Orr"):
        assert ("“see you soon”" in town.everything(name)) == (name in receivers)


async def test_a_reply_to_a_note_goes_to_its_author_alone(town: Town) -> None:
    await town.say("Ann Ash", "tell Cat see you soon")
    await town.press("Ann Ash", "Send now")
    await town.beat()
    form = await town.press("Cat Cox", "Reply")
    assert isinstance(form, Form)
    assert "Only Ann sees this." in plain(form)
    await town.submit("Cat Cox", form.name, form.context, text="Lovely")
    await town.beat()

    assert "Lovely" in town.everything("Ann Ash")
    assert "Lovely" not in town.everything("Tom Orr")


async def test_a_held_note_can_be_changed_or_stopped(town: Town) -> None:
    await town.say("Ann Ash", "tell Cat see you on Tuesday")
    form = await town.press("Ann Ash", "Change")
    assert isinstance(form, Form)
    assert form.inputs[0].value == "see you on Tuesday"
    assert "Sent to Cat." in plain(
        await town.submit("Ann Ash", form.name, form.context, text="see you on Friday")
    )
    await town.beat()
    assert "see you on Friday" in town.last("Cat Cox")

    await town.say("Ann Ash", "tell Cat I cannot stand this")
    taken_back = plain(await town.press("Ann Ash", "Take it back"))
    assert "“I cannot stand this”" in taken_back
    assert "It hadn't gone yet" in taken_back
    await town.days(1)
    assert "cannot stand" not in town.everything("Cat Cox")
    assert "cannot stand" not in await town.my_data("Ann Ash")


async def test_after_a_partners_words_it_asks_for_whom_the_text_is(town: Town) -> None:
    await town.say("Cat Cox", "tell Ann shall we meet on Friday?")
    await town.press("Cat Cox", "Send now")
    await town.beat()
    assert "shall we meet on Friday?" in town.last("Ann Ash")

    asked = await town.say("Ann Ash", "Yes please, at ten")
    assert "[To my partner] [My answer] [Neither]" in asked
    assert "Goes to Cat and Tom at 15:40." in plain(await town.press("Ann Ash", "To my partner"))
    await town.until(ASKED + HELD)
    assert "“Yes please, at ten”" in town.everything("Cat Cox")

    assert "Goes to Cat and Tom" in await town.say(
        "Ann Ash", "Give reasons"
    )  # written since: the question again


async def test_it_may_be_the_answer_or_neither(town: Town) -> None:
    await town.say("Cat Cox", "tell Ann shall we meet on Friday?")
    await town.press("Cat Cox", "Send now")
    await town.beat()

    await town.say("Ann Ash", "oh well")
    assert "“oh well”" in plain(await town.press("Ann Ash", "Neither"))
    await town.say("Ann Ash", "Give reasons")
    assert "Goes to Cat and Tom" in plain(await town.press("Ann Ash", "My answer"))
    await town.days(1)
    assert "oh well" not in town.everything("Cat Cox")
    assert "Give reasons" in town.everything("Cat Cox")


@pytest.mark.core
async def test_an_edited_message_changes_what_has_not_been_read(town: Town) -> None:
    await town.hear("Ann Ash", Said("Give reasons for each step", "m1"))
    changed = plain(await town.hear("Ann Ash", Edited("Give reasons", "m1")))
    await town.days(1)

    assert "“Give reasons”" in changed
    assert "Goes to Cat and Tom at 15:40." in changed
    assert "each step" not in town.everything("Cat Cox")
    assert "“Give reasons”" in town.everything("Cat Cox")


@pytest.mark.core
async def test_an_edited_message_replaces_text_that_was_only_kept(town: Town) -> None:
    asked = plain(await town.hear("Ann Ash", Said("Megan and Ravi gave reasons", "m1")))
    assert "look like pupils' names" in asked
    changed = plain(await town.hear("Ann Ash", Edited("Two pupils gave reasons", "m1")))
    await town.days(1)

    assert "Goes to Cat and Tom at 15:40." in changed
    assert "Megan" not in await town.my_data("Ann Ash")
    assert "“Two pupils gave reasons”" in town.everything("Cat Cox")


@pytest.mark.core
async def test_a_deleted_message_takes_text_back_that_was_only_kept(town: Town) -> None:
    await town.hear("Ann Ash", Said("Megan and Ravi gave reasons", "m1"))
    assert "Megan" in await town.my_data("Ann Ash")

    assert "I took it back" in plain(await town.hear("Ann Ash", Deleted("m1")))
    assert "Megan" not in await town.my_data("Ann Ash")


@pytest.mark.core
async def test_what_was_read_is_not_changed_by_an_edit_but_offered(town: Town) -> None:
    await town.hear("Ann Ash", Said("Give reasons", "m1"))
    await town.days(1)

    said = plain(await town.hear("Ann Ash", Edited("Ask why", "m1")))
    assert "The old words have gone to Cat and Tom already." in said
    assert "[Change my answer] [Take it back]" in said
    assert "[Change my answer] [Take it back]" in plain(await town.hear("Ann Ash", Deleted("m1")))


@pytest.mark.core
async def test_a_deleted_message_takes_its_answer_or_note_back(town: Town) -> None:
    await town.hear("Ann Ash", Said("Give reasons", "m1"))
    await town.hear("Ann Ash", Said("tell Cat see you soon", "m2"))

    for message in ("m1", "m2"):
        assert "I took it back" in plain(await town.hear("Ann Ash", Deleted(message)))
        assert await town.hear("Ann Ash", Deleted(message)) is None
    await town.days(1)
    for words in ("Give reasons", "see you soon"):
        assert words not in town.everything("Cat Cox")
        assert words not in await town.my_data("Ann Ash")
