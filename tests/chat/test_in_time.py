from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.chat.in_time import InTime, seconds
from bot.errors import Busy
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


async def test_beyond_a_bound_nothing_is_begun_but_what_is_not_brought_again() -> None:
    door, begun = asyncio.Event(), 0
    patience = ManualPatience()
    patience.end()
    in_time = InTime(patience, "slack", most=3)

    async def turn(_: asyncio.Event) -> str:
        nonlocal begun
        begun += 1
        await door.wait()
        return "Done."

    async def one_moment() -> str:
        return "One moment."

    assert [await in_time.answer(turn, one_moment) for _ in range(3)] == ["One moment."] * 3
    for _ in range(5):
        with pytest.raises(Busy):
            await in_time.answer(turn, one_moment)
    assert await in_time.answer(turn, one_moment, at_any_rate=True) == "One moment."
    door.set()
    await in_time.finish()

    assert begun == 4
    assert await in_time.answer(turn, one_moment) in ("Done.", "One moment.")
