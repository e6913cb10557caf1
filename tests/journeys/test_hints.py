"""What the bot suggests to type after `tell` goes to the partner as it stands there."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import Town, build
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)


async def a_pair_with_nothing_open(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY)
    await town.run(date(2026, 9, 14))
    return town


pytestmark = [begins_with(a_pair_with_nothing_open), pytest.mark.core]


@pytest.mark.parametrize("words", ["are you there?", "see you on Tuesday", "thanks, that helped"])
async def test_where_nothing_is_open_tell_needs_no_name(town: Town, words: str) -> None:
    said = await town.say("Ann Ash", f"tell {words}")

    assert "Goes to Cat" in said
    await town.days(1)
    assert words in town.everything("Cat Cox").replace("\\", "")


async def test_words_to_the_bot_itself_go_to_nobody(town: Town) -> None:
    assert "Goes to" not in await town.say("Ann Ash", "tell me who reads my answers")


async def test_where_a_question_is_open_words_after_tell_may_be_its_answer(town: Town) -> None:
    await town.until(ASKED)

    said = await town.say("Ann Ash", "tell pupils to give a reason")

    assert "I want my pupils to: “tell pupils to give a reason”" in said


async def test_tell_alone_opens_its_form_whatever_is_open(town: Town) -> None:
    await town.until(ASKED)

    assert "Your words" in await town.say("Ann Ash", "tell") or "Write to Cat" in town.last("Ann Ash")
