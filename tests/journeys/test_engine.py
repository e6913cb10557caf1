"""While the engine works: others are answered, nothing waits for the store, and what has changed counts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

import pytest

from adapters.server.engine import start_engine
from bot.events import Command
from bot.pairing import Arrangement, PairingTask, answer_here
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, dump, plain

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
START = date(2026, 9, 14)
SHORT = "peer-visit-2wk"
SIX = {"Oak": ["Ann Ash", "Bob Box", "Ben Bay"], "Elm": ["Cat Cox", "Dan Day", "Dot Dew"]}


class Slow:
    """An engine that answers when it is let, and meanwhile lets something happen."""

    def __init__(self, meanwhile: Callable[[int], Awaitable[object]]) -> None:
        self.questions: list[PairingTask] = []
        self._meanwhile = meanwhile

    async def __call__(self, question: PairingTask) -> Arrangement:
        self.questions.append(question)
        await self._meanwhile(len(self.questions))
        return await answer_here(question)


async def slow_town(
    store: SqlStore, prompts: Prompts, happens: Callable[[Town, int], Awaitable[object]]
) -> tuple[Town, Slow]:
    engine = Slow(lambda turn: happens(town, turn))
    town = await build(store, prompts, SIX, MONDAY, principals=False, engine=engine)
    await town.gather(START, SHORT)
    return town, engine


async def test_others_are_answered_while_the_engine_works_and_the_preview_comes_when_it_is_ready(
    store: SqlStore, prompts: Prompts
) -> None:
    working, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_town: Town, _turn: int) -> None:
        working.set()
        await go_on.wait()

    town, _ = await slow_town(store, prompts, wait)

    preview = asyncio.create_task(town.command(COORDINATOR, "preview"))
    await working.wait()
    kept = await town.command("Ann Ash", "pause until 2026-09-10")  # which writes
    go_on.set()

    assert "10 September" in kept
    assert "3 pairings" in await preview
    assert "No other arrangement would be better." in await preview


async def test_who_leaves_while_the_engine_works_is_not_in_the_preview(
    store: SqlStore, prompts: Prompts
) -> None:
    async def leave(town: Town, turn: int) -> None:
        if turn == 1:
            await town.command("Dan Day", "leave yes")

    town, engine = await slow_town(store, prompts, leave)

    preview = await town.command(COORDINATOR, "preview")

    assert [len(question.people) for question in engine.questions] == [6, 5]
    assert "Dan Day" not in preview
    assert "2 pairings" in preview


async def test_where_people_come_and_go_all_the_time_the_pairings_stay_as_they_were(
    store: SqlStore, prompts: Prompts
) -> None:
    async def change(town: Town, turn: int) -> None:
        await town.command("Dan Day", "leave yes" if turn % 2 else "join")

    town, _ = await slow_town(store, prompts, change)

    before = await town.pairings()
    reply = await town.command(COORDINATOR, "preview")

    assert "they stay as they were" in reply
    assert await town.pairings() == before


async def test_a_repeated_event_does_not_ask_the_engine_twice(store: SqlStore, prompts: Prompts) -> None:
    async def nothing(_town: Town, _turn: int) -> None:
        return None

    town, engine = await slow_town(store, prompts, nothing)

    await town.hear(COORDINATOR, Command("preview"), "once")
    before = await dump(store)
    assert await town.hear(COORDINATOR, Command("preview"), "once") is None

    assert len(engine.questions) == 1
    assert await dump(store) == before


@pytest.mark.parametrize("heads", [30, 60])
async def test_a_worker_process_gives_the_same_preview_as_this_one(
    sqlite_url: str, prompts: Prompts, heads: int
) -> None:
    schools = {home: [f"{home} {at:02}" for at in range(heads // 3)] for home in ("Oak", "Elm", "Ash")}
    store = SqlStore(sqlite_url, durable=False)
    with start_engine() as engine:
        town = await build(store, prompts, schools, MONDAY, principals=False, engine=engine)
        await town.gather(START, SHORT)
        made = await town.command(COORDINATOR, "preview")
    twin = Town(store, prompts, MONDAY)  # with the engine of this process
    again = plain(await twin.hear(COORDINATOR, Command("preview"), "again"))

    assert f"{heads // 2} pairings" in made
    assert again == made
    await store.close()
