"""A file in the chat is never read in silence: its sender is told what to do instead."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.events import Said
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, plain
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
START = date(2026, 9, 14)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)  # 15:30 in London
FOUR = {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox", "Dan Day"]}


async def four_teachers(store: SqlStore, prompts: Prompts) -> Town:
    return await build(store, prompts, FOUR, MONDAY, principals=False)


pytestmark = [pytest.mark.core, begins_with(four_teachers)]


async def test_a_coordinator_hears_how_a_roster_comes_in_and_others_that_files_are_not_taken(
    town: Town,
) -> None:
    told = plain(await town.hear(COORDINATOR, Said("", has_file=True)))
    assert "jpd import" in told
    assert "jpd calendar" in told

    for name in ("Ann Ash", "Cat Cox"):
        said = plain(await town.hear(name, Said(" ", has_file=True)))
        assert "I can’t take files" in said
        assert "jpd import" not in said


async def test_the_words_beside_a_file_are_the_answer_and_the_file_is_said_to_be_unread(town: Town) -> None:
    await town.run(START, "peer-visit-2wk")
    await town.until(ASKED)

    said = plain(await town.hear("Ann Ash", Said("Let pupils name the next step", has_file=True)))

    assert "Let pupils name the next step" in said
    assert "I have read your words only" in said
