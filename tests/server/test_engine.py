"""The engine in a process of its own."""

import asyncio
import multiprocessing
from concurrent.futures.process import BrokenProcessPool
from datetime import date

import pytest

from adapters.server.engine import FEW, start_engine
from bench.crowds import crowd
from bot.pairing import PairingTask, answer_here


def question(heads: int) -> PairingTask:
    people = tuple(crowd(heads, seed=heads))
    return PairingTask(people=people, history=(), blocked=frozenset(), on=date(2026, 11, 23), size=2, seed=1)


@pytest.mark.parametrize("heads", [FEW, 400])
async def test_it_answers_as_this_process_would(heads: int) -> None:
    with start_engine() as engine:
        assert await engine(question(heads)) == await answer_here(question(heads))


async def test_the_event_loop_turns_while_it_works() -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    with start_engine() as engine:
        await engine(question(FEW + 2))  # the process has started
        turning = asyncio.create_task(turn())
        await engine(question(2_000))
        turning.cancel()

    assert turns > 10


async def test_after_its_process_was_ended_the_next_question_is_answered_all_the_same() -> None:
    with start_engine() as engine:
        await engine(question(FEW + 2))
        asked = asyncio.ensure_future(engine(question(4_000)))
        await asyncio.sleep(0)
        for child in multiprocessing.active_children():
            child.kill()

        with pytest.raises(BrokenProcessPool):
            await asked
        assert (await engine(question(FEW + 2))).groups
