from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.chat.in_time import InTime, seconds
from tests.platforms.patience import ManualPatience


async def one_moment() -> str:
    return "One moment."


async def test_an_answer_in_time_is_the_turns_own() -> None:
    async def turn(late: asyncio.Event) -> str:
        assert not late.is_set()
        return "Done."

    assert await InTime(seconds(3_600), "slack").answer(turn, one_moment) == "Done."


async def test_an_error_in_time_is_raised() -> None:
    async def turn(_: asyncio.Event) -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await InTime(ManualPatience(), "slack").answer(turn, one_moment)


async def test_a_late_turn_is_told_goes_on_and_is_finished_at_the_end() -> None:
    patience, door, done = ManualPatience(), asyncio.Event(), []

    async def turn(late: asyncio.Event) -> str:
        before = late.is_set()
        await door.wait()
        done.append((before, late.is_set()))
        return "Done."

    in_time = InTime(patience, "slack")
    answer = asyncio.create_task(in_time.answer(turn, one_moment))
    await asyncio.sleep(0)
    patience.end()
    assert await answer == "One moment."
    assert done == []

    door.set()
    await in_time.finish()
    assert done == [(False, True)]


async def test_a_late_turn_that_fails_is_in_the_log_without_its_words() -> None:
    door, patience = asyncio.Event(), ManualPatience()
    patience.end()

    async def turn(_: asyncio.Event) -> str:
        await door.wait()
        raise ValueError("somebody's words")

    in_time = InTime(patience, "teams")
    with capture_logs() as logs:
        assert await in_time.answer(turn, one_moment) == "One moment."
        door.set()
        await in_time.finish()
        await asyncio.sleep(0)

    assert logs == [{"event": "teams.late-turn-failed", "error": "ValueError", "log_level": "error"}]


async def test_a_patience_that_is_not_needed_ends_too() -> None:
    patience = ManualPatience()

    async def turn(_: asyncio.Event) -> str:
        return "Done."

    await InTime(patience, "slack").answer(turn, one_moment)
    await asyncio.sleep(0)

    assert asyncio.all_tasks() == {asyncio.current_task()}
