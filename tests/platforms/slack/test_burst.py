"""A burst: nothing is acknowledged and lost; who cannot be served at once hears so, or is brought again by Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from adapters.chat.in_time import MOST_TURNS
from storage.store import SqlStore, SqlTx
from tests.platforms.slack.house import ANN, OAK, SIAN, House, running_house
from tests.platforms.slack.wire import EVENT
from tests.platforms.slack.world import Json

BURST = 1_500
AT_ONCE = 120


class Door(SqlStore):
    """A store that serves nobody while its door is closed."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        super().__init__(url, durable=durable)
        self.open = asyncio.Event()
        self.open.set()
        self.waiting = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTx]:
        self.waiting += 1
        await self.open.wait()
        self.waiting -= 1
        async with super().transaction() as tx:
            yield tx


async def handled(house: House) -> set[str]:
    async with house.store.transaction() as tx:
        rows = await tx.connection.execute(text("SELECT event_id FROM event_seen"))
        return set(rows.scalars())


async def messages(house: House, count: int) -> list[Json]:
    """Return the events of messages that are typed at the same time."""
    await house.slack.say(OAK, ANN, "help")
    told = house.slack.wire.sent[-1].payload
    return [
        {**told, "event_id": f"EvBurst{number}", "event": {**told["event"], "ts": f"1800000000.{number:06}"}}
        for number in range(count)
    ]


def place(told: Json) -> str:
    return f"{told['event']['channel']}:{told['event']['ts']}"


async def test_of_what_waits_for_the_store_only_so_much_is_taken(sqlite_url: str) -> None:
    async with running_house(sqlite_url, wrap=Door) as house:
        store = house.store
        assert isinstance(store, Door)
        all_of_them = await messages(house, MOST_TURNS + 6)
        house.patience.end()
        store.open.clear()

        first = [(await house.slack.wire.deliver(EVENT, each)).status for each in all_of_them]
        command = await house.slack.command(OAK, SIAN, "status")
        taken = store.waiting
        store.open.set()
        await house.connection.close()
        again = [
            (await house.slack.wire.deliver(EVENT, each, retry=1)).status
            for each, status in zip(all_of_them, first, strict=True)
            if status == 503
        ]
        await house.connection.close()

        assert first == [200] * MOST_TURNS + [503] * 6
        assert command.status == 200
        assert "Please try again in a minute" in command.json["text"]
        assert taken <= MOST_TURNS
        assert again == [200] * 6
        assert {place(each) for each in all_of_them} <= await handled(house)


@pytest.mark.long  # 1,500 messages over the wire
async def test_a_burst_of_typed_answers_is_stored_or_brought_again(sqlite_url: str) -> None:
    async with running_house(sqlite_url) as house:
        waiting = await messages(house, BURST)
        house.patience.end()  # so that Slack is acknowledged before anything is stored
        gate = asyncio.Semaphore(AT_ONCE)
        refused = 0

        async def deliver(told: Json) -> bool:
            async with gate:
                return (await house.slack.wire.deliver(EVENT, told, retry=1)).status == 200

        wanted = {place(each) for each in waiting}
        while waiting:
            answers = await asyncio.gather(*(deliver(each) for each in waiting))
            waiting = [told for told, is_taken in zip(waiting, answers, strict=True) if not is_taken]
            refused += len(waiting)
            await house.connection.close()

        assert refused, "the burst is larger than what is taken at once"
        assert wanted <= await handled(house)
